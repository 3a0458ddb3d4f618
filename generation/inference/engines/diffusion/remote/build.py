"""The version of how we ask serving systems; for whoever names results, without anything else."""

# Raise it whenever the same ask would come back as another picture: it is part of every cache key.
from __future__ import annotations

BUILD = 1
