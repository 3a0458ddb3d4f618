"""Stage 1: who asks for what, is it sound, and have we made it before."""
