"""Stores as the API reads and writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import urlsplit

from django.db.models import OuterRef, Prefetch, Subquery
from rest_framework import serializers

from integrations.api.shown import Shown, word
from integrations.models import InboundEvent, Store, SyncRun
from integrations.models.stores import Platform, StoreStatus, WriteMode
from productviz.api.fields import Choice, Metadata, Moment, PublicId, Strict, Text
from productviz.lib.http import MAX_BYTES
from productviz.lib.text import rfc3339

MAX_PIXELS = 50_000_000
FORMATS = ("jpeg", "png", "webp", "avif", "heif", "gif")
# A store's newest sweep alone: there is one every ten minutes.
_NEWEST = SyncRun.objects.filter(store=OuterRef("store")).order_by("-pk").values("pk")[:1]
LAST_RUNS = Prefetch("sync_runs", SyncRun.objects.filter(pk=Subquery(_NEWEST)), to_attr="last_runs")
_MODES = {Platform.CUSTOM: "push", Platform.SHOPIFY: "webhook", Platform.WOOCOMMERCE: "webhook"}
# The order of galleries is all the roles that these stores have; every one of them has alt texts.
_HAVE_ALT = frozenset(Platform.values)


class Credentials(Strict):
    """A WooCommerce key pair, or a WordPress application password."""

    consumer_key = Text(max_length=200, required=False)
    consumer_secret = Text(max_length=200, required=False)
    username = Text(max_length=200, required=False)
    application_password = Text(max_length=200, required=False)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """One whole pair."""
        pairs = (("consumer_key", "consumer_secret"), ("username", "application_password"))
        if set(attrs) not in [set(pair) for pair in pairs]:
            raise serializers.ValidationError(
                "Either consumer_key and consumer_secret, or username and application_password."
            )
        return {name: value.strip() for name, value in attrs.items()}


class StoreNew(Strict):
    """A store to connect."""

    kind = Choice(choices=Platform.choices)
    name = Text(max_length=200, required=False)
    base_url = Text(max_length=500)
    credentials = Credentials(required=False)
    write_mode = Choice(choices=WriteMode.choices, required=False)
    locale = Text(max_length=20, required=False, allow_blank=True)
    metadata = Metadata(required=False)


class StoreChange(Strict):
    """What may change of a store; its address never does."""

    name = Text(max_length=200, required=False)
    base_url = Text(max_length=500, required=False)
    credentials = Credentials(required=False)
    write_mode = Choice(choices=WriteMode.choices, required=False)
    locale = Text(max_length=20, required=False, allow_blank=True)
    metadata = Metadata(required=False)

    def validate_base_url(self, value: str) -> str:
        """Refuse it in words: credentials belong to the address they were given for."""
        raise serializers.ValidationError(
            "A store's address never changes. Delete the store and connect the new address.",
            code="read_only",
        )


class SyncNew(Strict):
    """Which sweep to begin."""

    kind = Choice(choices=SyncRun.Kind.choices, required=False)


class Capabilities(TypedDict):
    """What may be done in a store."""

    read_products: bool
    write_images: bool
    roles: bool
    delete_images: bool
    alt_text: bool
    webhooks: bool


class Sync(TypedDict):
    """How a catalog comes here."""

    mode: str
    cursor_at: str | None
    last_run_at: str | None
    last_status: str | None
    products_seen: int


class Limits(TypedDict):
    """What a photograph may be."""

    max_bytes: int
    max_pixels: int
    formats: list[str]


class Inbound(TypedDict):
    """Where a store’s webhooks go."""

    url: str
    secret_last4: str


class StoreShown(Shown):
    """A store; keys and secrets are never shown."""

    id = PublicId("str", source="pk")
    object = word("store")
    kind = serializers.ChoiceField(choices=Platform.choices, source="platform")
    name = serializers.CharField()
    base_url = serializers.CharField()
    status = serializers.ChoiceField(choices=StoreStatus.choices)
    status_reason = serializers.CharField()
    capabilities = serializers.SerializerMethodField()
    write_mode = serializers.ChoiceField(choices=WriteMode.choices)
    sync = serializers.SerializerMethodField()
    locale = serializers.CharField()
    media_hosts = serializers.SerializerMethodField()
    limits = serializers.SerializerMethodField()
    inbound_webhook = serializers.SerializerMethodField()

    def get_capabilities(self, store: Store) -> Capabilities:
        """What the access allows, and what the platform's galleries have."""
        allowed = store.capabilities
        return {
            "read_products": bool(allowed.get("read_products")),
            "write_images": bool(allowed.get("write_images")),
            "roles": False,
            "delete_images": bool(allowed.get("delete_images")),
            "alt_text": store.platform in _HAVE_ALT,
            "webhooks": bool(allowed.get("webhooks")),
        }

    def get_sync(self, store: Store) -> Sync:
        """How the catalog comes here, and when it last did."""
        last: SyncRun | None = next(iter(store.last_runs), None)  # type: ignore[attr-defined]
        hears = store.pushes or bool(store.capabilities.get("webhooks"))
        return {
            "mode": _MODES.get(Platform(store.platform), "poll") if hears else "poll",
            "cursor_at": _moment(store.synced_until),
            "last_run_at": _moment(last.finished_at or last.started_at) if last else None,
            "last_status": last.state if last else None,
            "products_seen": last.seen if last else 0,
        }

    def get_media_hosts(self, store: Store) -> list[str]:
        """Where its pictures are fetched: a custom store names each image's own address."""
        return [] if store.pushes else [urlsplit(store.base_url).netloc]

    def get_limits(self, store: Store) -> Limits:
        """What a photograph may be."""
        return {"max_bytes": MAX_BYTES, "max_pixels": MAX_PIXELS, "formats": list(FORMATS)}

    def get_inbound_webhook(self, store: Store) -> Inbound:
        """Where its webhooks go; the secret is told by rotate-secret alone."""
        return {"url": store.inbox_url, "secret_last4": str(store.inbox_secret)[-4:]}


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


