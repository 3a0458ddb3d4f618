"""What every address of /api/v1/ shares: problems, pages, idempotency, limits, versions."""
