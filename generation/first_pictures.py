"""A new person's first picture goes ahead alone; what else shows the person waits for it.

Without a portrait a model paints another face each time. So of a person without one a single
picture is made (``Person.first``), and no line gives the others to a worker for as long as it is on
its way or waits for its approval. Whether it is, is read from the rows at every look: nothing has
to wake what waits, and a process that dies leaves nothing behind.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, QuerySet

from generation.holding import change
from generation.in_the_making import in_the_making
from generation.intake.turns import next_turn
from generation.models import Batch, Generation, Lane, Person
from generation.spec import PresetSpec
from productviz.lib.ids import parse_public_id
from productviz.lib.lease import free

Status = Generation.Status


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many pictures of a person wait for the first."""

    person: Person
    count: int

    def __str__(self) -> str:
        noun = "image waits" if self.count == 1 else "images wait"
        return f"{self.count:,} {noun} for {_first_picture(self.person)}"


def person_of(spec: PresetSpec) -> uuid.UUID | None:
    """The person whose portrait a recipe's pictures show, or make; none of a test's do."""
    is_one = spec.kind == "virtual_model" and spec.painting and not spec.is_test
    wanted = spec.painting.person if is_one and spec.painting else None
    return parse_public_id(Person.PREFIX, wanted) if wanted else None


def goes_ahead(row: Generation, owner: str, spec: PresetSpec) -> bool:
    """Whether a claimed row may be made now; one that may not is let go, and its claim not counted.

    Raises LeaseLost where the row is not the owner's any more.
    """
    pk = person_of(spec)
    if pk is None:
        return True
    people = Person.objects.filter(workspace_id=row.workspace_id, pk=pk)
    person = people.first()
    if person is None:
        return True  # the stages say why it cannot be made
    may = bool(person.portrait) or person.first_id == row.pk
    if may and row.waits_for_id is None:
        return True
    with transaction.atomic():
        waits = not may and _has_other(people, row)
        if waits:
            _lift(people, row)
            change(row, owner, **free(waits_for=person, attempt=max(row.attempt - 1, 0)))
        elif row.waits_for_id is not None:
            change(row, owner, waits_for=None)
    return not waits


def words_for(row: Generation) -> str:
    """What a generation waits for, as a sentence; empty where it waits for no picture."""
    person = awaited(row)
    return f"Waits for {_first_picture(person)}" if person else ""


def awaited(row: Generation) -> Person | None:
    """The person whose first picture a generation waits for; None once that one has ended.

    Told by rows that lists load with it; whether it is claimed is the line's business.
    """
    person = row.waits_for if row.status in Generation.WAITING else None
    if person is None or person.portrait or person.first is None:
        return None
    is_open = person.first.status in (*Generation.WAITING, Status.AWAITING_REVIEW)
    return person if is_open else None


def waiting_in(batch: Batch) -> list[Waiting]:
    """The people whose first picture rows of a batch wait for."""
    rows = batch.generations.filter(status__in=Generation.WAITING, waits_for__in=in_the_making())
    counts = dict(rows.values_list("waits_for").annotate(n=Count("pk")).order_by())
    people = Person.objects.filter(pk__in=counts).order_by("name")
    return [Waiting(person, counts[person.pk]) for person in people]


def _first_picture(person: Person) -> str:
    return f"the first picture of {person}: approve it, and all others show the same person."


def _has_other(people: QuerySet[Person], row: Generation) -> bool:
    """Whether another picture is the first; this one is from now on where none is.

    Holds the person's row, so that two workers never both begin one.
    """
    person = people.select_for_update(no_key=True).get()
    if person.portrait:
        return False
    if in_the_making().filter(pk=person.pk).exclude(first=row).exists():
        return True
    # Nothing that anybody outside could see: the version stays.
    people.update(first=row, version=F("version"))
    return False


def _lift(people: QuerySet[Person], row: Generation) -> None:
    """Have the first go no slower than what waits for it; whoever holds its row is at it already.

    Not waited for: its worker may wait for the person, whose row is held here.
    """
    firsts = Generation.objects.filter(pk__in=people.values("first"), status__in=Generation.WAITING)
    first = (
        firsts.filter(lane__gt=row.lane).select_for_update(skip_locked=True, no_key=True).first()
    )
    if first is not None:
        turn = next_turn(row.workspace_id, Lane(row.lane), first.queue)
        Generation.objects.filter(pk=first.pk).update(lane=row.lane, turn=turn)
