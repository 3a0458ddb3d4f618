from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from generation.inference.engines.diffusion import files, registry
from generation.inference.engines.diffusion.files import FilesError, require_whole_weights, verify
from tests.diffusion.model_files import put_down, weights

MODEL = registry.load().model("sdxl-lightning")
UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put_down(MODEL, tmp_path)


def change_note(folder: Path, **changes: object) -> None:
    path = folder / files.NOTE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_it_finds_nothing_wrong_with_a_whole_model(folder: Path, tmp_path: Path) -> None:
    verify(MODEL, tmp_path)
    verify(MODEL, tmp_path, whole=True)
    assert (folder / UNET).exists()


def test_it_keeps_files_without_the_variant_in_their_names(folder: Path) -> None:
    assert list(folder.rglob("*.fp16.*")) == []


def test_it_says_that_a_model_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match=r"not there\. On .* `manage.py fetch_model sdxl-") as it:
        verify(MODEL, tmp_path)
    assert it.value.code == "model_unavailable"


def test_it_says_that_a_file_is_missing(folder: Path, tmp_path: Path) -> None:
    (folder / UNET).unlink()
    with pytest.raises(
        FilesError, match=rf"^{UNET} of sdxl-lightning is missing\. Run `manage.py fetch_model"
    ):
        verify(MODEL, tmp_path)


def test_it_finds_a_truncated_file_by_its_size(folder: Path, tmp_path: Path) -> None:
    (folder / UNET).write_bytes(weights()[:-9])
    with pytest.raises(
        FilesError, match=rf"^{UNET} of sdxl-lightning is truncated or changed: \d+ bytes, not \d+"
    ):
        verify(MODEL, tmp_path)


def test_it_finds_damage_of_the_same_size_when_it_reads_every_byte(
    folder: Path, tmp_path: Path
) -> None:
    path = folder / UNET
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    verify(MODEL, tmp_path)
    with pytest.raises(FilesError, match=rf"^{UNET} of sdxl-lightning is damaged"):
        verify(MODEL, tmp_path, whole=True)


def test_it_finds_another_revision(folder: Path, tmp_path: Path) -> None:
    note = json.loads((folder / files.NOTE).read_text())
    note["sources"]["lora"]["revision"] = "f" * 40
    change_note(folder, sources=note["sources"])
    with pytest.raises(FilesError, match="SDXL-Lightning at revision ffffffffffff, and the regi"):
        verify(MODEL, tmp_path)


def test_it_finds_another_repository(folder: Path, tmp_path: Path) -> None:
    note = json.loads((folder / files.NOTE).read_text())
    del note["sources"]["vae_tiny"]
    change_note(folder, sources=note["sources"])
    with pytest.raises(FilesError, match="lacks madebyollin/taesdxl"):
        verify(MODEL, tmp_path)


def test_it_wants_every_licence_accepted(tmp_path: Path) -> None:
    put_down(MODEL, tmp_path, accepted=("CreativeML Open RAIL++-M",))
    with pytest.raises(FilesError, match=r"licence MIT of .* is not accepted.*--accept-licence"):
        verify(MODEL, tmp_path)


def test_it_wants_a_file_for_every_pattern(folder: Path, tmp_path: Path) -> None:
    note = json.loads((folder / files.NOTE).read_text())
    change_note(folder, files=[kept for kept in note["files"] if kept["path"] != UNET])
    with pytest.raises(FilesError, match=r"lacks unet/diffusion_pytorch_model.fp16.safetensors"):
        verify(MODEL, tmp_path)


@pytest.mark.parametrize("path", ["../../settings.json", "/etc/passwd.json", "unet/model.bin"])
def test_it_takes_no_file_from_elsewhere_or_of_another_kind(
    folder: Path, tmp_path: Path, path: str
) -> None:
    note = json.loads((folder / files.NOTE).read_text())
    change_note(folder, files=[*note["files"], {"path": path, "size": 1, "sha256": "0" * 64}])
    with pytest.raises(FilesError, match=f"^{path} of sdxl-lightning may not be part of a model"):
        verify(MODEL, tmp_path)


def test_it_says_that_a_note_cannot_be_read(folder: Path, tmp_path: Path) -> None:
    (folder / files.NOTE).write_text("{")
    with pytest.raises(FilesError, match=r"model.json cannot be read\. Run"):
        verify(MODEL, tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (weights()[:-1], "is truncated: 133 bytes, and its header speaks of 134"),
        (weights() + b"\0", "is truncated"),
        (weights()[:30], "no safetensors file, or only the start of one"),
        (b"", "no safetensors file"),
        (b"PK\x03\x04" + bytes(100), "no safetensors file"),
        (b"\x80\x02}q\x00." + bytes(100), "no safetensors file"),
        ((9).to_bytes(8, "little") + b'{"a": []}', "no safetensors file"),
    ],
)
def test_it_reads_how_long_a_weight_file_should_be(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(FilesError, match=sentence):
        require_whole_weights(path)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that were opened by their path, in order."""
    names: list[str] = []
    real = Path.open

    def spy(path: Path, *arguments: Any, **options: Any) -> Any:
        names.append(path.name)
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", spy)
    return names


def test_it_opens_no_file_again_that_is_as_it_was(
    folder: Path, tmp_path: Path, opened: list[str]
) -> None:
    verify(MODEL, tmp_path)
    assert any(name.endswith(".safetensors") for name in opened)
    opened.clear()

    verify(MODEL, tmp_path)
    files.pinned(MODEL, tmp_path)

    assert opened == []


def test_it_notices_another_head_in_a_file_of_the_same_size(folder: Path, tmp_path: Path) -> None:
    verify(MODEL, tmp_path)
    path = folder / UNET
    path.write_bytes(bytes(len(weights())))
    os.utime(path, ns=(0, 1))  # whatever the clock of the disk can tell apart

    with pytest.raises(FilesError, match="no safetensors file"):
        verify(MODEL, tmp_path)


def test_it_names_the_pickled_file_that_it_does_not_take() -> None:
    paths = [pattern.replace("*", "x.json") for pattern in MODEL.files]
    paths.remove("unet/diffusion_pytorch_model.fp16.safetensors")
    with pytest.raises(FilesError, match=r"has unet/model\.bin and no .* can run code"):
        files.wanted(MODEL, [*paths, "unet/model.bin"])


def test_it_leaves_what_a_model_does_not_need() -> None:
    paths = [pattern.replace("*", "x.json") for pattern in MODEL.files]
    more = ["README.md", "tokenizer/x.bin", "tokenizer/../up.json", "unet/model.ckpt"]
    assert files.wanted(MODEL, [*paths, *more]) == paths
