"""Our webhooks in a store: one a topic, active, pointing to us; no more and no fewer.

WooCommerce keeps identical webhooks apart and delivers to each, and disables one for good after
seven failures in a row (measured 2026-11-22), so they are reconciled rather than created.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from integrations.platforms.woocommerce.client import Client
from integrations.platforms.woocommerce.events import TOPICS

_PAGE = 100
_MAX_PAGES = 20


def subscribe(client: Client, *, url: str, secret: str) -> tuple[str, ...]:
    """Create what is missing, wake what sleeps, remove what is double; the ids that stay."""
    kept: dict[str, str] = {}
    for hook in list(_ours(client, url)):
        topic, number = str(hook["topic"]), str(hook["id"])
        if topic not in TOPICS or topic in kept:
            _delete(client, number)
            continue
        kept[topic] = number
        if hook["status"] != "active":
            body = {"status": "active", "secret": secret}
            client.call("PUT", f"webhooks/{number}", json=body)
    for topic in TOPICS:
        if topic not in kept:
            kept[topic] = _create(client, topic, url=url, secret=secret)
    return tuple(kept[topic] for topic in TOPICS)


def unsubscribe(client: Client, *, url: str) -> None:
    """Remove all of ours."""
    for hook in list(_ours(client, url)):
        _delete(client, str(hook["id"]))


def _ours(client: Client, url: str) -> Iterator[dict[str, Any]]:
    for page in range(1, _MAX_PAGES + 1):
        params = {"per_page": _PAGE, "page": page, "orderby": "id", "order": "asc"}
        body, _ = client.call("GET", "webhooks", params=params)
        rows = body if isinstance(body, list) else []
        yield from (row for row in rows if row.get("delivery_url") == url)
        if len(rows) < _PAGE:
            return


def _create(client: Client, topic: str, *, url: str, secret: str) -> str:
    hook = {
        "name": f"ProductViz {topic}",
        "topic": topic,
        "delivery_url": url,
        "secret": secret,
    }
    body, _ = client.call("POST", "webhooks", json=hook)
    return str(body["id"]) if isinstance(body, dict) else ""


def _delete(client: Client, number: str) -> None:
    client.call("DELETE", f"webhooks/{number}", params={"force": True})
