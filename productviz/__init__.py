"""ProductViz: self-hosted product images for online stores."""

from __future__ import annotations

__version__ = "0.1.0"
