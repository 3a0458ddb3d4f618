"""Our cut-out and packshot against rembg: same network, same pictures, same core, same run.

Prints one JSON line: seconds an image and the mean edge error of both.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / "var" / "bench-rembg"
PEER_VERSION = "2.0.86"
PHOTOS = ROOT / "integrations" / "sandbox" / "catalog" / "photos"
MASKS = ROOT / "tests" / "data" / "demo_masks"
NETWORK = "u2netp"
FACTS = {"sources": ["0" * 64], "cutout_model": "u2netp@1", "cutout_licence": "Apache-2.0"}


def pictures() -> list[Path]:
    """The catalog's photographs that have a true mask of their size."""
    return [path for path in sorted(PHOTOS.glob("*.jpg")) if (MASKS / f"{path.stem}.png").exists()]


def peer_python() -> Path:
    """The interpreter of the peer's environment, made on first use."""
    python = PEER / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEER)], check=True)
        wanted = f"rembg[cpu]=={PEER_VERSION}"
        subprocess.run([python, "-m", "pip", "install", "-q", wanted], check=True)
    return python


def peer(photos: list[Path], out: Path) -> dict[str, float]:
    """Seconds an image of rembg; its alphas are left in ``out``."""
    from django.conf import settings

    command = [str(peer_python()), str(Path(__file__).parent / "rembg_peer.py"), NETWORK, str(out)]
    environment = {**os.environ, "U2NET_HOME": str(settings.MODEL_DIR), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *map(str, photos)], env=environment, capture_output=True, text=True, check=True
    )
    got: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return got


def ours(photos: list[Path], out: Path) -> float:
    """Seconds an image from the photo's bytes to finished packshot files."""
    from generation.inference.render import render
    from generation.postprocessing.finish import finish
    from generation.preprocessing.cutout import cut_out
    from generation.preprocessing.decode import decode
    from generation.spec import WHITE_BACKGROUND
    from generation.types import Item, Prepared

    alphas = {}

    def make(photo: Path) -> None:
        image = decode(photo.read_bytes())
        cutout = cut_out(image, networks=(NETWORK,))
        rendered = render(Prepared((Item("0" * 64, image, cutout),)), WHITE_BACKGROUND, 0)
        finish(rendered, WHITE_BACKGROUND, FACTS)
        alphas[photo.stem] = cutout.alpha

    seconds = _mean_seconds(make, photos)
    for name, alpha in alphas.items():
        Image.fromarray(alpha).save(out / f"{name}-ours.png")
    return seconds


def _mean_seconds(make: Callable[[Path], None], photos: list[Path]) -> float:
    make(photos[0])
    started = time.perf_counter()
    for photo in photos:
        make(photo)
    return (time.perf_counter() - started) / len(photos)


def edge_error(photos: list[Path], out: Path, mode: str) -> float:
    """The mean error of alpha in the band around the true edge, over the pictures."""
    from generation.imaging.mask_scores import score_mask

    scores = []
    for photo in photos:
        truth = np.asarray(Image.open(MASKS / f"{photo.stem}.png").convert("L"))
        found = np.asarray(Image.open(out / f"{photo.stem}-{mode}.png").convert("L"))
        if found.shape == truth.shape:
            scores.append(score_mask(found, truth).edge_mae)
    return statistics.mean(scores)


def main() -> None:
    """Measure both in turn."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "productviz.settings")
    django.setup()
    photos = pictures()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        theirs = peer(photos, out)
        seconds = {**theirs, "ours": ours(photos, out)}
        edges = {mode: edge_error(photos, out, mode) for mode in seconds}
    print(json.dumps({"seconds": seconds, "edges": edges, "pictures": len(photos)}))  # noqa: T201


if __name__ == "__main__":
    main()
