from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from generation.availability import NO_HOST
from generation.inference.engines.diffusion import registry
from generation.models import EngineHost
from productviz.gpu_health import check_gpu_hosts, check_models, check_painting
from productviz.health import CHECKS
from tests.diffusion.model_files import put_down

pytestmark = pytest.mark.django_db
SDXL = registry.load().model("sdxl-lightning")


@pytest.fixture(autouse=True)
def models(settings: Settings, tmp_path: Path) -> Path:
    settings.MODEL_DIR = tmp_path
    return tmp_path


def host(name: str, *, age: int = 5, **values: object) -> None:
    seen_at = timezone.now() - timedelta(seconds=age)
    EngineHost.objects.create(name=name, seen_at=seen_at, **values)


def test_the_doctor_looks_at_what_paints() -> None:
    assert {check_models, check_gpu_hosts, check_painting} < set(CHECKS)


def test_an_installation_without_a_gpu_is_well() -> None:
    assert [check().level for check in (check_models, check_gpu_hosts, check_painting)] == [
        "ok"
    ] * 3
    assert "docs/gpu.md" in check_models().fix
    assert check_painting().fix == NO_HOST


def test_it_warns_where_nobody_asks_the_serving_system(settings: Settings) -> None:
    settings.REMOTE_ENGINE = SimpleNamespace(kinds={"edit"})
    finding = check_painting()
    assert (finding.level, finding.fix) == ("warning", NO_HOST)


def test_it_names_the_models_that_are_here_with_their_licences(models: Path) -> None:
    put_down(SDXL, models)
    put_down(registry.load().model("klein-4b"), models)
    finding = check_models()
    assert (finding.level, finding.message) == (
        "ok",
        "sdxl-lightning (CreativeML Open RAIL++-M, MIT); klein-4b (Apache-2.0)",
    )


def test_it_names_a_damaged_model(models: Path) -> None:
    (put_down(SDXL, models) / "unet/diffusion_pytorch_model.safetensors").unlink()
    finding = check_models()
    assert finding.level == "warning"
    assert "is missing. Run `manage.py fetch_model sdxl-lightning`" in finding.message


def test_it_names_a_model_that_may_not_be_used(models: Path, settings: Settings) -> None:
    put_down(registry.load().model("klein-9b"), models)
    assert "forbids commercial use" in check_models().message
    settings.ALLOW_NONCOMMERCIAL_MODELS = True
    assert check_models().level == "ok"


def test_it_says_that_the_operators_registry_is_wrong(settings: Settings) -> None:
    settings.MODEL_REGISTRY = Path("/nowhere/own.toml")
    finding = check_models()
    assert finding.level == "error"
    assert "/nowhere/own.toml cannot be read" in finding.message


def test_it_tells_of_a_workers_memory_and_models() -> None:
    host(
        "rack-1",
        device="NVIDIA H200",
        memory_used=61_200_000_000,
        memory_total=140_000_000_000,
        loaded=["klein-4b"],
    )
    finding = check_gpu_hosts()
    assert finding.level == "ok"
    assert finding.message == "rack-1: NVIDIA H200, 61.2 of 140.0 GB in use, klein-4b loaded"


def test_it_misses_a_worker_that_has_gone_silent_today() -> None:
    host("rack-1", age=3600)
    host("rack-2")
    finding = check_gpu_hosts()
    assert finding.level == "warning"
    assert "rack-1 was last heard of at" in finding.message
    assert "rack-2: device not known yet" in finding.message


def test_it_forgets_a_worker_that_was_given_up() -> None:
    host("rack-1", age=2 * 86_400)
    assert check_gpu_hosts().message == "None; the studio's pictures need none."


def test_it_says_what_is_painted_and_what_is_not() -> None:
    host(
        "rack-1",
        serves=["edit/fast", "edit/balanced", "upscale/fast"],
        missing={"edit/best": "Fetch qwen."},
    )
    finding = check_painting()
    assert finding.level == "ok"
    assert finding.message.startswith("Available: edit (balanced, fast), upscale (fast).")
    assert "edit (best)" in finding.message
    assert finding.fix.startswith("No GPU worker of this installation paints this.")
    assert finding.fix.endswith("Fetch qwen.")
    assert finding.fix.count("No GPU worker") == 1


def test_it_warns_of_a_worker_that_can_paint_nothing() -> None:
    host("rack-1", missing=dict.fromkeys(registry.PAIRS, "Fetch a model."))
    finding = check_painting()
    assert (finding.level, finding.fix) == ("warning", "Fetch a model.")


def test_all_is_painted_where_a_worker_serves_all() -> None:
    host("rack-1", serves=list(registry.PAIRS))
    assert "Unavailable" not in check_painting().message
