"""The locked promise over the whole demo catalog, read back from the encoded files.

Prints one JSON line: the lowest SSIM and the highest p95 CIEDE2000 inside the product, and
which pictures they were. Cut-outs are the true masks, so that only the studio is judged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from generation.imaging.foreground import estimate_colors, transfer_foreground
from generation.inference.render import render
from generation.postprocessing.finish import finish
from generation.preprocessing.decode import decode
from generation.quality.verify import verify
from generation.sizing import fit_to_source
from generation.spec import WHITE_BACKGROUND, PresetSpec, Scene
from generation.types import CutoutResult, Item, Prepared, Report
from tests.bench.cutouts import FACTS, MASKS, pictures

SPECS = {
    "white": WHITE_BACKGROUND,
    "scene": PresetSpec(kind="scene", scene=Scene(plate="podium")),
}


def known(photo: Path) -> Prepared:
    """The photograph with its true mask as the cut-out."""
    image = decode(photo.read_bytes())
    alpha = np.asarray(Image.open(MASKS / f"{photo.stem}.png").convert("L"))
    front, back = estimate_colors(image.rgb, alpha.astype(np.float32) / 255.0)
    cutout = CutoutResult(
        alpha=alpha,
        foreground=transfer_foreground(image.rgb, alpha, front, back),
        model="truth@1",
        confidence=1.0,
        agreement=1.0,
        coverage=float((alpha > 127).mean()),
        needs_review=False,
        reasons=(),
    )
    return Prepared((Item("0" * 64, image, cutout),))


def reports() -> Iterator[tuple[str, Report]]:
    """Every picture of the catalog in every preset, verified."""
    for photo in pictures():
        source = known(photo)
        for name, wanted in SPECS.items():
            spec = fit_to_source(wanted, source)
            rendered = render(source, spec, 0)
            yield (
                f"{photo.stem} {name}",
                verify(source, rendered, finish(rendered, spec, FACTS), spec),
            )


def main() -> None:
    """Measure."""
    figures = [
        (picture, {check.name: check.value for check in report.checks})
        for picture, report in reports()
    ]
    ssim = min((values["fidelity"], picture) for picture, values in figures)
    colour = max((values["colour"], picture) for picture, values in figures)
    result = {"ssim": ssim, "colour": colour, "pictures": len(figures)}
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main()
