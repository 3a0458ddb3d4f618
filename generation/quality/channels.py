"""Does each channel's file obey the channel's rule of the day? One check a channel.

The picture itself is not judged by these: a channel that refuses it gets no file, and the rest
goes on. Rules about content that pixels cannot show (props, models, overlays) are not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date

import numpy as np
from PIL import Image

from generation.channels import ChannelRule, Part, rendition_name, rule_for
from generation.imaging.framing import draw, fill_of
from generation.imaging.geometry import Box, product_box
from generation.imaging.metrics import dilated
from generation.spec import PresetSpec
from generation.types import Check, EncodedFile, Finished, Pixels, Refusal, Rendered, Verdict

from .evidence import Decoded, decode
from .likeness import is_alike

CHANNEL = "channel:"
# Encoders ring within their blocks around an edge; one step away from white is theirs too.
_RINGING = 16
_NEARLY_WHITE = 254
_WHITE_SHARE = 0.999
_BORDER = 0.02
_SYNTHETIC = "/compositeSynthetic"


def check_channels(
    finished: Finished, rendered: Rendered, spec: PresetSpec, today: date
) -> Iterator[Check]:
    """Judge every channel's file by the rule that holds ``today``, or repeat why there is none."""
    refusals = {refusal.channel: refusal for refusal in finished.refusals}
    files = {file.name: file for file in finished.files}
    source_type = str(finished.manifest["digital_source_type"])
    opened: dict[str, _Opened | None] = {}
    for channel in spec.channels:
        refusal = refusals.get(channel)
        if refusal is not None:
            yield _check(channel, Verdict.REJECT, [refusal.message])
            continue
        file, rule = files[rendition_name(channel)], rule_for(channel, today)
        # Channels with the same frame share one file.
        if file.sha256 not in opened:
            opened[file.sha256] = _open(file, rendered)
        found = opened[file.sha256]
        if found is None:
            yield _check(channel, Verdict.REJECT, [f"The file for {rule.title} is damaged."])
        else:
            yield _judge(channel, _Seen(rule, file, found, source_type))


def without_refused(finished: Finished, checks: tuple[Check, ...], today: date) -> Finished:
    """Leave the files out that broke their channel's rule; the refusal takes their place."""
    known = {refusal.channel for refusal in finished.refusals}
    new = tuple(
        _refusal(check, today)
        for check in checks
        if check.name.startswith(CHANNEL)
        and check.verdict is Verdict.REJECT
        and check.name.removeprefix(CHANNEL) not in known
    )
    if not new:
        return finished
    gone = {rendition_name(refusal.channel) for refusal in new}
    refusals = finished.refusals + new
    manifest = {
        **finished.manifest,
        "files": [one for one in finished.manifest["files"] if one["name"] not in gone],
        "refusals": [asdict(refusal) for refusal in refusals],
    }
    files = tuple(file for file in finished.files if file.name not in gone)
    return replace(finished, files=files, manifest=manifest, refusals=refusals)


def _refusal(check: Check, today: date) -> Refusal:
    channel = check.name.removeprefix(CHANNEL)
    return Refusal(channel, "file", check.message, rule_for(channel, today).sources[0].at)


def _check(channel: str, verdict: Verdict, sentences: list[str]) -> Check:
    return Check(
        name=f"{CHANNEL}{channel}",
        value=0.0 if verdict is Verdict.PASS else float(len(sentences)),
        threshold=0.0,
        verdict=verdict,
        message=" ".join(sentences),
        counts=False,
    )


def _judge(channel: str, seen: _Seen) -> Check:
    rule, file = seen.rule, seen.file
    faults = [(rule.severity_of(part), sentence) for part, sentence in seen.faults()]
    refused = [sentence for severity, sentence in faults if severity == "reject"]
    if refused:
        return _check(channel, Verdict.REJECT, refused)
    doubts = [sentence for severity, sentence in faults if severity == "warn"]
    if doubts:
        return _check(channel, Verdict.REVIEW, doubts)
    size = f"{file.width} x {file.height}"
    ready = f"{rule.title}: ready, {size} {file.format}, {len(file.data) // 1024} KB."
    return _check(channel, Verdict.PASS, [ready, *(sentence for _, sentence in faults)])


@dataclass(frozen=True, slots=True)
class _Opened:
    """A channel's file as a buyer sees it, the products' alpha in its frame (uint8 H x W), and
    whether it shows them as the canvas does."""

    decoded: Decoded
    product: Pixels
    is_alike: bool


