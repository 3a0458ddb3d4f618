"""The stage's one door: every output of a preset, made from the full canvas, with its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from generation.spec import Output, PresetSpec
from generation.types import EncodedFile, Finished, Rendered

from .encode import encode
from .provenance import build_manifest, digital_source_type, xmp_packet


def finish(rendered: Rendered, spec: PresetSpec, facts: Mapping[str, Any]) -> Finished:
    """Encode a rendered canvas into the preset's files.

    ``facts`` are those of `build_manifest`. The main file has the canvas's own pixels; the
    others are resized from it. Raises `ValueError` where the canvas is not main's size.
    """
    height, width = rendered.rgba.shape[:2]
    if (width, height) != (spec.main.width, spec.main.height):
        raise ValueError(
            f"The canvas is {width} x {height}, the preset asks for "
            f"{spec.main.width} x {spec.main.height}; render it again with this preset."
        )
    canvas = _canvas(rendered, spec)
    xmp = xmp_packet(digital_source_type(spec))
    files = tuple(_file(canvas, output, xmp) for output in spec.outputs)
    return Finished(files=files, manifest=build_manifest(rendered, spec, files, facts))


def _canvas(rendered: Rendered, spec: PresetSpec) -> Image.Image:
    if spec.background.rgb is None:
        return Image.fromarray(rendered.rgba)
    return Image.fromarray(np.ascontiguousarray(rendered.rgba[..., :3]))


def _file(canvas: Image.Image, output: Output, xmp: bytes) -> EncodedFile:
    size = (output.width, output.height)
    # Bicubic for the reason given in imaging.geometry: no ring around the product.
    image = canvas if canvas.size == size else canvas.resize(size, Image.Resampling.BICUBIC)
    data = encode(image, output, xmp=xmp)
    return EncodedFile(
        name=output.name,
        format=output.format,
        width=output.width,
        height=output.height,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
    )
