"""WooCommerce over its REST API: wc/v3 for products and webhooks, wp/v2 for files."""

from __future__ import annotations
