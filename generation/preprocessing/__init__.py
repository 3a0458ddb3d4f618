"""Stage 2: from the bytes of a source picture to upright sRGB pixels and a cut-out."""
