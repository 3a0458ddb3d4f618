"""Stage 5: verified files into storage, and their addresses."""
