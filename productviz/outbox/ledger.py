"""Writes down how tries went: the deliveries, their log, and the health of their endpoints.

One transaction a handful of tries. A delivery stays pending until its outcome is written here, so
that a killed process costs a repetition and never an event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from productviz.outbox.closing import disable
from productviz.outbox.models import Delivery, DeliveryAttempt, WebhookEndpoint
from productviz.outbox.tries import FORBIDDEN_ADDRESS, GONE, Outcome, next_try
from productviz.outbox.wants import PING

BREAKER = 10  # failures in a row; from then on one probe a minute
PROBE = timedelta(minutes=1)
PATIENCE = timedelta(days=5)
FORBIDDEN = 3  # tries in a row whose name led into a private network
_LONGEST_PAUSE = timedelta(hours=1)
# A healthy, busy endpoint is not written to with every delivery.
_NOTE_EVERY = timedelta(seconds=5)
_State = Delivery.State

_GONE = "The receiver answered 410 Gone: it wants no more events. Enable it again if that is wrong."
_SILENT = (
    "The receiver never answered its first ping with a 2xx status. See to that (docs/webhooks.md),"
    " then enable the endpoint again."
)
_FAILING = "Every try has failed for {days} days. Mend the receiver, then enable it again."
_FORBIDDEN = (
    "The address now leads into a private network. Enter a public address, or ask the operator of"
    " this installation to list the host, then enable the endpoint again."
)


def write(outcomes: Sequence[Outcome]) -> dict[UUID, WebhookEndpoint]:
    """Record the tries; the endpoints as they are now. Those of deleted deliveries are dropped.

    Endpoints are locked before deliveries, as everybody does who changes both.
    """
    with transaction.atomic():
        endpoints = {row.pk: row for row in _locked_endpoints(outcomes)}
        states = _locked_states(outcomes)
        ours = [one for one in outcomes if _counts(one, *states[one.job.delivery_id])]
        _log(ours)
        _settle(ours)
        for pk, tries in _by_endpoint(ours).items():
            _note(endpoints[pk], tries)
    return endpoints


def _locked_endpoints(outcomes: Iterable[Outcome]) -> Iterable[WebhookEndpoint]:
    rows = WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    found = {outcome.job.endpoint_id for outcome in outcomes}
    return rows.filter(pk__in=found).defer("secret", "old_secret")


def _locked_states(outcomes: Iterable[Outcome]) -> Mapping[UUID, tuple[str, int]]:
    """The state of each delivery and its tries so far; no state where it was deleted meanwhile."""
    rows = Delivery.objects.select_for_update().order_by("pk")
    found = {outcome.job.delivery_id for outcome in outcomes}
    known = rows.filter(pk__in=found).values_list("pk", "state", "attempts")
    there = {pk: (state, attempts) for pk, state, attempts in known}
    return defaultdict(lambda: ("", 0), there)


def _counts(outcome: Outcome, state: str, attempts: int) -> bool:
    """What arrived has arrived, unless that is known already. A failure is that of the next try:
    an older one must not settle a delivery that somebody has begun anew meanwhile."""
    if outcome.ok:
        return state in (_State.PENDING, _State.EXHAUSTED)
    return state == _State.PENDING and outcome.job.number == attempts + 1


def _by_endpoint(outcomes: Iterable[Outcome]) -> dict[UUID, list[Outcome]]:
    found = defaultdict(list)
    for outcome in outcomes:
        found[outcome.job.endpoint_id].append(outcome)
    return found


def _log(outcomes: Iterable[Outcome]) -> None:
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(
            delivery_id=outcome.job.delivery_id,
            number=outcome.job.number,
            at=outcome.at,
            milliseconds=outcome.milliseconds,
            status=outcome.status,
            error=outcome.error,
            answer=outcome.answer,
        )
        for outcome in outcomes
    )


def _settle(outcomes: Iterable[Outcome]) -> None:
    arrived, given_up = [], []
    for outcome in outcomes:
        pk = outcome.job.delivery_id
        if outcome.ok:
            arrived.append(pk)
        elif outcome.job.is_last or outcome.status == GONE:
            given_up.append(pk)
        else:
            _move([pk], next_at=next_try(outcome))
    now = timezone.now()
    _move(arrived, state=_State.DELIVERED, finished_at=now)
    _move(given_up, state=_State.EXHAUSTED, finished_at=now)


def _move(deliveries: Sequence[UUID], **changes: Any) -> None:
    if deliveries:
        rows = Delivery.objects.filter(pk__in=deliveries)
        rows.update(attempts=F("attempts") + 1, **changes)


def _note(endpoint: WebhookEndpoint, outcomes: Sequence[Outcome]) -> None:
    """Carry the endpoint's health on through its tries, in the order in which they ended."""
    before = _health(endpoint)
    for outcome in outcomes:
        if outcome.ok:
            _succeeded(endpoint, outcome)
        else:
            _failed(endpoint, outcome)
    if (changes := _health(endpoint)) != before:
        if changes["verified_at"] == before["verified_at"]:
            changes["version"] = F("version")  # of the rest no version tells (docs/adr/0012)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**changes)
    if reason := _reason_to_stop(endpoint, outcomes):
        disable(endpoint, reason, by_us=True)


