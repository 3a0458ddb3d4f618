from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from generation import availability
from generation.availability import NO_HOST, UNSERVED
from generation.inference.engines.diffusion import registry
from generation.models import EngineHost
from tests.diffusion.model_files import put_down

pytestmark = pytest.mark.django_db


def host(name: str = "rack-1", *, serves: tuple[str, ...] = (), age: int = 5, **told: str) -> None:
    EngineHost.objects.create(
        name=name,
        serves=list(serves),
        missing={pair.replace("__", "/"): reason for pair, reason in told.items()},
        seen_at=timezone.now() - timedelta(seconds=age),
    )


def reason_against(kind: str, line_up: str) -> str | None:
    return availability.overview().get(f"{kind}/{line_up}")


@pytest.mark.parametrize("kind", ["packshot", "scene", "group_shot", "flat_lay", "ghost_mannequin"])
def test_what_the_studio_makes_is_always_available(kind: str) -> None:
    assert reason_against(kind, "fast") is None


def test_it_says_how_to_start_a_worker_where_none_is() -> None:
    assert reason_against("ai_scene", "fast") == NO_HOST
    assert set(availability.overview().values()) == {NO_HOST}


def test_what_a_worker_serves_is_available() -> None:
    host(serves=("ai_scene/fast",))
    assert reason_against("ai_scene", "fast") is None
    assert reason_against("ai_scene", "best") is not None


def test_a_worker_that_has_been_silent_for_a_minute_does_not_count() -> None:
    host(serves=("ai_scene/fast",), age=61)
    assert reason_against("ai_scene", "fast") == NO_HOST


def test_one_worker_of_several_is_enough() -> None:
    host("rack-1", edit__best="Fetch qwen.")
    host("rack-2", serves=("edit/best",))
    assert reason_against("edit", "best") is None


def test_a_worker_says_itself_what_is_missing() -> None:
    host("rack-1")
    host("rack-2", edit__best="Fetch qwen.")
    assert reason_against("edit", "best") == "Fetch qwen."


def test_it_names_no_worker_to_those_who_ask() -> None:
    host("rack-1")
    host("rack-2")
    assert reason_against("edit", "best") == UNSERVED


def test_a_serving_system_paints_nothing_without_a_worker_who_asks_it(settings: Settings) -> None:
    settings.REMOTE_ENGINE = SimpleNamespace(kinds={"edit"})
    assert reason_against("edit", "best") == NO_HOST
    assert "`Q_CLUSTER_NAME=gpu manage.py worker`" in NO_HOST
    host(serves=("edit/best",))
    assert reason_against("edit", "best") is None


def test_it_looks_at_the_rows_once_for_all_pairs(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    host(serves=("ai_scene/fast", "upscale/best"))
    with django_assert_num_queries(1):
        found = availability.overview()
    assert [pair for pair, reason in found.items() if not reason] == [
        "ai_scene/fast", "upscale/best"
    ]  # fmt: skip
    assert len(found) == 15


def test_a_machine_knows_what_its_own_models_paint(settings: Settings, tmp_path: Path) -> None:
    settings.MODEL_DIR = tmp_path
    put_down(registry.load().model("klein-4b"), tmp_path)

    found = availability.here({}, None)

    assert [pair for pair, reason in found.items() if not reason] == [
        "ai_scene/fast", "ai_scene/balanced", "edit/fast", "edit/balanced",
        "relight/fast", "relight/balanced", "virtual_model/fast", "virtual_model/balanced",
    ]  # fmt: skip
    assert "`manage.py fetch_model qwen-edit-2511` (58.6 GB" in str(found["edit/best"])
    assert "real-esrgan-x4" in str(found["upscale/fast"])


def test_a_model_that_cannot_be_loaded_is_not_replaced_by_the_next(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MODEL_DIR = tmp_path
    for name in ("sdxl-lightning", "klein-4b"):
        put_down(registry.load().model(name), tmp_path)

    found = availability.here({"sdxl-lightning": "It cannot be loaded."}, None)

    assert found["ai_scene/fast"] == "It cannot be loaded."
    assert found["ai_scene/balanced"] is None
