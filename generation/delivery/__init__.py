"""Stage 6: the end of a generation, its publication and its events."""
