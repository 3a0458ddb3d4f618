"""Is what paints well: this machine's diffusion models, the GPU workers, and what is unavailable.

An installation without a GPU is well; nothing here warns of what was never set up.
"""

from __future__ import annotations

from django.conf import settings

from generation import availability
from generation.hosts import fresh_hosts, known_hosts
from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion import files, registry
from generation.inference.engines.diffusion.model import Model
from generation.models import EngineHost
from productviz.finding import Finding, Level

_SET_UP = "To paint pictures with a GPU: docs/gpu.md"


def check_models() -> Finding:
    """The diffusion models of this machine are whole, permitted, and under which licences."""
    name = "diffusion models"
    try:
        found = _present()
    except EngineUnavailable as error:
        fix = "Correct the file that PRODUCTVIZ_MODEL_REGISTRY names, or fetch the model again."
        return Finding(name, "error", error.message, fix)
    if not found:
        return Finding(name, "ok", "None here; the studio's pictures need none.", _SET_UP)
    faults = [reason for reason in found.values() if reason]
    if faults:
        return Finding(name, "warning", " ".join(faults), "manage.py fetch_model --list")
    return Finding(
        name, "ok", "; ".join(_named(model) for model in _models() if model.name in found)
    )


def check_gpu_hosts() -> Finding:
    """GPU workers live, and have memory."""
    name = "GPU workers"
    hosts = sorted(known_hosts(), key=lambda host: host.name)
    fresh = {host.name for host in fresh_hosts()}
    gone = [host for host in hosts if host.name not in fresh]
    told = [_told(host) for host in hosts if host.name in fresh]
    if gone:
        silent = [f"{host.name} was last heard of at {host.seen_at:%H:%M} UTC" for host in gone]
        fix = (
            "Start it again: Q_CLUSTER_NAME=gpu manage.py worker; its log says what is wrong."
            " One that was given up is not spoken of after a day."
        )
        return Finding(name, "warning", "; ".join([*silent, *told]), fix)
    if not told:
        return Finding(name, "ok", "None; the studio's pictures need none.", _SET_UP)
    return Finding(name, "ok", "; ".join(told))


def check_painting() -> Finding:
    """What is painted here, and what is not, with the reason."""
    name = "painted pictures"
    found = availability.overview()
    made = sorted(pair for pair, reason in found.items() if reason is None)
    if not made:
        is_meant = settings.REMOTE_ENGINE is not None or fresh_hosts()
        level: Level = "warning" if is_meant else "ok"
        return Finding(name, level, "None can be made.", " ".join(_reasons(found)))
    message = f"Available: {_pairs(made)}."
    if len(made) == len(found):
        return Finding(name, "ok", message)
    unavailable = sorted(set(found) - set(made))
    message += f" Unavailable: {_pairs(unavailable)}."
    return Finding(name, "ok", message, " ".join(_reasons(found)))


def _models() -> tuple[Model, ...]:
    return registry.current().models


def _present() -> dict[str, str]:
    """Why each model that lies here cannot be used; empty where it can."""
    allow = settings.ALLOW_NONCOMMERCIAL_MODELS
    return {
        model.name: registry.obstacle(model, settings.MODEL_DIR, allow_noncommercial=allow)
        for model in _models()
        if files.note_of(model.name, settings.MODEL_DIR) is not None
    }


def _named(model: Model) -> str:
    return f"{model.name} ({', '.join(each.licence for each in model.licences)})"


def _told(host: EngineHost) -> str:
    memory = f"{host.memory_used / 1e9:.1f} of {host.memory_total / 1e9:.1f} GB in use"
    loaded = f", {', '.join(host.loaded)} loaded" if host.loaded else ""
    return f"{host.name}: {host.device or 'device not known yet'}, {memory}{loaded}"


def _pairs(pairs: list[str]) -> str:
    """Pairs with one kind's line-ups together: "edit (fast, best)"."""
    kinds: dict[str, list[str]] = {}
    for pair in pairs:
        kind, _, line_up = pair.partition("/")
        kinds.setdefault(kind, []).append(line_up)
    return ", ".join(f"{kind} ({', '.join(names)})" for kind, names in kinds.items())


def _reasons(found: dict[str, str | None]) -> list[str]:
    return list(dict.fromkeys(reason for reason in found.values() if reason))
