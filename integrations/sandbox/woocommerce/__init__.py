"""A simulated WordPress 6.9 + WooCommerce 11.0.1 store.

Facts were measured on a real one on 2026-11-22; the contract tests compare the two.
"""

from __future__ import annotations

from .store import SandboxStore

__all__ = ["SandboxStore"]
