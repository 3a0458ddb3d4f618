"""The embedded engine: packshots from the photograph's own pixels, on the CPU, without weights."""
