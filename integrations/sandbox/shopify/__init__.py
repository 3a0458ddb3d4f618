"""Simulated Shopify shops: Admin GraphQL 2026-10, tokens, webhooks, an admin with the app in it.

    with SandboxShopify(products=rows, app=AppRegistration(client_secret="s")) as shopify:
        requests.post(f"{shopify.url}/demo.myshopify.com/admin/oauth/access_token", json=...)

One server holds one app and any number of shops. What Shopify answers at
`https://demo.myshopify.com/...` is answered at `http://127.0.0.1:PORT/demo.myshopify.com/...`;
names inside tokens, payloads and headers stay Shopify's.

It is held against the official Admin schema (`schema/`), which checks every document, and the
documented contract. No exchanges with a real shop were recorded; see docs/adr/0004.
"""

from __future__ import annotations

from .registration import AppRegistration
from .store import SandboxShopify

__all__ = ["AppRegistration", "SandboxShopify"]
