"""A workspace with a row of every kind that the API knows by an id, and bodies that it takes.

``ROWS`` is the one table of rows by the prefix of their ids: an operation with an id that is not
in it fails ``test_matrix.test_it_can_fill_every_id``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from generation.models import Schedule
from integrations.models import Product, Store, Upload
from integrations.models.stores import Platform
from productviz.accounts.models import AuditEntry
from productviz.lib.ids import public_id, uuid7
from productviz.outbox.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from tests.dashboard.rows import Seed
from tests.dashboard.seed import seed
from tests.factories import make_product, make_store


@dataclass(frozen=True, slots=True)
class World:
    """What was made, and the ids of one row a kind.

    ``pushed`` are ids that stand in for them where an operation takes custom stores only.
    """

    seed: Seed
    ids: dict[str, str]
    outlet: Store
    pushed: dict[str, str] = field(default_factory=dict)

    def of(self, operation: str) -> dict[str, str]:
        """The ids for an operation."""
        return {**self.ids, **self.pushed} if operation in OF_CUSTOM_STORES else self.ids


def make_world(name: str) -> World:
    """Build one workspace."""
    made = seed(name)
    ids = {prefix: row(made).public_id for prefix, row in ROWS.items()}
    return World(made, ids, made.workspace.stores.get(name="Outlet"), _pushed(made))


def _pushed(made: Seed) -> dict[str, str]:
    """A custom store, whose products come by the API, with a product and its picture."""
    product = make_product(make_store(made.workspace, platform=Platform.CUSTOM))
    Product.objects.filter(pk=product.pk).update(external_id="100")
    image = product.images.get()
    return {row.PREFIX: row.public_id for row in (product.store, product, image)}


def _upload(made: Seed) -> Upload:
    return Upload.objects.create(
        workspace=made.workspace,
        sha256="0" * 64,
        key="uploads/nothing",
        bytes=1000,
        expires_at=timezone.now() + timedelta(days=1),
    )


def _endpoint(made: Seed) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        workspace=made.workspace,
        url="https://shop.example/hooks",
        event_types=["*"],
        secret="whsec_c2VjcmV0",
        verified_at=timezone.now(),
        metadata={"team": "web"},
    )


def _delivery(made: Seed) -> Delivery:
    delivery = Delivery.objects.create(
        endpoint=_endpoint(made),
        event=_event(made),
        state="exhausted",
        attempts=1,
        next_at=timezone.now(),
    )
    DeliveryAttempt.objects.create(
        delivery=delivery, number=1, at=timezone.now(), milliseconds=12, status=500, answer="no"
    )
    return delivery


def _event(made: Seed) -> Event:
    return Event.objects.filter(workspace=made.workspace).latest("pk")


def _entry(made: Seed) -> AuditEntry:
    return AuditEntry.objects.create(workspace=made.workspace, actor="somebody", action="key.made")


def _schedule(made: Seed) -> Schedule:
    preset = made.workspace.presets.get(name="White background")
    return Schedule.objects.create(
        store=made.store, preset=preset, name="Winter", first_at=timezone.now()
    )


ROWS: dict[str, Callable[[Seed], Any]] = {
    "str": lambda made: made.store,
    "prd": lambda made: made.products[0],
    "img": lambda made: made.products[0].images.first(),
    "upl": _upload,
    "pre": lambda made: made.workspace.presets.get(name="White background"),
    "per": lambda made: made.person,
    "gen": lambda made: made.generations["awaiting_review"],
    "bat": lambda made: made.batch,
    "ast": lambda made: made.generations["succeeded"].asset,
    "pub": lambda made: made.publications["published"],
    "aut": lambda made: made.automation,
    "sch": _schedule,
    "whe": _endpoint,
    "dlv": _delivery,
    "evt": _event,
    "key": lambda made: made.key,
    "adt": _entry,
    "wsp": lambda made: made.workspace,
}
# What lies in a store: a key of another store must not find it.
OF_A_STORE = {"str", "prd", "img", "gen", "bat", "ast", "pub", "aut", "sch"}

# Operations that take custom stores and their products only.
OF_CUSTOM_STORES = {
    "put_store_product",
    "update_store_product",
    "delete_store_product",
    "batch_store_products",
    "create_product_image",
}

# Bodies where an example by the schema alone would not do, by operation; ids are put in later.
BODIES: dict[str, dict[str, Any]] = {
    "create_api_key": {"name": "Import", "scopes": ["products:read"]},
    "create_webhook_endpoint": {"url": "https://shop.example/in", "event_types": ["*"]},
    "recover_webhook_endpoint": {"since": timezone.now().isoformat()},
}


def unknown(prefix: str) -> str:
    """An id of that kind that nobody has."""
    return public_id(prefix, uuid7())
