"""Shopify, on the GraphQL Admin API 2026-10."""

from __future__ import annotations
