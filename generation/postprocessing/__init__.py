"""Stage 4a: a rendered picture becomes finished files and the manifest that travels with them."""
