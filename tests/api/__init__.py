"""The REST API over real requests: what it takes, what it says, and what it never tells."""
