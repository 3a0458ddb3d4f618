"""How a file says of itself how it was made: the XMP packet, and signed Content Credentials."""
