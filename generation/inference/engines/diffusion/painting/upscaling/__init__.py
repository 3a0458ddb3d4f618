"""Enlarging photographs: a residual network of the ESRGAN kind, run in tiles."""
