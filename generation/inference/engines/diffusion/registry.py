"""The registry of diffusion models: which there are, and which one paints what.

Reads `models.toml` and an operator's own file; no torch, so the web process may ask. Whether a
model's files are there and whole is `files`' part.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from pydantic import ValidationError

from generation.spec.parts import Frozen

from .ask import Ask
from .files import FilesError, State, pinned, state_of, verify
from .model import PAIRS, Bucket, Licence, Model, RegistryError, Source

__all__ = [
    "BUILD",
    "PAIRS",
    "Bucket",
    "Licence",
    "Model",
    "Registry",
    "RegistryError",
    "Source",
    "choose",
    "compatibility",
    "current",
    "forbidden",
    "load",
    "obstacle",
]

_OWN = "PRODUCTVIZ_MODEL_REGISTRY"
BUILTIN = Path(__file__).with_name("models.toml")
# Raise it when equal asks of equal models come out differently: results are kept by it.
BUILD = 1


class Registry(Frozen):
    """All models, those of an operator's own file first."""

    models: tuple[Model, ...]

    def model(self, name: str) -> Model:
        """The model of that name; raises `RegistryError`."""
        for model in self.models:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.models)
        raise RegistryError(f"There is no diffusion model called “{name}”; the names are {known}.")

    def checker(self, *, allow_noncommercial: bool = False) -> Model | None:
        """The first permitted model that looks for adult content, if there is one."""
        for model in self.models:
            if model.family == "checker" and (model.is_commercial or allow_noncommercial):
                return model
        return None

    def serving(self, kind: str, line_up: str) -> tuple[Model, ...]:
        """The models that paint this, the preferred one first."""
        return tuple(model for model in self.models if f"{kind}/{line_up}" in model.serves)


def current() -> Registry:
    """The registry by this installation's settings; raises `RegistryError`."""
    return load(settings.MODEL_REGISTRY)


def load(own: Path | None = None) -> Registry:
    """The built-in registry with an operator's own file on top; raises `RegistryError`."""
    if own is None:
        return _built_in()
    try:
        return _with_own(state_of(own))
    except OSError as error:
        raise RegistryError(_unread(own, _OWN, error.strerror)) from error


@lru_cache(maxsize=8)
def _with_own(state: State) -> Registry:
    """Read again once the file is another one: every painted picture asks, twice."""
    mine = _read(state.path, _OWN)
    names = {model.name for model in mine.models}
    theirs = {model.name: model for model in _built_in().models}
    kept = [model for model in theirs.values() if model.name not in names]
    return Registry(models=(*mine.models, *kept))


def choose(
    kind: str,
    line_up: str,
    folder: Path,
    *,
    allow_noncommercial: bool = False,
    room: int | None = None,
) -> Model | str:
    """The model below the weights folder that paints this, or a sentence with the fix.

    The first that is there and permitted and fits ``room`` bytes of memory, with its revisions
    filled in. Raises `RegistryError`.
    """
    reasons = []
    for model in current().serving(kind, line_up):
        reason = obstacle(model, folder, allow_noncommercial=allow_noncommercial, room=room)
        if not reason:
            return pinned(model, folder)
        reasons.append(reason)
    if reasons:
        return reasons[0]
    return f"No model of the registry paints “{kind}” at “{line_up}”. Choose another line-up."


def obstacle(
    model: Model, folder: Path, *, allow_noncommercial: bool = False, room: int | None = None
) -> str:
    """Why a model cannot be used, and the fix; empty where it can."""
    if not (model.is_commercial or allow_noncommercial):
        return forbidden(model)
    needed = model.memory[model.dtype]
    if room is not None and needed > room:
        return (
            f"The model {model.name} takes {needed / 1e9:.1f} GB of memory, and the GPU worker has"
            f" {room / 1e9:.1f} GB for models. Choose a faster line-up, or a GPU with more memory."
        )
    try:
        verify(model, folder)
    except FilesError as error:
        return error.message
    return ""


def forbidden(model: Model) -> str:
    """Why a model without commercial use is not used, and what permits it."""
    return (
        f"The licence of the model {model.name} ({model.licence}) forbids commercial use. If it"
        " is yours to use all the same, set PRODUCTVIZ_ALLOW_NONCOMMERCIAL_MODELS=true."
    )


def compatibility(model: Model, ask: Ask, *switches: str) -> str:
    """What must be equal for two asks to share forward passes; also part of the cache key.

    ``switches`` are a painter's own beside the model's ``speed``. Prompt, seed, pictures and mask
    are each picture's own and not in it. ``model`` has its revisions filled in.
    """
    parts = [
        BUILD,
        model.name,
        model.family,
        ask.task,
        [[folder, source.hub_id, source.revision] for folder, source in _in_use(model).items()],
        model.dtype,
        [model.lora, model.lora_scale if model.lora else 1.0],
        model.scheduler,
        model.steps,
        model.is_guided,
        [ask.width, ask.height],
        [list(reference.shape[:2]) for reference in ask.references],
        model.text_pad,
        model.vae,
        ask.factor,
        sorted({*model.speed, *switches}),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _in_use(model: Model) -> dict[str, Source]:
    """Its sources but those decoders that are there and not chosen."""
    return {
        folder: source
        for folder, source in model.sources.items()
        if not folder.startswith("vae_") or folder == f"vae_{model.vae}"
    }


@cache
def _built_in() -> Registry:
    return _read(BUILTIN, "The built-in registry")


def _read(path: Path, whose: str) -> Registry:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise RegistryError(_unread(path, whose, reason)) from error
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"{whose}: {path} is not TOML: {error}.") from error
    return Registry(models=tuple(_model(name, table, path) for name, table in tables.items()))


def _unread(path: Path, whose: str, reason: str | None) -> str:
    return f"{whose}: {path} cannot be read: {reason}."


def _model(name: str, table: object, path: Path) -> Model:
    if not isinstance(table, dict):
        raise RegistryError(f"{path}: “{name}” stands outside of a model's table; write [{name}].")
    try:
        return Model.model_validate({**table, "name": name})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = re.sub(r"^Value error, ", "", first["msg"])
        where = f"[{name}] {place}".rstrip()
        raise RegistryError(f"{path}: {where}: {message}") from error
