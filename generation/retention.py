"""How long rows are kept, and what goes when their time is over. Files follow by their own sweep.

Never what somebody still needs: a generation that waits or is under review, a publication that is
published or on its way, a run that is to be undone. What goes can be made again, or was only a
record. Events and deliveries are the outbox's.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from generation.errors import Retryable
from generation.events import record_asset
from generation.models import (
    Asset,
    Candidate,
    Cutout,
    CutoutEdit,
    Generation,
    GenerationSource,
    Rendition,
)
from integrations.models import Publication, PublicationItem, Snapshot, SourceImage, Upload
from productviz.accounts.models import AuditEntry, IdempotentAnswer, RateCount

ROWS_A_STEP = 500
ANSWERS = timedelta(hours=48)
# A run that is to be undone is undone within days of its date, or somebody looks at it.
LATE_UNDO = timedelta(days=7)

State = Publication.State
_OPEN = (*Generation.WAITING, Generation.Status.AWAITING_REVIEW)
# What has nothing of ours in a store, for good; and what somebody may try again for a while.
_OVER = (State.CANCELED, State.ROLLED_BACK, State.EXPIRED)
_FAILED = (State.FAILED, State.CONFLICT)
_SETTLED = (State.PUBLISHED, *_OVER, *_FAILED)


class NotDeletable(Exception):
    """The asset is needed; the message says by whom and what to do first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of thing: the rows whose time is over, and how they go (rows, now -> how many)."""

    what: str
    over: Callable[[datetime], QuerySet[Any]]
    retire: Callable[[QuerySet[Any], datetime], int]


def step(now: datetime) -> int:
    """Retire the next rows whose time is over; how many, and 0 when none is left."""
    for rule in RULES:
        rows = rule.over(now)
        some = list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS_A_STEP])
        # Asked again in the statement itself: somebody may have used one since.
        if some and (retired := rule.retire(rows.filter(pk__in=some), now)):
            return retired
    return 0


def overdue(now: datetime) -> Iterator[tuple[str, int]]:
    """What is over, and how much of it there is; for people."""
    for rule in RULES:
        if count := rule.over(now).count():
            yield rule.what, count


def use(asset: Asset) -> None:
    """Note in the caller's transaction that the asset answered once more, and is kept for that.

    Raises Retryable where its time was over right now: the next try makes it again.
    """
    rows = Asset.objects.filter(pk=asset.pk, deleted_at=None)
    # The version stays: nothing changes that anybody outside could see.
    counted = {"hits": F("hits") + 1, "used_at": timezone.now(), "version": F("version")}
    if not rows.update(**counted):
        raise Retryable("asset_expired", "The earlier image was just removed; it is made again.")


def retained_until(asset: Asset, *, needed: Collection[uuid.UUID]) -> datetime | None:
    """When the asset's files go unless it is used again; None while it is published.

    ``needed`` comes from ``needed_of``, for many assets at once.
    """
    if asset.deleted_at is not None:
        return asset.deleted_at
    return None if asset.pk in needed else asset.used_at + _unpublished()


def delete(asset: Asset) -> None:
    """Free the asset's files and keep its row as a record; raises NotDeletable.

    Deleting it again changes nothing. An equal request makes it anew.
    """
    with transaction.atomic():
        row = Asset.objects.select_for_update().get(pk=asset.pk)
        now = timezone.now()
        if needed_of(now, [row.pk]):
            raise NotDeletable(
                "This image is published in a store, or on its way there. Undo or cancel its "
                "publication first, then delete it."
            )
        _retire_assets(Asset.objects.filter(pk=row.pk, deleted_at=None), now)
    asset.refresh_from_db()


def needed_of(now: datetime, assets: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those that a store shows, or of which a publication may still be gone on with."""
    live = live_items(now).filter(asset_id__in=assets)
    return set(live.values_list("asset_id", flat=True))


def live_items(now: datetime) -> QuerySet[PublicationItem]:
    """Pictures of publications that a store shows, or that somebody may still go on with."""
    given_up = Q(publication__state__in=_FAILED, publication__updated_at__lt=now - _unpublished())
    return PublicationItem.objects.exclude(publication__state__in=_OVER).exclude(given_up)


def _unpublished() -> timedelta:
    return timedelta(days=settings.KEEP_UNPUBLISHED_DAYS)


