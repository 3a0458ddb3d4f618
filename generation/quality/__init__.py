"""Stage 4b: measure a finished picture against what was promised, before anything is stored."""
