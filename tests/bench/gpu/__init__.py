"""What a GPU paints in a second, with random weights at the true architectures."""
