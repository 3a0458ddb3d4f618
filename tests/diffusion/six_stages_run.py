"""Pictures painted by tiny real models: CPU workers, a GPU cluster on the CPU, six stages, files.

`python -m tests.diffusion.six_stages_run --data DIR --count 8`; prints what became of them and how
long one took: the stages before painting in this process, the rest in a running GPU cluster.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from tests.e2e.processes import ROOT, kill_tree, start, wait_until

NETWORKS = ROOT / "var" / "test-models"
SIDE = 1000
ROOMY: dict[str, Any] = {"composition": {"margin": 0.16}}
RECIPES: dict[str, dict[str, Any]] = {
    "ai_scene": {"prompt": "a kitchen counter in the morning"},
    "edit": {"prompt": "make the ground a little warmer"},
    "relight": {"light": "left"},
}


def main() -> None:
    """Set up, paint, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=4, help="pictures of each kind")
    options = parser.parse_args()
    _models(options.data / "models", options.data / "registry.toml")
    os.environ.update(
        DJANGO_SETTINGS_MODULE="productviz.settings",
        PRODUCTVIZ_MODE="development",
        PRODUCTVIZ_CONTENT_CREDENTIALS="off",
        PRODUCTVIZ_DATA_DIR=str(options.data / "var"),
        PRODUCTVIZ_MODEL_DIR=str(options.data / "models"),
        PRODUCTVIZ_MODEL_REGISTRY=str(options.data / "registry.toml"),
        PRODUCTVIZ_GPU_DEVICE="cpu",
        OMP_NUM_THREADS="1",
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    rows = _accepted(options.count)
    prepare_seconds = _prepare(rows)
    cluster = start("manage.py", "worker", "--cluster", "gpu", log=options.data / "worker.log")
    try:
        print(json.dumps({"prepare_seconds_each": prepare_seconds, **_made(rows)}))  # noqa: T201
    finally:
        kill_tree(cluster)


def _models(folder: Path, registry: Path) -> None:
    """Tiny weights as a fetch leaves them, and an operator's registry that puts them first."""
    from tests.diffusion import models

    folder.mkdir(parents=True)
    for network in NETWORKS.iterdir():
        (folder / network.name).symlink_to(network)
    sdxl = models.model(
        "tiny-sdxl", "sdxl", scheduler="euler_trailing", text_pad=77, serves=["ai_scene/fast"]
    )
    klein = models.model("tiny-klein", "klein", serves=["edit/fast", "relight/fast"])
    models.write(folder, sdxl, klein)
    registry.write_text("".join(_table(one) for one in (sdxl, klein)))


def _table(model: Any) -> str:
    fields = model.model_dump(mode="json", exclude_defaults=True, exclude={"name"})
    lines = [f"{name} = {_toml(value)}" for name, value in fields.items()]
    return "\n".join([f"[{model.name}]", *lines, ""])


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_toml(one)}' for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def _accepted(count: int) -> list[Any]:
    """Requests whose photographs are here."""
    from generation.keys import original_key
    from productviz.lib import files
    from tests.factories import make_generation, make_preset, make_product, make_store
    from tests.pictures import photo

    store = make_store()
    rows = []
    for kind, painting in RECIPES.items():
        outputs = [{"name": "main", "width": SIDE, "height": SIDE}]
        spec = {"kind": kind, "painting": painting, "outputs": outputs, **ROOMY}
        preset = make_preset(store.workspace, **spec)
        for number in range(count):
            product = make_product(store)
            data = photo(SIDE, seed=number)
            sha256 = hashlib.sha256(data).hexdigest()
            product.images.update(sha256=sha256)
            files.put("originals", original_key(store.workspace_id, sha256), data)
            rows.append(make_generation(product, preset=preset))
    return rows


def _prepare(rows: list[Any]) -> float:
    """Do what a CPU's worker does before it hands them over; its seconds for one."""
    from generation.work import run_generations
    from productviz.lib.lease import new_owner

    started = time.monotonic()
    while run_generations(new_owner()):
        pass
    return (time.monotonic() - started) / len(rows)


def _made(rows: list[Any]) -> dict[str, Any]:
    from generation.models import Candidate, Generation

    mine = Generation.objects.filter(pk__in=[row.pk for row in rows])
    handed = mine.filter(queue="gpu", stage="inference").count()
    open_ = mine.filter(status__in=Generation.WAITING)
    wait_until(lambda: open_.count() < len(rows), "the first picture", seconds=180)
    started, left = time.monotonic(), open_.count()
    wait_until(lambda: not open_.exists(), "all pictures", seconds=300)
    spent = time.monotonic() - started
    pictures = Candidate.objects.filter(generation__in=mine).order_by("generation_id", "number")
    return {
        "handed": handed,
        "seconds_each": spent / max(left, 1),
        "rows": [
            {
                "kind": row.recipe().kind,
                "status": row.status,
                "code": row.error_code,
                "message": row.error_message,
                "stages": sorted(row.stage_times),
            }
            for row in mine.order_by("turn")
        ],
        "facts": [candidate.manifest["facts"] for candidate in pictures],
        "failed_checks": sorted(
            {
                check["name"]
                for candidate in pictures
                for check in candidate.report.checks
                if check["verdict"] != "pass"
            }
        ),
    }


if __name__ == "__main__":
    main()
