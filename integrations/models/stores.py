"""Connected stores, and connections that a merchant has begun but not finished."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from productviz.accounts.models import Workspace
from productviz.lib.fields import EncryptedJSONField
from productviz.lib.rows import PublicIdModel, VersionedModel


class Platform(models.TextChoices):
    """The kinds of storefront."""

    SHOPIFY = "shopify", "Shopify"
    WOOCOMMERCE = "woocommerce", "WooCommerce"
    MAGENTO = "magento", "Magento"
    CUSTOM = "custom", "Custom store"


class StoreStatus(models.TextChoices):
    """Whether we may work with a store."""

    CONNECTED = "connected", "Connected"
    DEGRADED = "degraded", "Needs attention"
    DISCONNECTED = "disconnected", "Disconnected"


class WriteMode(models.TextChoices):
    """How finished images get into a store."""

    CONNECTOR = "connector", "ProductViz writes them"
    PULL = "pull", "The store fetches them"
    NONE = "none", "They stay here"


def new_token() -> str:
    """An unguessable URL part of 256 bits, of characters that every platform passes on."""
    return secrets.token_hex(32)


class Store(PublicIdModel, VersionedModel):
    """One connected storefront of a workspace. ``base_url`` is fixed: a move is a reconnect.

    ``old_inbox_secret`` is good beside ``inbox_secret`` until ``old_inbox_secret_until``. From
    ``deleted_at`` on a worker removes the store with all that hangs on it.
    """

    PREFIX = "str"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="stores")
    platform = models.CharField(max_length=12, choices=Platform.choices)
    name = models.CharField(max_length=200)
    base_url = models.URLField(max_length=500)
    status = models.CharField(
        max_length=12, choices=StoreStatus.choices, default=StoreStatus.CONNECTED
    )
    status_reason = models.TextField(blank=True, default="")
    credentials = EncryptedJSONField()
    capabilities = models.JSONField(default=dict)
    inbox_token = models.CharField(max_length=64, unique=True, default=new_token)
    inbox_secret = EncryptedJSONField()
    old_inbox_secret = EncryptedJSONField(default=str)
    old_inbox_secret_until = models.DateTimeField(null=True, blank=True)
    synced_until = models.DateTimeField(null=True, blank=True)
    sync_question = models.TextField(blank=True, default="")
    write_mode = models.CharField(
        max_length=9, choices=WriteMode.choices, default=WriteMode.CONNECTOR
    )
    locale = models.CharField(max_length=20, blank=True, default="")
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "platform", "base_url"], name="one_store_a_url_in_a_workspace"
            ),
            # Every shop has one live token for the app, so it cannot belong to two workspaces.
            models.UniqueConstraint(
                fields=["base_url"],
                condition=models.Q(platform="shopify"),
                name="one_workspace_a_shopify_shop",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def show_missing(self) -> None:
        """Set the status by the rights that the access lacks; the caller saves."""
        self.status_reason = " ".join(self.capabilities.get("missing", []))
        self.status = StoreStatus.DEGRADED if self.status_reason else StoreStatus.CONNECTED

    @property
    def pushes(self) -> bool:
        """Whether the store's own program brings its catalog, so that nobody here reads it."""
        return self.platform == Platform.CUSTOM

    @property
    def fetches(self) -> bool:
        """Whether the store's own program puts pictures into its galleries."""
        return self.write_mode == WriteMode.PULL

    @property
    def inbox_url(self) -> str:
        """Where this store sends its webhooks."""
        return f"{settings.PUBLIC_URL}/hooks/{self.inbox_token}/"


def gone_stores() -> models.QuerySet[Store]:
    """Stores for which nothing is made: removed ones, and those that have uninstalled the app.

    The latter may come back; until then what is asked for waits.
    """
    left = models.Q(platform=Platform.SHOPIFY, status=StoreStatus.DISCONNECTED)
    return Store.objects.filter(left | models.Q(deleted_at__isnull=False))


def _in_thirty_minutes() -> datetime:
    return timezone.now() + timedelta(minutes=30)


class PendingConnection(PublicIdModel):
    """A connection begun in one session; its token is used once and dies in 30 minutes."""

    PREFIX = "cnx"

    token = models.CharField(max_length=64, unique=True, default=new_token)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    platform = models.CharField(max_length=12, choices=Platform.choices)
    base_url = models.URLField(max_length=500)
    store_name = models.CharField(max_length=200, blank=True, default="")
    route = models.CharField(max_length=20)
    session_key = models.CharField(max_length=40, blank=True, default="")
    store = models.ForeignKey(Store, null=True, on_delete=models.CASCADE)
    error = models.TextField(blank=True, default="")
    used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(default=_in_thirty_minutes)

    def __str__(self) -> str:
        return f"{self.platform} at {self.base_url}"
