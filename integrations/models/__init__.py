"""The storefront side's tables."""

from __future__ import annotations

from integrations.models.catalog import (
    Arrival,
    Product,
    SourceImage,
    SweptPage,
    SyncRun,
    Upload,
)
from integrations.models.events import InboundEvent
from integrations.models.privacy import PrivacyRequest
from integrations.models.publications import Publication, PublicationItem, PublishedImage, Snapshot
from integrations.models.stores import PendingConnection, Store
from integrations.models.tokens import AccessToken

__all__ = [
    "AccessToken",
    "Arrival",
    "InboundEvent",
    "PendingConnection",
    "PrivacyRequest",
    "Product",
    "Publication",
    "PublicationItem",
    "PublishedImage",
    "Snapshot",
    "SourceImage",
    "Store",
    "SweptPage",
    "SyncRun",
    "Upload",
]