def _unused_since(now: datetime) -> datetime:
    return now - timedelta(days=settings.KEEP_SOURCES_DAYS)


def _in_use(workspace: str, sha256: str) -> Exists:
    """Whether a generation that has not ended works from the photograph of the outer row."""
    return Exists(
        GenerationSource.objects.filter(
            generation__workspace=OuterRef(workspace),
            generation__status__in=_OPEN,
            image__sha256=OuterRef(sha256),
        )
    )


def _cutouts(now: datetime) -> QuerySet[Cutout]:
    rows = Cutout.objects.filter(used_at__lt=_unused_since(now))
    return rows.exclude(_in_use("workspace", "source_sha256"))


def _photographs(now: datetime) -> QuerySet[SourceImage]:
    """Bytes that the store can give again, or of photographs that it has no more.

    One whose place our picture took may be gone from the store, and an upload is nowhere else.
    """
    of_it = {
        "workspace": OuterRef("product__store__workspace"),
        "source_sha256": OuterRef("sha256"),
    }
    unused = _unused_since(now)
    rows = SourceImage.with_removed.exclude(sha256="").filter(updated_at__lt=unused)
    again = Q(removed_at=None) & ~Q(origin=SourceImage.Origin.UPLOAD)
    return (
        rows.filter(again | Q(removed_at__lt=unused), replaced_by_us=False)
        .exclude(Exists(Cutout.objects.filter(**of_it)))
        .exclude(Exists(CutoutEdit.objects.filter(**of_it)))
        .exclude(_in_use("product__store__workspace", "sha256"))
    )


def _candidates(now: datetime) -> QuerySet[Candidate]:
    ended = {"generation__status__in": Generation.TERMINAL}
    rows = Candidate.objects.filter(**ended, generation__finished_at__lt=_unused_since(now))
    return rows.exclude(files=[])


def _assets(now: datetime) -> QuerySet[Asset]:
    rows = Asset.objects.filter(deleted_at=None, used_at__lt=now - _unpublished())
    return rows.exclude(Exists(live_items(now).filter(asset_id=OuterRef("pk"))))


def _snapshots(now: datetime) -> QuerySet[Snapshot]:
    to_undo = Generation.objects.filter(
        publication=OuterRef("publication"), batch__undo_at__gt=now - LATE_UNDO
    )
    before = now - timedelta(days=settings.KEEP_SNAPSHOTS_DAYS)
    rows = Snapshot.objects.filter(taken_at__lt=before, publication__state__in=_SETTLED)
    return rows.exclude(Exists(to_undo))


def _audit(now: datetime) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(created_at__lt=now - timedelta(days=settings.KEEP_AUDIT_DAYS))


def _delete(rows: QuerySet[Any], now: datetime) -> int:
    return rows.delete()[0]


def _forget_bytes(rows: QuerySet[Any], now: datetime) -> int:
    """The row stays: it is fetched, and so known by its hash, again when somebody asks for it."""
    return rows.update(sha256="")


def _forget_files(rows: QuerySet[Any], now: datetime) -> int:
    """The candidate and its report stay as a record."""
    return rows.update(files=[])


def _retire_assets(rows: QuerySet[Asset], now: datetime) -> int:
    with transaction.atomic():
        locked = list(rows.select_for_update(of=("self",)))
        Rendition.objects.filter(asset__in=locked).delete()
        for asset in locked:
            asset.deleted_at = now
            asset.save(update_fields=["deleted_at"])
            record_asset(asset, "deleted")
    return len(locked)


RULES: tuple[Rule, ...] = (
    Rule("cut-outs", _cutouts, _delete),
    Rule("photographs", _photographs, _forget_bytes),
    Rule("candidates of ended images", _candidates, _forget_files),
    Rule("unpublished images", _assets, _retire_assets),
    Rule("galleries as they were", _snapshots, _delete),
    Rule("lines of the audit log", _audit, _delete),
    Rule(
        "answers to repeated requests",
        lambda now: IdempotentAnswer.objects.filter(created_at__lt=now - ANSWERS),
        _delete,
    ),
    Rule("counts of requests", lambda now: RateCount.objects.filter(expires_at__lt=now), _delete),
    Rule("uploads", lambda now: Upload.objects.filter(expires_at__lt=now), _delete),
)
