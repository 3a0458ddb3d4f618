"""The app as Shopify knows it: what `shopify app deploy` publishes from shopify.app.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

CLIENT_ID = "sandbox-client-id"
# Not one of Shopify's; as long as one, since shorter keys make libraries complain.
CLIENT_SECRET = "sandbox-client-secret-0123456789abcdef"  # noqa: S105
COMPLIANCE_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")
TOPICS = (
    "products/create",
    "products/update",
    "products/delete",
    "app/uninstalled",
    "app/scopes_update",
    "bulk_operations/finish",
    *COMPLIANCE_TOPICS,
)


@dataclass(frozen=True, slots=True)
class AppSubscription:
    """One `[[webhooks.subscriptions]]` of the app; it counts for every shop that installs it."""

    topics: tuple[str, ...]
    uri: str
    filter: str = ""
    include_fields: tuple[str, ...] = ()
    name: str = ""


@dataclass(slots=True)
class AppRegistration:
    """The one app of a sandbox.

    `old_client_secret` is the secret before a rotation; for an hour webhooks may still be signed
    with it. `application_url` is what the admin frames; relative webhook uris start there.
    """

    client_id: str = CLIENT_ID
    client_secret: str = field(default=CLIENT_SECRET, repr=False)
    old_client_secret: str = field(default="", repr=False)
    name: str = "Sandbox app"
    handle: str = "sandbox-app"
    application_url: str = ""
    scopes: tuple[str, ...] = ("write_products", "write_files")
    subscriptions: list[AppSubscription] = field(default_factory=list)

    def address(self, uri: str) -> str:
        """Return the full address of a webhook uri."""
        return urljoin(self.application_url.rstrip("/") + "/", uri)

    def subscribe(self, uri: str, topics: tuple[str, ...] = TOPICS) -> None:
        """Subscribe `uri` to topics in place of what is subscribed now."""
        self.subscriptions = [AppSubscription(topics, uri)]


def read_toml(file: Path, *, client_secret: str, application_url: str = "") -> AppRegistration:
    """Read a shopify.app.toml; `application_url` overrides the file's.

    Raises ValueError where a key that Shopify demands is missing or a topic is unknown here.
    """
    read = tomllib.loads(file.read_text("utf-8"))
    missing = [key for key in ("client_id", "name", "application_url") if key not in read]
    if missing:
        raise ValueError(f"{file.name} has no {', '.join(missing)}.")
    scopes = str(read.get("access_scopes", {}).get("scopes", ""))
    rows = read.get("webhooks", {}).get("subscriptions", [])
    return AppRegistration(
        client_id=str(read["client_id"]),
        client_secret=client_secret,
        name=str(read["name"]),
        handle=str(read.get("handle", "")) or str(read["name"]).lower().replace(" ", "-"),
        application_url=application_url or str(read["application_url"]),
        scopes=tuple(scope.strip() for scope in scopes.split(",") if scope.strip()),
        subscriptions=[_subscription(row) for row in rows],
    )


def _subscription(row: dict[str, object]) -> AppSubscription:
    topics = (*_texts(row.get("topics")), *_texts(row.get("compliance_topics")))
    unknown = [topic for topic in topics if topic not in TOPICS]
    if unknown:
        raise ValueError(
            f"The sandbox sends no {', '.join(unknown)}; it sends {', '.join(TOPICS)}."
        )
    return AppSubscription(
        topics=topics,
        uri=str(row.get("uri", "")),
        filter=str(row.get("filter", "")),
        include_fields=_texts(row.get("include_fields")),
        name=str(row.get("name", "")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