class SyncShown(serializers.Serializer[SyncRun]):
    """A sweep over a store's catalog."""

    id = PublicId("syn", source="pk")
    object = word("sync")
    store = PublicId("str", source="store_id")
    kind = serializers.ChoiceField(choices=SyncRun.Kind.choices)
    status = serializers.ChoiceField(choices=SyncRun.State.choices, source="state")
    seen = serializers.IntegerField()
    changed = serializers.IntegerField()
    removed = serializers.IntegerField()
    message = serializers.CharField()
    created_at = Moment()
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)


class Refusal(TypedDict):
    """Why a store did not let us in."""

    code: str
    message: str


class TrialShown(serializers.Serializer[Any]):
    """What a store said when its access was tried."""

    object = word("store_test")
    ok = serializers.BooleanField()
    capabilities = serializers.SerializerMethodField()
    missing = serializers.ListField(child=serializers.CharField())
    error = serializers.SerializerMethodField()

    def get_capabilities(self, told: dict[str, Any]) -> Capabilities | None:
        """What the access allows now."""
        found: Capabilities | None = told["capabilities"]
        return found

    def get_error(self, told: dict[str, Any]) -> Refusal | None:
        """Why the store did not let us in."""
        found: Refusal | None = told["error"]
        return found


class SecretShown(serializers.Serializer[Any]):
    """A new secret; it is not shown again."""

    object = word("inbound_webhook")
    url = serializers.CharField()
    secret = serializers.CharField()
    old_secret_until = Moment()


class InboundShown(serializers.Serializer[InboundEvent]):
    """A webhook of the store's as it was received; its body is never shown."""

    id = PublicId("inb", source="pk")
    object = word("inbound_event")
    topic = serializers.CharField()
    status = serializers.ChoiceField(choices=InboundEvent.State.choices, source="state")
    note = serializers.CharField()
    hints = serializers.IntegerField()
    created_at = Moment()
    processed_at = Moment(allow_null=True)
