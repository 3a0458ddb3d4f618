"""The stage's one door: every file of a preset, made from the full canvas, with its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from PIL import Image

from generation.channels import ChannelRule, rendition_name, rule_for
from generation.provenance.content_credentials import ROOM, Claim, Identity, sign
from generation.provenance.xmp import xmp_packet
from generation.spec import Output, PresetSpec
from generation.types import EncodedFile, Finished, Refusal, Rendered

from .channel_files import Framed, Master, channel_rendition
from .encode import encode
from .provenance import build_manifest, claim_of, digital_source_type, require_facts, with_files

# A file this much under a channel's limit passes too where the channel counts MB as 10^6 bytes.
_BYTES_SHARE = 0.95


def finish(
    rendered: Rendered,
    spec: PresetSpec,
    facts: Mapping[str, Any],
    *,
    identity: Identity | None = None,
    today: date | None = None,
) -> Finished:
    """Encode a rendered canvas into the preset's files, and one for each channel that takes it.

    ``facts`` are those of `build_manifest`. The main file has the canvas's own pixels; the
    others are resized from it. With an ``identity`` every file is signed, and no two calls give
    the same bytes. ``today`` chooses among channel rules. Raises `ValueError` where the canvas is
    not main's size.
    """
    height, width = rendered.rgba.shape[:2]
    if (width, height) != (spec.main.width, spec.main.height):
        raise ValueError(
            f"The canvas is {width} x {height}, the preset asks for "
            f"{spec.main.width} x {spec.main.height}; render it again with this preset."
        )
    require_facts(facts)
    source_type = digital_source_type(spec, captures=len(rendered.placed))
    press = _Press(source_type, claim_of(rendered, spec, facts, source_type), identity)
    canvas = _canvas(rendered, spec)
    files = [press.file(_resized(canvas, output), output) for output in spec.outputs]
    master = Master(canvas, rendered.product, spec, source_type)
    made = list(_for_channels(master, press, today or datetime.now(UTC).date()))
    files += [one for one in made if isinstance(one, EncodedFile)]
    refusals = tuple(one for one in made if isinstance(one, Refusal))
    manifest = build_manifest(rendered, spec, facts, claim=press.claim, identity=identity)
    return Finished(tuple(files), with_files(manifest, files, refusals), refusals)


@dataclass(slots=True)
class _Press:
    """What every file gets beside its pixels: the packet, and a signature where there is a key.

    Channels that ask for one and the same picture get one and the same file.
    """

    source_type: str
    claim: Claim
    identity: Identity | None
    _made: dict[tuple[object, ...], EncodedFile] = field(default_factory=dict)

    def file(self, image: Image.Image, output: Output) -> EncodedFile:
        """Encode, mark and sign one file of the preset."""
        return self._file(image, output, self.source_type)

    def channel_file(self, framed: Framed, output: Output, marking: str) -> EncodedFile:
        """Encode, mark and sign one channel's file; ``marking`` is the XMP value it wants."""
        window = astuple(framed.window)
        key = (window, framed.image.size, output.format, output.quality, marking)
        like = self._made.get(key)
        if like is None or (output.max_bytes is not None and len(like.data) > output.max_bytes):
            like = replace(self._file(framed.image, output, marking), window=window)
            self._made[key] = like
        return replace(like, name=output.name)

    def _file(self, image: Image.Image, output: Output, marking: str) -> EncodedFile:
        data = encode(image, self._leave_room(output), xmp=xmp_packet(marking))
        if self.identity is not None:
            data = sign(data, output.format, claim=self.claim, identity=self.identity)
        return EncodedFile(
            name=output.name,
            format=output.format,
            width=output.width,
            height=output.height,
            data=data,
            sha256=hashlib.sha256(data).hexdigest(),
        )

    def _leave_room(self, output: Output) -> Output:
        if self.identity is None or output.max_bytes is None:
            return output
        return output.model_copy(update={"max_bytes": output.max_bytes - ROOM})


def _for_channels(master: Master, press: _Press, today: date) -> Iterator[EncodedFile | Refusal]:
    for channel in master.spec.channels:
        rule = rule_for(channel, today)
        framed = channel_rendition(master, channel, rule)
        if isinstance(framed, Refusal):
            yield framed
            continue
        output = _channel_output(framed, channel, rule, quality=master.spec.main.quality)
        marking = rule.marking_for(master.source_type)
        yield press.channel_file(framed, output, marking)


def _channel_output(framed: Framed, channel: str, rule: ChannelRule, *, quality: int) -> Output:
    width, height = framed.image.size
    limit = rule.max_bytes
    return Output.model_construct(
        name=rendition_name(channel),
        width=width,
        height=height,
        format=rule.file_format(transparent=framed.image.mode == "RGBA"),
        quality=quality,
        max_bytes=None if limit is None else int(limit * _BYTES_SHARE),
    )


def _canvas(rendered: Rendered, spec: PresetSpec) -> Image.Image:
    if spec.is_transparent:
        return Image.fromarray(rendered.rgba)
    return Image.fromarray(np.ascontiguousarray(rendered.rgba[..., :3]))


def _resized(canvas: Image.Image, output: Output) -> Image.Image:
    size = (output.width, output.height)
    # Bicubic for the reason given in imaging.geometry: no ring around the product.
    return canvas if canvas.size == size else canvas.resize(size, Image.Resampling.BICUBIC)
