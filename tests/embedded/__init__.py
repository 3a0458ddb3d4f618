"""Shopify from the inside of its Admin: installing, tokens, webhooks, the embedded dashboard."""

from __future__ import annotations
