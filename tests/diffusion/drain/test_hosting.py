"""What a host says of itself, as long as it lives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from generation import hosting
from generation.hosting import Host, Serving
from generation.inference.engines.diffusion.wire import Standing
from generation.models import EngineHost

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
SERVED = Serving(frozenset({"ai_scene/fast"}), {"edit/best": "Fetch a model."})


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(hosting, "EVERY_SECONDS", 0.2)
    monkeypatch.setattr(hosting, "LOOK_SECONDS", 0.05)
    yield
    connection.close()


def started(**parts: Any) -> Host:
    host = Host(serving=lambda: SERVED, **parts)
    host.start()
    wait_for(EngineHost.objects.exists)
    return host


def test_it_says_what_it_paints_and_goes_on_saying_so() -> None:
    host = started(standing=lambda: Standing("NVIDIA H200", 10, 20, ("tiny",)))
    row = EngineHost.objects.get()
    assert (row.serves, row.missing) == (["ai_scene/fast"], {"edit/best": "Fetch a model."})
    assert (row.device, row.memory_used, row.memory_total) == ("NVIDIA H200", 10, 20)
    assert row.loaded == ["tiny"]

    wait_for(lambda: EngineHost.objects.get().seen_at > row.seen_at)

    host.stop()
    row.refresh_from_db()
    assert (row.loaded, row.memory_used, row.serves) == ([], 0, ["ai_scene/fast"])
    seen_at = row.seen_at
    time.sleep(0.5)
    assert EngineHost.objects.get().seen_at == seen_at, "it has signed off"


def test_hosts_that_are_gone_for_good_are_forgotten() -> None:
    hosting.write(SERVED, None, timezone.now())
    assert hosting.forget_gone() == 0

    EngineHost.objects.update(seen_at=timezone.now() - timedelta(days=8))

    assert (hosting.forget_gone(), EngineHost.objects.count()) == (1, 0)


def test_it_keeps_the_figures_that_it_knew_while_its_painter_cannot_say() -> None:
    answers = iter([Standing("numpy", 1, 2), None, None])
    host = started(standing=lambda: next(answers, None))
    first = EngineHost.objects.get()

    wait_for(lambda: EngineHost.objects.get().seen_at > first.seen_at)

    assert EngineHost.objects.get().device == "numpy"
    host.stop()


def test_it_lives_through_a_look_that_fails() -> None:
    looks: list[int] = []

    def standing() -> Standing | None:
        looks.append(1)
        if len(looks) == 2:
            raise RuntimeError("no such device")
        return None

    host = started(standing=standing)

    wait_for(lambda: len(looks) > 3)
    host.stop()


def test_it_signs_off_as_soon_as_its_worker_is_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    host = started(standing=lambda: Standing("numpy", 1, 2, ("tiny",)))
    monkeypatch.setattr(hosting, "is_stopping", lambda: True)

    wait_for(lambda: EngineHost.objects.get().loaded == [])
    host.stop()


def test_it_leaves_the_row_of_one_that_has_taken_its_place() -> None:
    host = started()
    hosting.write(SERVED, None, timezone.now())

    host.stop()

    assert EngineHost.objects.count() == 1


def test_it_is_known_by_its_machine_and_its_device(settings: Any) -> None:
    settings.GPU_DEVICE = "auto"
    plain = hosting.host_name()
    settings.GPU_DEVICE = "cuda:1"

    assert hosting.host_name() == f"{plain} cuda:1"
