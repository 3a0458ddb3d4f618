"""What a key may see on this side: its workspace, narrowed to its stores where it has any.

Presets, people and webhook endpoints belong to the workspace, not to a store.
"""

from __future__ import annotations

from django.db.models import Case, QuerySet, Value, When

from generation.models import Asset, Batch, Generation, Person, Preset
from integrations.api.access import images_of, products_of, stores_of
from integrations.models import Product, SourceImage
from productviz.accounts.models import ApiKey
from productviz.outbox.models import WebhookEndpoint


def presets_of(key: ApiKey) -> QuerySet[Preset]:
    """The presets of the key's workspace."""
    return Preset.objects.filter(workspace=key.workspace_id)


def people_of(key: ApiKey) -> QuerySet[Person]:
    """The people of the key's workspace, each with its ``status``."""
    status = Case(When(archived_at=None, then=Value("active")), default=Value("archived"))
    return Person.objects.filter(workspace=key.workspace_id).annotate(status=status)


def endpoints_of(key: ApiKey) -> QuerySet[WebhookEndpoint]:
    """The webhook endpoints of the key's workspace."""
    return WebhookEndpoint.objects.filter(workspace=key.workspace_id)


def generations_of(key: ApiKey) -> QuerySet[Generation]:
    """The generations that the key may see."""
    rows = Generation.objects.filter(workspace=key.workspace_id)
    return rows.filter(product__store__in=stores_of(key)) if key.stores else rows


def batches_of(key: ApiKey) -> QuerySet[Batch]:
    """The batches that the key may see."""
    rows = Batch.objects.filter(workspace=key.workspace_id)
    return rows.filter(store__in=stores_of(key)) if key.stores else rows


def assets_of(key: ApiKey) -> QuerySet[Asset]:
    """The images that the key may see."""
    rows = Asset.objects.filter(workspace=key.workspace_id)
    return rows.filter(product__store__in=stores_of(key)) if key.stores else rows


def living_products_of(key: ApiKey) -> QuerySet[Product]:
    """The key's products that are still in their stores."""
    return products_of(key).exclude(status=Product.Status.DELETED).select_related("store")


def photos_of(key: ApiKey) -> QuerySet[SourceImage]:
    """The photographs of the key's products, each with its product."""
    return images_of(key).select_related("product")
