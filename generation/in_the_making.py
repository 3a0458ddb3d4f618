"""Whose first picture may still become the portrait: what else shows that person waits for it.

Read at every look at a line, so it asks only what the rows and the hosts' own words say.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from generation.hosts import known_hosts, painted_by
from generation.models import Batch, Generation, Person
from integrations.models.stores import gone_stores
from productviz.lib.queue import GPU

Status = Generation.Status


def without_waiting() -> Q:
    """Leaves out the generations that wait for somebody's first picture.

    Where nobody is new, which one small query tells, nothing: every request and every claim look at
    a line, and the whole condition takes Django longer to write than the server to answer.
    """
    if not Person.objects.filter(portrait="", first__isnull=False).exists():
        return Q()
    return Q(waits_for=None) | ~Q(waits_for__in=in_the_making().values("pk"))


def in_the_making() -> QuerySet[Person]:
    """People without a portrait whose first picture may still become it.

    Not one that nobody works on: of a batch that is paused or cancelled, of a store that has gone,
    or in the painters' line where none of the last day paints such a picture any more.
    """
    canceled = Batch.objects.filter(state=Batch.State.CANCELED).values("pk")
    held = Batch.objects.filter(is_held=True).values("pk")
    reviewed = Q(status=Status.AWAITING_REVIEW) & ~Q(batch__in=canceled)
    in_hand = Q(lease_until__gte=timezone.now())
    may_go_on = ~Q(batch__in=held) & (~Q(queue=GPU) | _painted_by_some())
    on_its_way = Q(status__in=Generation.WAITING) & (in_hand | may_go_on)
    firsts = Generation.objects.filter(reviewed | on_its_way, pk=OuterRef("first"))
    firsts = firsts.exclude(store__in=gone_stores().values("pk"))
    return Person.objects.filter(Exists(firsts), portrait="", first__isnull=False)


def _painted_by_some() -> Q:
    pairs = {pair for host in known_hosts() for pair in host.serves}
    return painted_by(pair for pair in pairs if pair.startswith("virtual_model/"))
