"""Stage 3: one prepared photo and one preset in, one rendered picture out."""
