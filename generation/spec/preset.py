"""What a preset version asks for, whole, as a frozen value.

Everything that can be wrong with a preset is refused here, when it is saved; rendering never
has to ask again. Which engine runs it, and who may use it, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import PrivateAttr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from .painting import Painting
from .parts import (
    MAIN,
    Arrangement,
    Background,
    Channel,
    Composition,
    Frozen,
    Kind,
    Output,
    Scene,
    Shadow,
)
from .rules import (
    PAINTED_KINDS,
    refuse_foreign_parts,
    refuse_opaque_formats,
    refuse_repeated_channels,
    refuse_wrong_outputs,
    refuse_wrong_painting,
)

# PHP takes uploads of at most 2 MB until an operator raises it (php.ini, upload_max_filesize);
# few pictures of 2000 px need more at full quality, and those are encoded a little lower.
_MAIN_JPEG = Output(name=MAIN, width=2000, height=2000, max_bytes=2_000_000)
_THUMBNAIL_JPEG = Output(name="thumbnail", width=400, height=400, quality=85)


# What pydantic calls a fault, in the API's words; anything else is "invalid".
_CODES = {
    "extra_forbidden": "unknown_field",
    "missing": "required",
    "literal_error": "not_one_of",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "string_pattern_mismatch": "malformed",
    "string_too_long": "too_long",
}
_BOUNDS = {"ge": "min", "le": "max", "max_length": "max"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong field: where it is, a code for programs, a sentence, and the bound it broke."""

    path: tuple[str | int, ...]
    code: str
    message: str
    bounds: Mapping[str, float] = field(default_factory=dict)


class SpecError(ValueError):
    """A preset that cannot be rendered; ``problems`` pairs each field's path with a sentence."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        self.problems = tuple(
            (".".join(str(part) for part in fault.path), fault.message) for fault in faults
        )
        told = (f"{path}: {said}" if path else said for path, said in self.problems)
        super().__init__(" ".join(told))


class PresetSpec(Frozen):
    """The whole recipe of a picture. Immutable; equal specs have equal digests.

    ``channels`` lists the sales channels that get a file of their own, made from the main one
    and checked by the channel's rules.
    """

    kind: Kind = "packshot"
    background: Background = Background()
    shadow: Shadow = Shadow()
    scene: Scene | None = None
    arrangement: Arrangement | None = None
    painting: Painting | None = None
    composition: Composition = Composition()
    outputs: tuple[Output, ...] = (_MAIN_JPEG, _THUMBNAIL_JPEG)
    channels: tuple[Channel, ...] = ()
    _is_test: bool = PrivateAttr(default=False)

    @field_validator("outputs")
    @classmethod
    def _start_with_main(cls, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
        refuse_wrong_outputs(outputs)
        return outputs

    @field_validator("channels")
    @classmethod
    def _once_each(cls, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        refuse_repeated_channels(channels)
        return channels

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse_foreign_parts(self.kind, scene=self.scene, arrangement=self.arrangement)
        refuse_wrong_painting(self.kind, self.painting)
        if self.is_transparent:
            refuse_opaque_formats(self.outputs)
        return self

    @property
    def main(self) -> Output:
        """The output whose size is the canvas."""
        return self.outputs[0]

    @property
    def has_plain_ground(self) -> bool:
        """Whether the ground is the preset's background; elsewhere it is a plate's, or painted."""
        return self.scene is None and self.kind not in PAINTED_KINDS

    @property
    def is_transparent(self) -> bool:
        """Whether the picture has no ground."""
        return self.has_plain_ground and self.background.type == "transparent"

    @property
    def is_test(self) -> bool:
        """Whether a test key asks: every file is marked, and none answers for a real one."""
        return self._is_test

    def for_test(self) -> PresetSpec:
        """The same recipe as a test key asks for it; no JSON can say that of itself."""
        spec = self.model_copy()
        spec._is_test = True
        return spec

    def digest(self) -> str:
        """Give the SHA-256 of the canonical JSON: the preset's part of a cache key.

        What is not asked for is left out, so that a new optional part changes no old key.
        """
        facts = self.model_dump(mode="json", exclude_none=True)
        if self.is_test:
            facts["test"] = True
        canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def parse_spec(data: Mapping[str, Any], *, strict: bool = False) -> PresetSpec:
    """Read a spec from plain JSON values; ``strict`` takes "400" for no number.

    Raises `SpecError` with one sentence for every field that is wrong.
    """
    try:
        if strict:
            return PresetSpec.model_validate_json(json.dumps(dict(data)), strict=True)
        return PresetSpec.model_validate(dict(data))
    except ValidationError as error:
        raise SpecError([_fault(one) for one in error.errors(include_url=False)]) from error


def _fault(found: ErrorDetails) -> Fault:
    bounds = {
        _BOUNDS[name]: bound for name, bound in found.get("ctx", {}).items() if name in _BOUNDS
    }
    code = _CODES.get(found["type"], "invalid")
    return Fault(found["loc"], code, _sentence(found["msg"]), bounds)


def _sentence(message: str) -> str:
    plain = message.removeprefix("Value error, ")
    return plain if plain.endswith(".") else f"{plain}."
