"""The operator's view of the storefront side: read-only, and without any credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from integrations.models import (
    InboundEvent,
    PrivacyRequest,
    Product,
    Publication,
    PublicationItem,
    PublishedImage,
    SourceImage,
    Store,
    SyncRun,
)

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin, _TabularInline = admin.ModelAdmin, admin.TabularInline


class _Reading:
    """Rows change through use cases only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _ReadOnly(_Reading, _ModelAdmin):
    pass


class _Inline(_Reading, _TabularInline):
    extra = 0


@admin.register(Store)
class StoreAdmin(_ReadOnly):
    """Connected stores; keys, token and secret stay out of sight."""

    list_display = ("name", "platform", "base_url", "workspace", "status", "synced_until")
    list_filter = ("platform", "status")
    search_fields = ("name", "base_url")
    exclude = ("credentials", "inbox_secret", "old_inbox_secret", "inbox_token")


class SourceImageInline(_Inline):
    """A product's gallery."""

    model = SourceImage


@admin.register(Product)
class ProductAdmin(_ReadOnly):
    """The mirror."""

    list_display = ("title", "sku", "store", "type", "status", "remote_updated_at")
    list_filter = ("status", "type")
    search_fields = ("title", "sku", "external_id")
    inlines = (SourceImageInline,)


@admin.register(SyncRun)
class SyncRunAdmin(_ReadOnly):
    """Sweeps."""

    list_display = ("id", "store", "kind", "state", "seen", "total", "changed", "removed")
    list_filter = ("state", "kind")


@admin.register(InboundEvent)
class InboundEventAdmin(_ReadOnly):
    """The inbox; bodies stay out of sight, they are the shop's."""

    list_display = ("created_at", "store", "topic", "state", "note")
    list_filter = ("state", "topic")
    exclude = ("body",)


class PublicationItemInline(_Inline):
    """A publication's pictures."""

    model = PublicationItem


@admin.register(Publication)
class PublicationAdmin(_ReadOnly):
    """Write-backs."""

    list_display = ("id", "product", "state", "error_code", "published_at", "rolled_back_at")
    list_filter = ("state", "error_code")
    inlines = (PublicationItemInline,)


@admin.register(PublishedImage)
class PublishedImageAdmin(_ReadOnly):
    """The ledger."""

    list_display = ("external_id", "store", "product", "stands_for")
    search_fields = ("external_id", "sha256")


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(_ReadOnly):
    """What privacy laws asked for, and what became of it."""

    list_display = ("created_at", "shop", "topic", "state", "outcome", "settled_at")
    list_filter = ("topic", "state")
    search_fields = ("shop",)
