"""The rules of every sales channel, with dates, severity, source and confidence.

The figures are data (``channel_rules.json``, compiled 2026-11-22) and checked when read. Making a
channel's file is post-processing's business, judging it is verification's; both ask here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

FileFormat = Literal["jpeg", "png", "webp"]
Severity = Literal["reject", "warn", "note"]
Part = Literal[
    "format", "bytes", "smallest", "warn_below", "largest", "zoom",
    "aspect", "fill", "ground", "photograph", "likeness", "ai", "marking",
]  # fmt: skip

# How hard a rule is where its source does not say: a stated limit is one, taste a warning, and
# what only makes a picture better a note.
_USUAL: dict[Part, Severity] = {
    "format": "reject",
    "bytes": "reject",
    "smallest": "reject",
    "largest": "reject",
    "aspect": "reject",
    "ai": "reject",
    "marking": "reject",
    "likeness": "reject",
    "zoom": "note",
}
# The formats that we write and a channel may take, the preferred one first.
_WRITTEN: tuple[FileFormat, ...] = ("jpeg", "png", "webp")
_TRAINED = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"})
_RULES_FILE = Path(__file__).with_name("channel_rules.json")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Smallest(_Frozen):
    """The least pixels that a channel takes; 1 where it names no limit."""

    width: int = Field(default=1, ge=1)
    height: int = Field(default=1, ge=1)
    longest: int = Field(default=1, ge=1)
    shortest: int = Field(default=1, ge=1)

    def has(self, width: int, height: int) -> bool:
        """Whether a picture of this size is large enough."""
        return (
            width >= self.width
            and height >= self.height
            and max(width, height) >= self.longest
            and min(width, height) >= self.shortest
        )

    def __str__(self) -> str:
        if self.longest > 1:
            return f"{self.longest} pixels on the longer side"
        if self.shortest > 1:
            return f"{self.shortest} pixels on the shorter side"
        return f"{self.width} x {self.height} pixels"


class Largest(_Frozen):
    """The most pixels that a channel takes; None where it names no limit."""

    width: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    longest: int | None = Field(default=None, ge=1)
    pixels: int | None = Field(default=None, ge=1)

    def has(self, width: int, height: int) -> bool:
        """Whether a picture of this size is small enough."""
        limits = (
            (self.width, width),
            (self.height, height),
            (self.longest, max(width, height)),
            (self.pixels, width * height),
        )
        return all(limit is None or size <= limit for limit, size in limits)


class AiRule(_Frozen):
    """What a channel says of pictures that a trained model made, or made a part of."""

    allowed: bool
    sentence: str = ""
    marking: Literal["required", "expected", "not_asked"]
    marking_value: str | None = None
    shown_to_buyers: bool = False


class Source(_Frozen):
    """Where a rule was read."""

    at: str = Field(min_length=4)
    kind: Literal["official", "third_party", "source_code", "recall_unverified"]


class ChannelRule(_Frozen):
    """One role of one channel on the days it holds. An absent figure means: no rule was found.

    ``shape`` "preset" keeps the preset's own shape within ``recommended`` (a shop's theme crops);
    "fixed" has the shape of ``recommended``.
    """

    id: str
    channels: tuple[str, ...] = Field(min_length=1)
    title: str
    valid_from: date = date.min
    valid_until: date = date.max
    formats: tuple[str, ...] = Field(min_length=1)
    refused_formats: tuple[str, ...] = ()
    smallest: Smallest = Smallest()
    warn_below: tuple[int, int] | None = None
    largest: Largest = Largest()
    zoom_from: int | None = None
    recommended: tuple[int, int]
    shape: Literal["preset", "fixed"]
    required_aspect: Literal["1:1"] | None = None
    max_bytes: int | None = None
    fill: tuple[float, float] | None = None
    ground: Literal["any", "white", "white_or_transparent", "plain_light", "unknown"]
    transparency: Literal["kept", "flattened"]
    ai: AiRule
    photographs_only: bool = False
    severity: dict[Part, Severity]
    confidence: Literal["high", "medium", "low"]
    sources: tuple[Source, ...] = Field(min_length=1)
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _explains_its_refusals(self) -> Self:
        if not self.ai.allowed and not self.ai.sentence:
            raise ValueError(f"{self.id} refuses AI images and needs the sentence that says so.")
        if self.required_aspect and self.recommended[0] != self.recommended[1]:
            raise ValueError(f"{self.id} asks for a square and recommends another shape.")
        return self

    def severity_of(self, part: Part) -> Severity:
        """How hard the channel is about one part of its rule."""
        return self.severity.get(part, _USUAL.get(part, "warn"))

    @property
    def aspect(self) -> float | None:
        """Width over height of the channel's file; None where the preset's shape is kept."""
        return None if self.shape == "preset" else self.recommended[0] / self.recommended[1]

    def file_format(self, *, transparent: bool) -> FileFormat:
        """The format to write: JPEG, or the first with transparency where that is kept."""
        taken = [one for one in _WRITTEN if one in self.formats]
        return next(one for one in taken if one != "jpeg") if transparent else taken[0]

    def marking_for(self, source_type: str) -> str:
        """The XMP value for a picture of this IPTC type: Google reads one of the AI values only."""
        if self.ai.marking_value is not None and is_ai(source_type):
            return self.ai.marking_value
        return source_type


def is_ai(source_type: str) -> bool:
    """Whether an IPTC digital source type says that a trained model made a part of the picture."""
    return source_type.rpartition("/")[2] in _TRAINED


def rendition_name(channel: str) -> str:
    """The name of the channel's file among a picture's renditions."""
    return channel.replace(".", "-")


@cache
def rules() -> tuple[ChannelRule, ...]:
    """Every rule; raises pydantic's `ValidationError` for a table that makes no sense."""
    return TypeAdapter(tuple[ChannelRule, ...]).validate_python(json.loads(_RULES_FILE.read_text()))


def rule_for(channel: str, today: date) -> ChannelRule:
    """Give the rule of a channel on a day; raises `KeyError` for a channel not in the table.

    Where several hold on that day (Google before 2027-01-31, with less for goods that are no
    clothing) the first, which is the strictest, serves all.
    """
    for rule in rules():
        if channel in rule.channels and rule.valid_from <= today <= rule.valid_until:
            return rule
    raise KeyError(f"No rules are known for the channel {channel}.")


def digest_for(channels: Sequence[str], today: date) -> str:
    """Give the SHA-256 of the rules that hold on a day: a picture made under others is another."""
    texts = [rule_for(channel, today).model_dump_json() for channel in channels]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def own_shop_rendition(platform: str) -> str:
    """The name of the file that a preset makes for the merchant's own shop on a platform."""
    return rendition_name(f"{platform}.product")
