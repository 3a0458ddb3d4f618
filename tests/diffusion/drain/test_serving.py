"""What a host serves: by its files, its settings, and what is wrong with its painters."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from generation import availability, hosting, painting_work
from generation.hosting import Serving
from generation.inference.engines.diffusion import far, here, registry
from generation.inference.engines.diffusion.gathering import Gathering
from generation.inference.engines.diffusion.local import LocalPainter
from generation.inference.engines.diffusion.wire import Standing
from generation.models import EngineHost, Generation
from productviz.env import ROOT
from tests.diffusion.drain.host import Hosts, again
from tests.diffusion.drain.rows import asked, shop
from tests.diffusion.drain.stages import PAIR, painted_stages
from tests.diffusion.model_files import put_down
from tests.diffusion.slow_painter import UNLOADABLE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture(autouse=True)
def first_look(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.MODEL_DIR = tmp_path
    hosting._Look.reasons = {}
    hosting._Start.until = 0.0
    yield
    hosting._Look.reasons = {}


def test_it_serves_what_its_models_paint(tmp_path: Path) -> None:
    put_down(registry.load().model("klein-4b"), tmp_path)

    served = hosting.serving()

    assert PAIR in served.pairs
    assert "qwen-edit-2511" in served.missing["edit/best"]


def test_it_serves_nothing_while_its_painter_is_in_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_down(registry.load().model("klein-4b"), tmp_path)
    monkeypatch.setattr(here.painter(), "obstacle", "The painter stops again and again.")

    served = hosting.serving()

    assert served.pairs == frozenset()
    assert served.missing[PAIR] == "The painter stops again and again."


def test_it_leaves_out_a_model_that_could_not_be_loaded_as_soon_as_that_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("klein-4b", "real-esrgan-x4"):
        put_down(registry.load().model(name), tmp_path)
    painter = LocalPainter(["nobody"])
    monkeypatch.setattr(here, "painter", lambda: painter)
    assert PAIR in hosting.serving().pairs

    painter.troubles.note("klein-4b", [UNLOADABLE])

    served = hosting.serving()
    assert served.missing[PAIR] == UNLOADABLE.message
    assert served.pairs == {"upscale/fast", "upscale/balanced", "upscale/best"}
    painter.troubles._of.clear()
    assert PAIR in hosting.serving().pairs


@pytest.mark.parametrize(("budget", "told"), [(15.9, 0), (None, 15_900_000_000), (40, 8 * 10**9)])
def test_it_serves_no_model_that_is_larger_than_its_memory(
    budget: float | None,
    told: int,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_down(registry.load().model("klein-4b"), tmp_path)
    settings.GPU_MEMORY = None
    painter = LocalPainter(["nobody"])
    monkeypatch.setattr(here, "painter", lambda: painter)
    assert PAIR in hosting.serving().pairs

    settings.GPU_MEMORY, painter.memory = budget, told

    served = hosting.serving()
    assert served.pairs == frozenset()
    assert "klein-4b takes 16.0 GB of memory, and the GPU" in served.missing["edit/balanced"]


def test_a_host_whose_model_does_not_load_takes_few_rows(
    tmp_path: Path, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_down(registry.load().model("klein-4b"), tmp_path)
    painter = LocalPainter([sys.executable, "-m", "tests.diffusion.slow_painter"])
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(here, "painter", lambda: painter)
    room = Gathering(painter)
    rows = asked(shop(), 30, "klein-4b unloadable")
    hosts().prepare()

    painting_work.run_paintings("owner", painted_stages(room))

    taken = [row for row in again(rows) if row.error_message]
    # What was in hand before the first answer: one go, and one that waited for it.
    assert 0 < len(taken) <= 2 * painting_work.AHEAD
    assert {row.error_message for row in taken} == {UNLOADABLE.message}
    room.close()


def test_it_claims_nothing_before_it_knows_its_memory(
    tmp_path: Path, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_down(registry.load().model("klein-4b"), tmp_path)
    painter, starting = LocalPainter(["nobody"]), [None, None]

    def standing() -> Standing | None:
        if starting:
            return starting.pop()
        painter.memory = 8 * 10**9
        return Standing("a small one", 0, painter.memory)

    monkeypatch.setattr(here, "painter", lambda: painter)
    monkeypatch.setattr(painter, "standing", standing)
    monkeypatch.setattr(hosting._Start, "until", None)
    monkeypatch.setattr(hosting, "LOOK_SECONDS", 0.01)
    (row,) = asked(shop(), 1)
    host = hosts()
    host.prepare()

    begun = painting_work.run_paintings("owner", host.stages)

    assert (begun, again([row])[0].attempt) == (0, 0)
    assert host.painter.goes == []


def test_it_leaves_out_what_the_serving_system_does_not_paint_now(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REMOTE_ENGINE = SimpleNamespace(kinds={"edit", "ai_scene"})
    monkeypatch.setattr(far, "obstacles", lambda: {"edit": "The key is not accepted."})

    served = hosting.serving()

    assert served.pairs == {"ai_scene/fast", "ai_scene/balanced", "ai_scene/best"}
    assert served.missing["edit/fast"] == "The key is not accepted."


def test_a_wrong_registry_is_written_into_the_row_without_its_path(settings: Any) -> None:
    settings.MODEL_REGISTRY = Path("/nowhere/own.toml")
    host = hosting.Host(standing=hosting._standing)

    host._write()

    row = EngineHost.objects.get()
    assert row.serves == []
    assert "doctor" in row.missing[PAIR]
    assert "/nowhere" not in row.missing[PAIR]


def test_it_looks_at_the_files_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def look(*told: object) -> dict[str, str | None]:
        looks.append(1)
        return {PAIR: None}

    monkeypatch.setattr(availability, "here", look)

    for _ in range(20):
        hosting.serving()
    assert len(looks) == 1
    monkeypatch.setattr(hosting._Look, "at", hosting._Look.at - hosting.EVERY_SECONDS)
    hosting.serving()

    assert len(looks) == 2


def test_it_is_not_woken_for_what_it_does_not_serve(hosts: Hosts) -> None:
    asked(shop(), 1)
    hosts().prepare()
    assert painting_work.is_due(), "nobody has said yet what is served here"

    hosting.write(Serving(frozenset({"edit/best"})), None, timezone.now())
    assert not painting_work.is_due()
    hosting.write(Serving(frozenset({PAIR})), None, timezone.now())
    assert painting_work.is_due()
    EngineHost.objects.update(serves=[], seen_at=timezone.now() - timedelta(minutes=2))
    assert painting_work.is_due(), "what it said long ago does not count"


def test_it_claims_no_more_once_its_painter_is_in_trouble(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(shop(), 20)
    host = hosts(most=1, steps=2, seconds=0.1)
    host.prepare()
    served = [frozenset({PAIR})] * 3
    monkeypatch.setattr(
        hosting, "serving", lambda: Serving(served.pop() if served else frozenset())
    )

    painting_work.run_paintings("owner", host.stages)

    left = Generation.objects.filter(status="processing")
    assert left.exclude(attempt=0, lease_owner="").count() == 0
    assert 0 < left.count() < 20
