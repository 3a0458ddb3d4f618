"""Write-backs: what the merchant and the pipeline may ask of a publication.

Here are the requests and the order of things; ``writing`` and ``undo`` hold the steps. Every step
is recorded before and after, so a publication goes on after a crash without doing anything twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations import events, pulling, undo as undoing, writing
from integrations.contract import Gone, NeedsMerchant, Permanent, PlatformError, Retryable
from integrations.gallery import Conflict
from integrations.job import Job, LeaseLost
from integrations.models import Product, Publication, PublicationItem, SourceImage
from integrations.models.stores import StoreStatus, WriteMode
from integrations.registry import adapter_for
from productviz.accounts.models import User
from productviz.lib.lease import free, held, release
from productviz.lib.queue import wake

State = Publication.State
Step = Callable[[Job], None]

STEPS: tuple[Step, ...] = (
    writing.take_snapshot,
    writing.put_images,
    writing.write_gallery,
    writing.settle,
)
UNDO_STEPS: tuple[Step, ...] = (
    undoing.check,
    undoing.restore,
    undoing.verify,
    undoing.remove_ours,
    undoing.settle,
)
_WRITTEN = (State.PUBLISHED, State.PARTIALLY_PUBLISHED, State.ROLLBACK_FAILED)
_STOPPED = (State.FAILED, State.CONFLICT)
_CANCELABLE = (State.PENDING_APPROVAL, State.QUEUED, State.AWAITING_STORE, *_STOPPED)
_APPROVED = (State.QUEUED, State.IN_PROGRESS, State.PUBLISHED)


@dataclass(frozen=True, slots=True)
class ItemRequest:
    """One verified picture and its place. ``replaces`` is needed for REPLACE only."""

    asset_id: uuid.UUID
    storage_key: str
    sha256: str
    content_type: str
    alt: str
    placement: str
    replaces: SourceImage | None = None


def request(
    *,
    product: Product,
    items: Sequence[ItemRequest],
    approved_by: User | None,
    needs_approval: bool,
    force: bool = False,
    gallery_hash: str = "",
    metadata: Mapping[str, str] = MappingProxyType({}),
) -> Publication:
    """Ask for a write-back; it starts at once unless it needs approval. Raises Permanent.

    ``force`` takes the gallery as it is; else it must be that of ``gallery_hash``, if one is given.
    """
    _require_sensible(product, items)
    with transaction.atomic():
        publication = Publication.objects.create(
            store=product.store,
            product=product,
            family=product.parent or product,
            state=State.PENDING_APPROVAL if needs_approval else State.QUEUED,
            approved_by=approved_by,
            inputs_hash=product.inputs_hash,
            force=force,
            gallery_hash=gallery_hash,
            metadata=dict(metadata),
        )
        PublicationItem.objects.bulk_create(
            PublicationItem(
                publication=publication,
                asset_id=item.asset_id,
                storage_key=item.storage_key,
                sha256=item.sha256,
                content_type=item.content_type,
                alt=item.alt[:255],
                placement=item.placement,
                replaces=item.replaces,
            )
            for item in items
        )
        events.publication(publication, "requested")
        wake()
    return publication


def _require_sensible(product: Product, items: Sequence[ItemRequest]) -> None:
    if product.store.write_mode == WriteMode.NONE:
        raise Permanent(
            "Images of this store stay here: its write mode is “none”. Change it to publish.",
            code="state_conflict",
        )
    if not items:
        raise Permanent("A publication needs at least one image.", code="validation_failed")
    if product.type == Product.Type.VARIANT and len(items) > 1:
        raise Permanent("A variant holds one image only.", code="validation_failed")
    for item in items:
        if item.placement != PublicationItem.Placement.REPLACE:
            continue
        if item.replaces is None or item.replaces.product_id != product.pk:
            raise Permanent(
                "Choose which image of this product is to be replaced.", code="validation_failed"
            )


def approve(publication: Publication, user: User | None) -> Publication:
    """Let a waiting publication go; one that was approved before stays as it is."""
    changes = {"state": State.QUEUED, "approved_by": user}
    return _move(publication, (State.PENDING_APPROVAL,), changes, fine=_APPROVED)


def cancel(publication: Publication) -> Publication:
    """Give up a publication that has written nothing yet; otherwise undo it instead."""
    if publication.items.exclude(external_id="").exists():
        raise Permanent("Images were uploaded already. Undo it instead.", code="state_conflict")
    return _move(publication, _CANCELABLE, {"state": State.CANCELED}, fine=(State.CANCELED,))


def retry(publication: Publication, overwrite: bool = False) -> Publication:
    """Try a failed publication or undo again; ``overwrite`` accepts the gallery as it is now."""
    if publication.state == State.ROLLBACK_FAILED:
        return undo(publication, force=overwrite)
    changes = {"state": State.QUEUED, "force": overwrite}
    with transaction.atomic():
        moved = _move(publication, (*_STOPPED, State.PARTIALLY_PUBLISHED), changes)
        publication.items.exclude(refused="").update(refused="")
    return moved


def undo(publication: Publication, force: bool = False) -> Publication:
    """Put the gallery back as it was before; undoing what is undone changes nothing.

    Without ``force`` a gallery that others changed since is left alone (``gallery_changed``).
    """
    if publication.state == State.PUBLISHED and not _has_snapshot(publication):
        raise Permanent(undoing.SNAPSHOT_GONE, code="state_conflict")
    if publication.state in (*_STOPPED, *_WRITTEN) and not _has_snapshot(publication):
        raise Permanent("Nothing was written, so there is nothing to undo.", code="state_conflict")
    changes: dict[str, Any] = {"state": State.ROLLING_BACK, "force": force, "differences": []}
    allowed: tuple[str, ...] = (*_WRITTEN, *_STOPPED)
    if publication.store.fetches:
        allowed, changes["expires_at"] = _WRITTEN, pulling.deadline()
    return _move(publication, allowed, changes, fine=(State.ROLLED_BACK, State.ROLLING_BACK))


def undo_run(publications: Iterable[Publication], force: bool = False) -> list[Publication]:
    """Undo many, the newest first, so that each finds the gallery as it left it."""
    newest_first = sorted(publications, key=lambda row: row.pk, reverse=True)
    return [undo(publication, force=force) for publication in newest_first]


def refuse_changed(publication: Publication) -> None:
    """Ask the store, in no transaction, whether its gallery is as our write left it.

    Raises Conflict. A store that does not answer now is asked again by the worker.
    """
    if publication.store.fetches or not _has_snapshot(publication):
        return
    job = Job(publication, "", adapter_for(publication.store))
    with suppress(Retryable, NeedsMerchant):
        undoing.check(job)


def _has_snapshot(publication: Publication) -> bool:
    return hasattr(publication, "snapshot")


_FRESH: Mapping[str, Any] = {
    "error": "",
    "error_code": "",
    "attempt": 0,
    "retries": 0,
    "not_before": None,
    "expires_at": None,
}


def _move(
    publication: Publication,
    allowed: tuple[str, ...],
    changes: dict[str, Any],
    *,
    fine: tuple[str, ...] = (),
) -> Publication:
    """Change the state under a condition; raises Permanent where it does not hold."""
    previous = publication.state
    rows = Publication.objects.filter(pk=publication.pk, state__in=allowed, lease_owner="")
    with transaction.atomic():
        moved = rows.update(**{**_FRESH, **changes})
        if moved and "expires_at" in changes:
            events.publication(publication, "requested", previous=previous)
    publication.refresh_from_db()
    if not moved and publication.state not in fine:
        raise Permanent(
            f"This is not possible while the publication is “{publication.get_state_display()}”.",
            code="state_conflict",
        )
    wake()
    return publication


def waiting() -> QuerySet[Publication]:
    """What a worker may take: one publication a family at a time, undo before new ones."""
    others = Publication.objects.filter(family=OuterRef("family")).exclude(pk=OuterRef("pk"))
    writing_now = Exists(others.filter(state__in=Publication.WRITING))
    undoing_now = Exists(others.filter(state=State.ROLLING_BACK))
    undo_of_newer = Exists(others.filter(state=State.ROLLING_BACK, pk__gt=OuterRef("pk")))
    by_store = Q(store__write_mode=WriteMode.PULL)
    earlier = Exists(others.filter(state=State.QUEUED, pk__lt=OuterRef("pk")))
    return (
        Publication.objects.exclude(store__status=StoreStatus.DISCONNECTED)
        .filter(
            Q(state=State.IN_PROGRESS)
            | (Q(state=State.ROLLING_BACK) & ~by_store & ~writing_now & ~undo_of_newer)
            | (Q(state=State.QUEUED) & ~writing_now & ~undoing_now & ~earlier)
        )
        .order_by("pk")
    )


def run(publication: Publication, owner: str) -> None:
    """Work on a claimed publication to its end; raises PlatformError."""
    if not _begin(publication, owner):
        release([publication], owner)
        return
    if publication.store.fetches:
        pulling.offer(publication, owner)
        return
    steps = UNDO_STEPS if publication.state == State.ROLLING_BACK else STEPS
    job = Job(publication, owner, adapter_for(publication.store))
    try:
        for step in steps:
            job.must_hold()
            step(job)
    except LeaseLost:
        return


def _begin(publication: Publication, owner: str) -> bool:
    """Become the one writer of the product's family; False where another must come first."""
    with transaction.atomic():
        Product.objects.select_for_update().get(pk=publication.family_id)
        others = Publication.objects.filter(family=publication.family_id)
        others = others.exclude(pk=publication.pk)
        undoes = publication.state == State.ROLLING_BACK
        rivals = Q(state__in=Publication.WRITING)
        if publication.state == State.QUEUED:
            rivals |= Q(state=State.ROLLING_BACK)
        if undoes:
            rivals |= Q(state=State.ROLLING_BACK) & ~Q(lease_owner="")
        if publication.state != State.IN_PROGRESS and others.filter(rivals).exists():
            return False
        state = State.ROLLING_BACK if undoes else State.IN_PROGRESS
        publication.state = state
        return bool(held(publication, owner).update(state=state))


def fail(publication: Publication, owner: str, error: PlatformError) -> None:
    """End a publication or its undo with the reason; nothing that was written is hidden."""
    state: str = State.FAILED
    if publication.state == State.ROLLING_BACK:
        state = State.ROLLBACK_FAILED
    elif isinstance(error, Conflict | Gone):
        state = State.CONFLICT
    with transaction.atomic():
        ended = free(state=state, error_code=error.code[:40], error=str(error))
        if held(publication, owner).update(**ended):
            events.publication(publication, state, previous=publication.state)
    wake()
