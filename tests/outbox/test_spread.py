"""Which endpoints an event reaches, and what spreading costs those who have none."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from productviz.outbox import endpoints
from productviz.outbox.models import Delivery, Event, WebhookEndpoint
from productviz.outbox.spread import CHUNK, spread
from productviz.outbox.wants import GROUPS, PATTERNS, TYPES
from tests.factories import make_store, make_workspace
from tests.outbox.rows import make_endpoint, tell

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
URL = "https://example.com/hook"


def reached(event: Event) -> set[uuid.UUID]:
    spread()
    return set(Delivery.objects.filter(event=event).values_list("endpoint", flat=True))


@pytest.mark.parametrize(
    ("patterns", "kind", "wanted"),
    [
        (["*"], "store.deleted", True),
        (["generation.*"], "generation.completed", True),
        (["generation.*"], "batch.completed", False),
        (["generation.completed"], "generation.completed", True),
        (["generation.completed"], "generation.failed", False),
        (["batch.*", "generation.failed"], "generation.failed", True),
        (["publication.*"], "publication.rolled_back", True),
    ],
)
def test_it_reaches_endpoints_by_type(patterns: list[str], kind: str, wanted: bool) -> None:
    endpoint = make_endpoint(URL, event_types=patterns)

    assert reached(tell(endpoint.workspace, kind)) == ({endpoint.pk} if wanted else set())


def test_it_reaches_endpoints_by_store() -> None:
    workspace = make_workspace()
    ours, other = make_store(workspace), make_store(workspace)
    one = make_endpoint(URL, workspace, stores=[ours.public_id])
    every = make_endpoint(URL, workspace)

    assert reached(tell(workspace, store_id=ours.pk)) == {one.pk, every.pk}
    assert reached(tell(workspace, store_id=other.pk)) == {every.pk}
    assert reached(tell(workspace, "usage.threshold_reached")) == {one.pk, every.pk}


def test_an_events_sender_may_narrow_who_is_told() -> None:
    workspace = make_workspace()
    one, two = (make_endpoint(URL, workspace) for _ in range(2))

    assert reached(tell(workspace, audience={"endpoints": [one.public_id]})) == {one.pk}
    assert reached(tell(workspace, audience={"endpoints": [str(two.pk)]})) == {two.pk}
    narrowed = {"types": ["generation.completed"]}
    assert reached(tell(workspace, audience=narrowed)) == {one.pk, two.pk}
    assert reached(tell(workspace, "generation.accepted", audience=narrowed)) == set()


def test_narrowing_never_widens() -> None:
    deaf = make_endpoint(URL, event_types=["batch.*"])

    assert reached(tell(deaf.workspace, audience={"endpoints": [deaf.public_id]})) == set()


def test_it_reaches_nobody_elses_endpoint() -> None:
    stranger = make_endpoint(URL)

    named = tell(make_workspace(), audience={"endpoints": [stranger.public_id]})

    assert reached(named) == set()


def test_it_makes_none_for_a_disabled_endpoint_and_lets_those_of_a_new_one_wait() -> None:
    workspace = make_workspace()
    off, new = make_endpoint(URL, workspace), make_endpoint(URL, workspace, verified=False)
    endpoints.change(off, status="disabled")

    assert reached(tell(workspace)) == {new.pk}


def test_events_of_test_keys_are_told_like_all_others() -> None:
    """A sandbox without webhooks would be none; the object itself says what it is."""
    endpoint = make_endpoint(URL)

    event = tell(endpoint.workspace, object={"id": "gen_1", "is_test": True})

    assert reached(event) == {endpoint.pk}


def test_news_of_a_disabled_endpoint_reach_all_others_whatever_they_asked_for() -> None:
    workspace = make_workspace()
    gone, other = (
        make_endpoint(URL, workspace),
        make_endpoint(URL, workspace, event_types=["batch.*"]),
    )

    assert reached(tell(workspace, "webhook_endpoint.disabled", object_id=gone.pk)) == {other.pk}


def test_spreading_again_changes_nothing() -> None:
    endpoint = make_endpoint(URL)
    event = tell(endpoint.workspace)
    assert spread() == 1
    Event.objects.update(spread=False)

    assert (spread(), spread()) == (2, 0)  # the ping, too

    assert Delivery.objects.filter(event=event).count() == 1


def test_workspaces_without_endpoints_cost_four_statements_a_chunk() -> None:
    workspace = make_workspace()
    for _ in range(200):
        tell(workspace)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert spread() == 200

    words = [query["sql"].split()[0] for query in asked.captured_queries]
    assert [word for word in words if word != "SAVEPOINT" and word != "RELEASE"] == [
        "SELECT", "SELECT", "SELECT", "UPDATE",
    ]  # fmt: skip
    assert not Event.objects.filter(spread=False).exists()


def test_it_takes_a_chunk_at_a_time() -> None:
    endpoint = make_endpoint(URL)
    event = tell(endpoint.workspace)
    Event.objects.bulk_create(
        Event(
            workspace=endpoint.workspace, type="generation.completed", object_id=event.object_id,
            sequence=number, data={},
        )
        for number in range(CHUNK + 10)
    )  # fmt: skip

    assert [spread(), spread(), spread()] == [CHUNK, 11, 0]
    assert Delivery.objects.count() == CHUNK + 11


@pytest.mark.django_db(transaction=True)
def test_several_processes_spread_each_event_once() -> None:
    endpoint = make_endpoint(URL)
    for _ in range(60):
        tell(endpoint.workspace)
    counts: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        try:
            start.wait()
            while count := spread():
                counts.append(count)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Delivery.objects.count() == 60
    assert not Event.objects.filter(spread=False).exists()
    assert sum(counts) == 60


def test_every_type_of_the_api_can_be_asked_for() -> None:
    assert len(TYPES) == 40
    assert TYPES < PATTERNS
    assert {f"{group}.*" for group in GROUPS} < PATTERNS


def test_the_row_that_a_delivery_names_is_an_endpoint_of_the_events_workspace() -> None:
    workspaces = [make_workspace() for _ in range(3)]
    made: dict[Any, WebhookEndpoint] = {one.pk: make_endpoint(URL, one) for one in workspaces}
    events = [tell(one) for one in workspaces]

    spread()

    for event in events:
        assert Delivery.objects.get(event=event).endpoint == made[event.workspace_id]
