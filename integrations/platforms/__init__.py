"""One folder a storefront platform. A platform knows the contract, never another platform."""

from __future__ import annotations
