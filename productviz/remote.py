"""The one place that knows how the operator's settings name a serving system that paints for us."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import SplitResult, urlsplit

System = Literal["comfyui", "openai"]

# "upscale" needs a workflow: POST /images/edits takes no factor.
KINDS: dict[System, frozenset[str]] = {
    "comfyui": frozenset({"ai_scene", "virtual_model", "edit", "relight", "upscale"}),
    "openai": frozenset({"ai_scene", "virtual_model", "edit", "relight"}),
}
DEFAULT_KINDS = ("ai_scene", "edit")
_SCHEME = re.compile(r"(comfyui|openai)\+(https?)")
_KEY = re.compile(r"[\x21-\x7e]*")
_LIKE = (
    "PRODUCTVIZ_REMOTE_ENGINE must be like comfyui+https://gpu.example.com:8188 or"
    " openai+https://api.example.com/v1"
)


@dataclass(frozen=True, slots=True)
class RemoteEngine:
    """A serving system of the operator's, and what may be asked of it.

    ``url`` has no slash at its end and no credentials; ``timeout`` is in seconds for one picture.
    ``workflows`` is a folder of the operator's own; None for those that are shipped.
    """

    system: System
    url: str
    model: str
    licence: str
    kinds: frozenset[str]
    timeout: float
    at_once: int
    workflows: Path | None = None
    key: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """The host, with its port where the URL names one."""
        return urlsplit(self.url).netloc


def remote_engine(
    url: str,
    *,
    key: str,
    model: str,
    licence: str,
    kinds: Collection[str],
    timeout: float,
    at_once: int,
    workflows: Path | None,
    plain_hosts: Collection[str],
) -> RemoteEngine | None:
    """The remote engine that these settings describe; None for an empty ``url``.

    Without ``kinds`` there are the usual ones. ``plain_hosts`` (host or host:port) may be spoken to
    without TLS. Raises ValueError with a sentence for the operator.
    """
    if not url:
        return None
    system, address = _address(url, plain_hosts)
    if not _KEY.fullmatch(key):
        raise ValueError("PRODUCTVIZ_REMOTE_ENGINE_KEY holds a space or a letter no key has")
    if not model or not licence:
        raise ValueError(
            "PRODUCTVIZ_REMOTE_MODEL and PRODUCTVIZ_REMOTE_MODEL_LICENCE must name the model that"
            " PRODUCTVIZ_REMOTE_ENGINE runs and its licence: both stand in every image's manifest"
        )
    _check_kinds(system, kinds)
    if workflows is not None and not workflows.is_dir():
        raise ValueError(f"PRODUCTVIZ_REMOTE_WORKFLOWS names no folder: {workflows}")
    return RemoteEngine(
        system=system,
        url=address,
        model=model,
        licence=licence,
        kinds=frozenset(kinds or DEFAULT_KINDS),
        timeout=timeout,
        at_once=at_once,
        workflows=workflows,
        key=key,
    )


def _address(url: str, plain_hosts: Collection[str]) -> tuple[System, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(_LIKE) from None
    scheme = _SCHEME.fullmatch(parts.scheme)
    if scheme is None or not host or parts.query or parts.fragment:
        raise ValueError(_LIKE)
    if parts.username is not None or parts.password is not None:
        raise ValueError("Put the key of PRODUCTVIZ_REMOTE_ENGINE in PRODUCTVIZ_REMOTE_ENGINE_KEY")
    if scheme[2] == "http" and not _names(host, port) & _lower(plain_hosts):
        raise ValueError(
            "PRODUCTVIZ_REMOTE_ENGINE without TLS would show keys and pictures to the network; use"
            f" https, or list {parts.netloc} in PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS if it is your own"
        )
    return cast("System", scheme[1]), _plain(parts, scheme[2])


def _names(host: str, port: int | None) -> set[str]:
    return {host, f"{host}:{port or 80}"}


def _lower(names: Collection[str]) -> set[str]:
    return {name.lower() for name in names}


def _plain(parts: SplitResult, scheme: str) -> str:
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _check_kinds(system: System, kinds: Collection[str]) -> None:
    unknown = sorted(set(kinds) - KINDS[system])
    if unknown:
        raise ValueError(
            f"PRODUCTVIZ_REMOTE_KINDS must be some of {', '.join(sorted(KINDS[system]))} for"
            f" {system}, not {', '.join(unknown)}"
        )