def _open(file: EncodedFile, rendered: Rendered) -> _Opened | None:
    decoded = decode(file)
    if decoded is None:
        return None
    product = _framed(rendered.product, file)
    # The canvas's colours are right wherever the product is opaque, on any ground.
    wanted = _framed(np.ascontiguousarray(rendered.rgba[..., :3]), file)
    same = decoded.pixels.shape[:2] == product.shape
    return _Opened(decoded, product, same and is_alike(decoded.pixels[..., :3], wanted, product))


def _framed(pixels: Pixels, file: EncodedFile) -> Pixels:
    height, width = pixels.shape[:2]
    left, top, right, bottom = file.window or (0, 0, width, height)
    frame = Box(left, top, right, bottom)
    return np.asarray(draw(Image.fromarray(pixels), frame, (file.width, file.height)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """One channel's file beside its rule."""

    rule: ChannelRule
    file: EncodedFile
    found: _Opened
    source_type: str

    def faults(self) -> Iterator[tuple[Part, str]]:
        """Each part of the rule that the file does not keep, with its sentence."""
        yield from self._of_the_file()
        yield from self._of_the_size()
        yield from self._of_the_picture()

    def _of_the_file(self) -> Iterator[tuple[Part, str]]:
        rule, data = self.rule, self.file.data
        kind = self.found.decoded.format
        if kind not in rule.formats or kind in rule.refused_formats:
            yield "format", f"{rule.title} does not take {kind} files."
        if rule.max_bytes is not None and len(data) > rule.max_bytes:
            limit = rule.max_bytes // 1024
            yield (
                "bytes",
                f"{rule.title} takes files up to {limit} KB; this has {len(data) // 1024}.",
            )
        if rule.marking_for(self.source_type).encode() not in data:
            yield "marking", f"The file for {rule.title} does not say how it was made."
        if rule.photographs_only and self.source_type.endswith(_SYNTHETIC):
            yield (
                "photograph",
                f"{rule.title} asks for photographs and may refuse this one: its setting is a"
                " rendering.",
            )

    def _of_the_size(self) -> Iterator[tuple[Part, str]]:
        rule = self.rule
        height, width = self.found.decoded.pixels.shape[:2]
        size = f"{width} x {height} pixels"
        if not rule.smallest.has(width, height):
            yield "smallest", f"{rule.title} asks for at least {rule.smallest}; this has {size}."
        if not rule.largest.has(width, height):
            yield "largest", f"{rule.title} does not take {size}; that is too large."
        if rule.required_aspect is not None and width != height:
            yield "aspect", f"{rule.title} takes square pictures only; this has {size}."
        if rule.warn_below is not None and not _has(width, height, rule.warn_below):
            least = f"{rule.warn_below[0]} x {rule.warn_below[1]} pixels"
            yield "warn_below", f"{rule.title} warns below {least}; this has {size}."
        if rule.zoom_from is not None and max(width, height) < rule.zoom_from:
            yield "zoom", f"Buyers can zoom from {rule.zoom_from} pixels on."

    def _of_the_picture(self) -> Iterator[tuple[Part, str]]:
        rule, product = self.rule, self.found.product
        height, width = product.shape
        if rule.fill is not None:
            low, high = rule.fill
            fill = fill_of(product_box(product), Box(0, 0, width, height))
            # A pixel of resampled edge on either side is not the merchant's to answer for.
            slack = 2 / max(width, height)
            if not low - slack <= fill <= high + slack:
                yield (
                    "fill",
                    (
                        f"{rule.title} asks for a product that fills {low:.0%} to {high:.0%} of the"
                        f" picture; it fills {fill:.0%}."
                    ),
                )
        if not self.found.is_alike:
            yield "likeness", f"The file for {rule.title} does not show the product faithfully."
        if rule.ground in ("white", "white_or_transparent") and not self._is_on_white(product):
            yield "ground", f"{rule.title} asks for a white background; this picture has another."

    def _is_on_white(self, product: Pixels) -> bool:
        """Whether all around the product is white, or, where a shadow is no fault, the border."""
        if self.rule.severity_of("ground") == "reject":
            around = ~dilated(product > 0, _RINGING)
        else:
            around = np.ones(product.shape, dtype=np.bool_)
            rim = max(1, round(_BORDER * min(product.shape)))
            around[rim:-rim, rim:-rim] = False
        pixels = self.found.decoded.pixels
        white = np.all(pixels[..., :3] >= _NEARLY_WHITE, axis=2)
        if pixels.shape[2] == 4:
            white |= pixels[..., 3] == 0
        return not around.any() or float(white[around].mean()) >= _WHITE_SHARE


def _has(width: int, height: int, least: tuple[int, int]) -> bool:
    return width >= least[0] and height >= least[1]
