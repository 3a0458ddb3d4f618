"""What a preset version asks for, whole, as a frozen value.

Everything that can be wrong with a preset is refused here, when it is saved; rendering never
has to ask again. Which engine runs it, and who may use it, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

from pydantic import ValidationError, field_validator, model_validator

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
    refuse_foreign_parts,
    refuse_opaque_formats,
    refuse_repeated_channels,
    refuse_wrong_outputs,
)

# PHP takes uploads of at most 2 MB until an operator raises it (php.ini, upload_max_filesize);
# few pictures of 2000 px need more at full quality, and those are encoded a little lower.
_MAIN_JPEG = Output(name=MAIN, width=2000, height=2000, max_bytes=2_000_000)
_THUMBNAIL_JPEG = Output(name="thumbnail", width=400, height=400, quality=85)


class SpecError(ValueError):
    """A preset that cannot be rendered; ``problems`` pairs each field's path with a sentence."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(f"{path}: {said}" if path else said for path, said in problems))


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
    composition: Composition = Composition()
    outputs: tuple[Output, ...] = (_MAIN_JPEG, _THUMBNAIL_JPEG)
    channels: tuple[Channel, ...] = ()

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
        if self.scene is None and self.background.type == "transparent":
            refuse_opaque_formats(self.outputs)
        return self

    @property
    def main(self) -> Output:
        """The output whose size is the canvas."""
        return self.outputs[0]

    @property
    def is_transparent(self) -> bool:
        """Whether the picture has no ground."""
        return self.scene is None and self.background.type == "transparent"

    def digest(self) -> str:
        """Give the SHA-256 of the canonical JSON: the preset's part of a cache key.

        What is not asked for is left out, so that a new optional part changes no old key.
        """
        facts = self.model_dump(mode="json", exclude_none=True)
        canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def parse_spec(data: Mapping[str, Any]) -> PresetSpec:
    """Read a spec from plain JSON values.

    Raises `SpecError` with one sentence for every field that is wrong.
    """
    try:
        return PresetSpec.model_validate(dict(data))
    except ValidationError as error:
        problems = tuple(
            (".".join(str(part) for part in found["loc"]), _sentence(found["msg"]))
            for found in error.errors(include_url=False)
        )
        raise SpecError(problems) from error


def _sentence(message: str) -> str:
    plain = message.removeprefix("Value error, ")
    return plain if plain.endswith(".") else f"{plain}."
