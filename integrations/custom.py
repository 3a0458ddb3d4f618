"""Stores of any other kind: their own program brings the catalog by the API and fetches pictures.

Nobody here calls such a store, so there is nothing to try before it is kept.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from integrations.contract import Capabilities, Permanent
from integrations.inbox_secrets import new_secret
from integrations.models import Publication, Store
from integrations.models.stores import Platform, StoreStatus, WriteMode
from integrations.opening import open_store
from productviz.accounts.models import Workspace

_NOTHING = Capabilities(
    read_products=False,
    write_images=False,
    upload_bytes=False,
    delete_images=False,
    webhooks=False,
)
_UNDER_WAY = (*Publication.WAITING, Publication.State.AWAITING_STORE)


def create(
    workspace: Workspace,
    *,
    base_url: str,
    name: str = "",
    write_mode: str = WriteMode.PULL,
    **fields: Any,
) -> Store:
    """Make a custom store; its address was checked. Raises Permanent."""
    require_mode(Platform.CUSTOM, write_mode)
    address = base_url.rstrip("/")
    try:
        with transaction.atomic():
            store = Store.objects.create(
                workspace=workspace,
                platform=Platform.CUSTOM,
                name=(name or address.partition("://")[2])[:200],
                base_url=address,
                credentials={},
                inbox_secret=new_secret(),
                write_mode=write_mode,
                status=StoreStatus.DISCONNECTED,
                **fields,
            )
            open_store(store, _NOTHING)
    except IntegrityError as error:
        raise Permanent(
            "This workspace has a custom store of this address already.", code="state_conflict"
        ) from error
    return store


def require_mode(platform: str, write_mode: str) -> None:
    """Raise Permanent where images cannot get into such a store in this way."""
    pulls = platform == Platform.CUSTOM
    if write_mode == (WriteMode.CONNECTOR if pulls else WriteMode.PULL):
        raise Permanent(
            "A custom store fetches its images (pull), or they stay here (none)."
            if pulls
            else "ProductViz writes this store's images itself (connector), or they stay here"
            " (none).",
            code="not_supported",
        )


def require_quiet(store: Store) -> None:
    """Raise Permanent while a publication is under way, in the caller's transaction."""
    if store.publications.filter(state__in=_UNDER_WAY).exists():
        raise Permanent(
            "Publications are under way in this store. Change its write mode when they are over.",
            code="state_conflict",
        )
