"""The part of `manage.py fetch_model` that is about diffusion models: licence first, then bytes."""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from generation.inference.engines.diffusion import fetching, files, registry
from generation.inference.engines.diffusion.hub import Hub
from generation.inference.engines.diffusion.model import Licence, Model

_TERMS = {
    "yes": "commercial use: yes",
    "conditions": "commercial use: yes, within the licence's limits of use",
    "no": "commercial use: NO",
}


def names() -> list[str]:
    """The names of the registry's models; raises `RegistryError`."""
    return [model.name for model in registry.current().models]


def fetch(
    name: str, folder: Path, console: Console, *, accepted: bool, source: Path | None
) -> None:
    """Bring one model below the weights folder, from the hub or from the folder ``source``.

    Raises `EngineUnavailable` for what cannot be done, CommandError where the licence is not
    accepted.
    """
    model = registry.current().model(name)
    _require_permitted(model)
    _show(model, console)
    if source or _is_whole(model, folder):
        _require_accepted(model, folder, accepted=accepted)
        if source:
            _bring(model, folder, console, source)
        else:
            fetching.accept(model, folder)
            _say(model, folder, console, "is already there, and whole")
        return
    hub = Hub(settings.MODEL_HUB)
    plan = fetching.plan(model, hub)
    console.print(f"  {plan.size / 1e9:.2f} GB at {hub.address}", highlight=False)
    _require_accepted(model, folder, accepted=accepted)
    _fetch(plan, folder, console, hub)


def overview(folder: Path) -> Table:
    """All models: size, licence, what they serve, and whether they are there or why not."""
    table = Table(
        "name", "size", "licence", "commercial", "serves", "present",
        title=f"Diffusion models in {folder / 'diffusion'}",
    )  # fmt: skip
    allow = settings.ALLOW_NONCOMMERCIAL_MODELS
    for model in registry.current().models:
        is_absent = files.note_of(model.name, folder) is None
        reason = registry.obstacle(model, folder, allow_noncommercial=allow)
        table.add_row(
            model.name,
            f"{model.download / 1e9:.1f} GB",
            ", ".join(each.licence for each in model.licences),
            _worst(model).commercial,
            " ".join(model.serves) or "every painted picture",
            "no" if is_absent else escape(reason) or "yes",
        )
    return table


def _worst(model: Model) -> Licence:
    return max(model.licences, key=lambda each: list(_TERMS).index(each.commercial))


def _require_permitted(model: Model) -> None:
    if not (model.is_commercial or settings.ALLOW_NONCOMMERCIAL_MODELS):
        raise CommandError(
            f"The licence of {model.name} ({_worst(model).licence}) forbids commercial use. If it"
            " is yours to use all the same, set PRODUCTVIZ_ALLOW_NONCOMMERCIAL_MODELS=true first."
        )


def _is_whole(model: Model, folder: Path) -> bool:
    """Whether every byte is there, whatever of its licences is accepted."""
    try:
        files.verify(model, folder, whole=True)
    except files.LicenceNotAccepted:
        return True
    except files.FilesError:
        return False
    return True


def _show(model: Model, console: Console) -> None:
    sizes = (
        f"about {model.download / 1e9:.1f} GB, {model.memory[model.dtype] / 1e9:.1f} GB of memory"
    )
    console.print(f"[bold]{model.name}[/]: {model.title}; {sizes} on the GPU", highlight=False)
    for folder, source in model.sources.items():
        what = f"{source.hub_id}{f' (for {folder})' if folder else ''}"
        terms = f"  {what}: {source.licence}, {_TERMS[source.commercial]}\n    {source.licence_url}"
        console.print(terms, soft_wrap=True, highlight=False, markup=False)


def _require_accepted(model: Model, folder: Path, *, accepted: bool) -> None:
    note = files.note_of(model.name, folder)
    known = note.accepted if note else ()
    if accepted or all(each.licence in known for each in model.licences):
        return
    if not sys.stdin.isatty():
        raise CommandError(
            f"Read the licences of {model.name} above, then run this again with --accept-licence."
        )
    if input("Do you accept these licences? [y/N] ").strip().lower() not in ("y", "yes"):
        raise CommandError("Nothing was fetched.")


def _fetch(plan: fetching.Plan, folder: Path, console: Console, hub: Hub) -> None:
    with progress(console) as bar:
        task = bar.add_task(plan.model.name, total=plan.size)

        def show(path: str, done: int) -> None:
            bar.update(task, advance=done, description=f"{plan.model.name}: {Path(path).name}")

        fetching.fetch(plan, folder, hub, show)
    _say(plan.model, folder, console, "fetched and checked")


def _bring(model: Model, folder: Path, console: Console, source: Path) -> None:
    if not source.is_dir():
        raise CommandError(f"There is no folder {source}.")
    with progress(console) as bar:
        task = bar.add_task(model.name, total=None)

        def show(path: str, done: int) -> None:
            bar.update(task, advance=done, description=f"{model.name}: {path}")

        fetching.bring(model, folder, source, show)
    _say(model, folder, console, "copied and checked")


def _say(model: Model, folder: Path, console: Console, what: str) -> None:
    """The path on a line of its own, so that it stays whole on a narrow terminal."""
    place = files.folder_of(model.name, folder)
    console.print(f"{model.name} {what}:\n  {place}", soft_wrap=True, highlight=False)


def progress(console: Console) -> Progress:
    """A bar that shows what is fetched, how fast, and how long it will take."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
