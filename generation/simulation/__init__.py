"""Drive the real line, leases, rows, events and storage without pixels: measure and foresee."""
