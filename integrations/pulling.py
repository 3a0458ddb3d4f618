"""Publishing to a store that fetches its pictures itself: offer them, and hear what became of them.

Nothing is written to such a store. It has 72 hours to say what it shows now, and as long to say
that it has put back what was there before; until then nothing else is offered for the product.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from integrations import catalog, events, mirror, preconditions, pushes, writing
from integrations.contract import Image, Permanent
from integrations.gallery import plan
from integrations.job import pieces_of
from integrations.models import Product, Publication, PublicationItem, Snapshot
from integrations.undo import wanted_images
from productviz.lib.lease import free, held
from productviz.lib.queue import wake

PATIENCE = timedelta(hours=72)
State = Publication.State
_SAID = (State.PUBLISHED, State.PARTIALLY_PUBLISHED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the store says of one picture; ``refused`` is why it does not show it, else empty."""

    remote_id: str = ""
    remote_url: str = ""
    refused: str = ""


def deadline() -> datetime:
    """Until when a store that is asked now has time to answer."""
    return timezone.now() + PATIENCE


def offer(publication: Publication, owner: str) -> None:
    """Keep the gallery as the mirror has it, then let the store fetch. Raises PlatformError."""
    earlier = Snapshot.objects.filter(publication=publication).first()
    current = pushes.gallery(publication.product)
    if earlier is None or earlier.after is None:
        preconditions.require(publication, current)
        pieces = pieces_of(publication)
        targets = writing.targets_of(publication.product_id, current, pieces)
        plan(current, pieces, targets=targets, force=publication.force)
    offered = free(state=State.AWAITING_STORE, expires_at=deadline(), attempt=0, retries=0)
    with transaction.atomic():
        if earlier is None or earlier.after is None:
            rows = [{**writing.as_row(one), "key": "", "sha256": ""} for one in current.images]
            Snapshot.objects.update_or_create(publication=publication, defaults={"gallery": rows})
        if held(publication, owner).update(**offered):
            events.publication(publication, "requested", previous=State.QUEUED)


def confirm(publication: Publication, answers: Mapping[uuid.UUID, Answer]) -> Publication:
    """Take the store's word for what it shows, by asset; the same word again changes nothing.

    Raises Permanent where nothing is asked of the store.
    """
    with transaction.atomic():
        row = Publication.objects.select_for_update().get(pk=publication.pk)
        items = list(row.items.select_related("replaces").order_by("pk"))
        if row.state == State.ROLLING_BACK and row.store.fetches:
            _put_back(row, items, answers)
        elif row.state == State.AWAITING_STORE:
            _shown(row, items, answers)
        elif not (row.state in _SAID and all(_is_said(one, answers) for one in items)):
            raise Permanent(
                f"Nothing is asked of the store: it is “{row.get_state_display()}”.",
                code="state_conflict",
            )
        wake()
    publication.refresh_from_db()
    return publication


def _is_said(item: PublicationItem, answers: Mapping[uuid.UUID, Answer]) -> bool:
    answer = answers[item.asset_id]
    return (item.external_id, item.refused) == (
        "" if answer.refused else answer.remote_id,
        answer.refused,
    )


def _shown(
    row: Publication, items: Sequence[PublicationItem], answers: Mapping[uuid.UUID, Answer]
) -> None:
    for item in items:
        answer = answers[item.asset_id]
        item.refused = answer.refused
        if not answer.refused:
            item.external_id, item.external_url = answer.remote_id, answer.remote_url
        item.save(update_fields=["refused", "external_id", "external_url"])
    shown = [item for item in items if not item.refused]
    if shown:
        row.items.filter(refused="").exclude(external_url="").update(marking_due_at=timezone.now())
        _mirror_shown(row, shown)
    state = State.PUBLISHED if len(shown) == len(items) else State.PARTIALLY_PUBLISHED
    _end(row, state if shown else State.FAILED, refusals=[one.refused for one in items])


def _mirror_shown(row: Publication, shown: Sequence[PublicationItem]) -> None:
    """The gallery as the store has it now, by its own word."""
    Product.objects.select_for_update().get(pk=row.product_id)
    before, pieces = pushes.gallery(row.product), pieces_of(row)
    urls = {item.external_id: item.external_url for item in shown}
    targets = writing.targets_of(row.product_id, before, pieces)
    entries = plan(before, pieces, targets=targets, force=True)
    images = [
        replace(one, url=one.url or urls.get(one.external_id, ""))
        for one in entries
        if isinstance(one, Image)
    ]
    writing.record_ours(row, shown)
    _mirror(row.product, images)
    Snapshot.objects.filter(publication=row).update(after=[writing.as_row(one) for one in images])


def _put_back(
    row: Publication, items: Sequence[PublicationItem], answers: Mapping[uuid.UUID, Answer]
) -> None:
    refusals = [answers[item.asset_id].refused for item in items]
    if not any(refusals):
        Product.objects.select_for_update().get(pk=row.product_id)
        usable = {one.external_id: one for one in pushes.gallery(row.product).images}
        images = wanted_images(Snapshot.objects.get(publication=row))
        _mirror(row.product, [usable.get(one.external_id, one) for one in images])
    _end(row, State.ROLLBACK_FAILED if any(refusals) else State.ROLLED_BACK, refusals=refusals)


def _mirror(product: Product, images: Sequence[Image]) -> None:
    store = product.store
    one = replace(pushes.as_pushed(product), images=tuple(images))
    catalog.announce(store, mirror.upsert(store, [one]))


def _end(row: Publication, state: State, *, refusals: Sequence[str]) -> None:
    previous, now = row.state, timezone.now()
    reasons = " ".join(dict.fromkeys(filter(None, refusals)))
    changes: dict[str, object] = {
        "state": state,
        "expires_at": None,
        "error": reasons,
        "error_code": "delivery_failed" if reasons else "",
    }
    if state in _SAID:
        changes["published_at"] = now
    if state == State.ROLLED_BACK:
        changes["rolled_back_at"] = now
    Publication.objects.filter(pk=row.pk).update(**changes)
    events.publication(row, state, previous=previous)


def expire() -> int:
    """End what stores have not answered in time; the number. For the schedule."""
    late = Publication.objects.filter(expires_at__lt=timezone.now())
    return sum(
        _expire(row, ends_as)
        for state, ends_as in (
            (State.AWAITING_STORE, State.EXPIRED),
            (State.ROLLING_BACK, State.ROLLBACK_FAILED),
        )
        for row in late.filter(state=state)
    )


def _expire(row: Publication, ends_as: State) -> bool:
    waiting = Publication.objects.filter(pk=row.pk, state=row.state)
    ended = {
        "state": ends_as,
        "expires_at": None,
        "error_code": "deadline_exceeded",
        "error": "The store did not say within 72 hours what became of it.",
    }
    with transaction.atomic():
        if not waiting.filter(expires_at__lt=timezone.now()).update(**ended):
            return False
        events.publication(row, ends_as, previous=row.state)
        wake()
    return True
