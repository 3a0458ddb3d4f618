"""What the registry says of one diffusion model: a frozen value that contradicts itself nowhere."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic.dataclasses import dataclass

from generation.inference.engine import EngineUnavailable
from generation.spec import PAINTED_KINDS, LineUp
from generation.spec.parts import Frozen

PICKLED = frozenset({".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle"})
"""Ends of weight files that run code of their author's when they are loaded."""

Family = Literal["sdxl", "klein", "z_image", "qwen_edit", "upscaler", "checker"]
Switch = Literal[
    "cudnn_attention", "channels_last", "compile", "fp8", "tiled_decode", "embedding_cache"
]
Dtype = Literal["bf16", "fp16", "fp32"]
Commit = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40})?$")]
HubId = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]*/\w[\w.-]*$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]
Variant = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
Bytes = Annotated[int, Field(gt=0)]
Side = Annotated[int, Field(ge=64, le=4096, multiple_of=16)]
LINE_UPS: tuple[LineUp, ...] = get_args(LineUp)
PAIRS = tuple(f"{kind}/{line_up}" for kind in sorted(PAINTED_KINDS) for line_up in LINE_UPS)


class RegistryError(EngineUnavailable):
    """The registry cannot be read, or knows no such model; the message says what to change."""


class Licence(Frozen):
    """Under what terms files may be used; ``conditions`` is yes, within the licence's limits."""

    licence: str
    licence_url: str
    commercial: Literal["yes", "conditions", "no"]


class Source(Licence):
    """Files in a repository of the hub. ``files`` are patterns; an empty revision is not pinned."""

    hub_id: HubId
    revision: Commit = ""
    files: Annotated[tuple[str, ...], Field(min_length=1)]

    @field_validator("files")
    @classmethod
    def refuse_pickles(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        """Pickled weights run code when they are loaded; they are never fetched."""
        for name in files:
            if Path(name).suffix in PICKLED:
                raise ValueError(f"{name} is a pickled file, which can run code; name safetensors.")
            if name.startswith("/") or ".." in name.split("/"):
                raise ValueError(f"{name} leads out of the repository.")
        return files


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Bucket:
    """A picture size in pixels that a model paints, and how many fit one go."""

    width: Side
    height: Side
    batch: Annotated[int, Field(ge=1, le=64)]


class Model(Source):
    """One model; the head of models.toml says what each field is."""

    name: Name
    title: str
    family: Family
    variant: Variant | None = None
    download: Bytes
    parameters: Annotated[int, Field(gt=0)]
    memory: dict[Dtype, Bytes]
    dtype: Dtype
    steps: Annotated[int, Field(ge=1, le=200)]
    guidance: Annotated[float, Field(ge=1.0, le=30.0)] = 1.0
    scheduler: Literal["own", "euler_trailing"] = "own"
    text_pad: Annotated[int, Field(ge=0, le=4096)] = 0
    serves: tuple[str, ...] = ()
    buckets: dict[LineUp, tuple[Bucket, ...]] = {}
    beside: dict[Variant, Source] = {}
    lora: str = ""
    lora_scale: float = 1.0
    vae: Variant = "full"
    speed: tuple[Switch, ...] = ()

    @field_validator("buckets", mode="before")
    @classmethod
    def read_rows(cls, value: object) -> object:
        """Read ``[width, height, batch]`` as a bucket."""
        if not isinstance(value, dict):
            return value
        return {line_up: [_row(row) for row in rows] for line_up, rows in value.items()}

    @model_validator(mode="after")
    def refuse_contradictions(self) -> Self:
        """What one field promises, another must hold."""
        for pair in self.serves:
            if pair not in PAIRS:
                raise ValueError(f'serves: "{pair}" is none of {", ".join(PAIRS)}.')
            if not self.buckets.get(_line_up_of(pair)):
                raise ValueError(f'It serves "{pair}" and has no buckets.{_line_up_of(pair)}.')
        if self.dtype not in self.memory:
            raise ValueError(f"memory says nothing about {self.dtype}, its dtype.")
        if self.vae != "full" and f"vae_{self.vae}" not in self.beside:
            raise ValueError(f'vae: there is no folder "vae_{self.vae}" beside it.')
        if self.lora and not self._brings(self.lora):
            raise ValueError(f"lora: nothing beside it brings {self.lora}.")
        return self

    @property
    def sources(self) -> dict[str, Source]:
        """All that it is made of, by the folder below the model's own ("" is that folder)."""
        return {"": self, **self.beside}

    @property
    def licences(self) -> tuple[Licence, ...]:
        """Every licence that its files are under, each once by its name."""
        return tuple({source.licence: source for source in self.sources.values()}.values())

    @property
    def is_commercial(self) -> bool:
        """Whether all of it may be used for a shop's pictures."""
        return all(source.commercial != "no" for source in self.sources.values())

    @property
    def is_guided(self) -> bool:
        """Whether each step takes two passes, with and without the prompt."""
        return self.guidance > 1.0

    def buckets_for(self, line_up: LineUp) -> tuple[Bucket, ...]:
        """Its sizes at a line-up; RegistryError where it has none."""
        if not self.buckets.get(line_up):
            raise RegistryError(f"The model {self.name} has no sizes for “{line_up}”.")
        return self.buckets[line_up]

    def bucket_for(self, line_up: LineUp, *, width: int, height: int) -> Bucket:
        """The size whose shape is nearest to ``width`` x ``height``."""
        ratio = width / height

        def distance(bucket: Bucket) -> float:
            own = bucket.width / bucket.height
            return max(own, ratio) / min(own, ratio)

        return min(self.buckets_for(line_up), key=distance)

    @property
    def largest_batch(self) -> dict[str, int]:
        """How many pictures fit one go, by "WIDTHxHEIGHT"."""
        rows = [bucket for buckets in self.buckets.values() for bucket in buckets]
        return {f"{bucket.width}x{bucket.height}": bucket.batch for bucket in rows}

    def _brings(self, path: str) -> bool:
        folder, _, name = path.partition("/")
        source = self.beside.get(folder)
        return source is not None and any(fnmatchcase(name, wanted) for wanted in source.files)


def _row(row: object) -> object:
    if isinstance(row, list) and len(row) == 3:
        return dict(zip(("width", "height", "batch"), row, strict=True))
    return row


def _line_up_of(pair: str) -> LineUp:
    return next(line_up for line_up in LINE_UPS if pair.endswith(f"/{line_up}"))