def _health(endpoint: WebhookEndpoint) -> dict[str, Any]:
    names = ("failures", "failing_since", "last_success_at", "retry_at", "verified_at")
    return {name: getattr(endpoint, name) for name in names}


def _succeeded(endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    if endpoint.failures >= BREAKER:
        endpoint.retry_at = None  # closes the breaker; a pause that the receiver asked for stays
    endpoint.failures, endpoint.failing_since = 0, None
    last = endpoint.last_success_at
    if last is None or outcome.at - last >= _NOTE_EVERY:
        endpoint.last_success_at = outcome.at
    if outcome.job.verifies and endpoint.verified_at is None and endpoint.url == outcome.job.url:
        endpoint.verified_at = outcome.at


def _failed(endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or outcome.at
    endpoint.retry_at = _quiet_until(endpoint, outcome)


def _quiet_until(endpoint: WebhookEndpoint, outcome: Outcome) -> datetime | None:
    """The breaker's minute, or what the receiver asked for: it asked for all its deliveries."""
    now = timezone.now()
    waits = [endpoint.retry_at] if endpoint.retry_at and endpoint.retry_at > now else []
    if outcome.pause:
        waits.append(now + min(timedelta(seconds=outcome.pause), _LONGEST_PAUSE))
    if endpoint.failures >= BREAKER:
        waits.append(now + PROBE)
    return max(waits, default=None)


def _reason_to_stop(endpoint: WebhookEndpoint, outcomes: Sequence[Outcome]) -> str:
    if any(outcome.status == GONE for outcome in outcomes):
        return _GONE
    if not endpoint.failures:
        return ""
    if endpoint.verified_at is None and any(_is_given_up_ping(outcome) for outcome in outcomes):
        return _SILENT
    if _always_forbidden(endpoint, outcomes):
        return _FORBIDDEN
    # Five days between the first failure and this one: more than twelve hours apart, too.
    since = endpoint.failing_since
    if since is not None and outcomes[-1].at - since >= PATIENCE:
        return _FAILING.format(days=PATIENCE.days)
    return ""


def _is_given_up_ping(outcome: Outcome) -> bool:
    return outcome.job.event_type == PING and outcome.job.is_last and not outcome.ok


def _always_forbidden(endpoint: WebhookEndpoint, outcomes: Sequence[Outcome]) -> bool:
    if outcomes[-1].error != FORBIDDEN_ADDRESS:
        return False
    tries = DeliveryAttempt.objects.filter(delivery__endpoint=endpoint).order_by("-id")
    last = list(tries.values_list("error", flat=True)[:FORBIDDEN])
    return last == [FORBIDDEN_ADDRESS] * FORBIDDEN
