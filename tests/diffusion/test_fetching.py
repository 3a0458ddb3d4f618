from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from generation.inference.engines.diffusion import fetching, files, hub, registry
from generation.inference.engines.diffusion.files import FilesError, folder_of, verify
from generation.inference.engines.diffusion.hub import Hub
from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.targets import VERSION, target_for
from generation.spec import PresetSpec
from tests.diffusion.hub_server import HubServer, running
from tests.diffusion.model_files import REVISION, content_of, paths_of, weights

MODEL = registry.load().model("sdxl-lightning")
UNET = "unet/diffusion_pytorch_model.fp16.safetensors"


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    monkeypatch.setattr(hub, "PIECE_BYTES", 50)
    with running() as server:
        settings.OUTBOUND_ALLOW_HOSTS = [f"127.0.0.1:{server.port}"]
        server.add(MODEL)
        yield server


def fetch(server: HubServer, models: Path, model: Model = MODEL) -> Path:
    where = Hub(server.address)
    return fetching.fetch(fetching.plan(model, where), models, where, lambda path, done: None)


def leftovers(models: Path) -> list[str]:
    return sorted(path.name for path in (models / "diffusion").iterdir())


def test_it_fetches_every_source_into_its_place(server: HubServer, tmp_path: Path) -> None:
    steps: list[int] = []
    where = Hub(server.address)
    plan = fetching.plan(MODEL, where)
    folder = fetching.fetch(plan, tmp_path, where, lambda path, done: steps.append(done))

    verify(MODEL, tmp_path, whole=True)
    assert sum(steps) == plan.size
    assert folder == folder_of("sdxl-lightning", tmp_path)
    assert (folder / "unet/diffusion_pytorch_model.safetensors").read_bytes() == content_of(UNET)
    assert (folder / MODEL.lora).exists()
    assert not (folder / "README.md").exists()
    assert leftovers(tmp_path) == ["sdxl-lightning"]


def test_it_writes_down_what_it_fetched(server: HubServer, tmp_path: Path) -> None:
    note = json.loads((fetch(server, tmp_path) / "model.json").read_text())

    assert note["origin"] == server.address
    assert note["sources"]["lora"] == {
        "hub_id": "ByteDance/SDXL-Lightning",
        "revision": "c9a24f48e1c025556787b0c58dd67a091ece2e44",
        "licence": "CreativeML Open RAIL++-M",
    }
    assert note["accepted"] == ["CreativeML Open RAIL++-M", "MIT"]


def test_it_pins_a_revision_that_the_registry_leaves_open(
    server: HubServer, tmp_path: Path
) -> None:
    model = registry.load().model("real-esrgan-x4")
    server.add(model)

    fetch(server, tmp_path, model)

    assert files.pinned(model, tmp_path).revision == REVISION


def test_it_goes_on_where_it_was_cut_off(server: HubServer, tmp_path: Path) -> None:
    server.cut_after = 900
    with pytest.raises(FilesError, match="run the same command again to go on"):
        fetch(server, tmp_path)
    arrived = server.served
    assert leftovers(tmp_path) == [".fetch-sdxl-lightning"]

    server.cut_after = None
    fetch(server, tmp_path)

    verify(MODEL, tmp_path, whole=True)
    assert arrived >= 800
    assert server.served == sum(len(content_of(name)) for name in every_name())


def every_name() -> list[str]:
    return [name for names in paths_of(MODEL).values() for name in names]


def test_it_asks_at_home_again_when_a_signed_address_has_ended(
    server: HubServer, tmp_path: Path
) -> None:
    server.signed_for = 2
    fetch(server, tmp_path)
    verify(MODEL, tmp_path, whole=True)


def test_it_takes_a_small_file_whole_from_a_hub_without_ranges(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "PIECE_BYTES", 1 << 20)
    server.keeps_ranges = False
    fetch(server, tmp_path)
    verify(MODEL, tmp_path, whole=True)


def test_it_cannot_go_on_at_a_hub_without_ranges(server: HubServer, tmp_path: Path) -> None:
    server.cut_after = 900
    with pytest.raises(FilesError, match="run the same command again"):
        fetch(server, tmp_path)
    server.cut_after, server.keeps_ranges = None, False
    with pytest.raises(FilesError, match="answered 200"):
        fetch(server, tmp_path)


@pytest.mark.parametrize("spoilt", [UNET, "unet/config.json"])
def test_it_installs_nothing_whose_digest_is_another(
    server: HubServer, tmp_path: Path, spoilt: str
) -> None:
    server.spoil = spoilt
    with pytest.raises(FilesError, match=rf"{spoilt} of diffusers/.* arrived damaged or changed"):
        fetch(server, tmp_path)
    assert not folder_of("sdxl-lightning", tmp_path).exists()
    assert list(tmp_path.rglob("*.part")) == []

    server.spoil = ""
    fetch(server, tmp_path)
    verify(MODEL, tmp_path, whole=True)


def test_it_refuses_another_revision(server: HubServer, tmp_path: Path) -> None:
    server.commits["ByteDance/SDXL-Lightning"] = "f" * 40
    with pytest.raises(FilesError, match=r"no revision c9a24f48e1c0 of ByteDance/SDXL-Lightning"):
        fetch(server, tmp_path)


def test_it_refuses_a_hub_that_answers_with_another_revision(
    server: HubServer, tmp_path: Path
) -> None:
    model = MODEL.model_copy(update={"revision": "abc"})
    with pytest.raises(FilesError, match="at revision 115134f36312, and the registry wants abc"):
        fetch(server, tmp_path, model)


def test_it_says_that_the_hub_has_no_such_model(server: HubServer, tmp_path: Path) -> None:
    del server.commits["madebyollin/taesdxl"]
    with pytest.raises(FilesError, match=r"has no .*madebyollin/taesdxl \(it answered 404\)"):
        fetch(server, tmp_path)


def test_it_says_what_to_do_about_a_model_behind_terms(server: HubServer, tmp_path: Path) -> None:
    server.closed = {"madebyollin/taesdxl"}
    with pytest.raises(FilesError, match=r"accepted its terms on the hub.*--from FOLDER"):
        fetch(server, tmp_path)


def test_it_says_that_something_else_answers(server: HubServer, tmp_path: Path) -> None:
    with pytest.raises(FilesError, match=r"has no .*answered 404"):
        fetching.plan(MODEL, Hub(f"{server.address}/blog"))


def test_it_says_what_to_do_where_the_hub_is_out_of_reach(
    server: HubServer, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW_HOSTS = []
    with pytest.raises(FilesError, match=r"could not be read: .* bring it with --from FOLDER"):
        fetching.plan(MODEL, Hub(server.address))


def test_it_reads_a_listing_of_many_pages(server: HubServer, tmp_path: Path) -> None:
    server.page = 3
    fetch(server, tmp_path)
    verify(MODEL, tmp_path)


def test_it_takes_no_pickled_weights(server: HubServer, tmp_path: Path) -> None:
    held = server.files["diffusers/stable-diffusion-xl-1.0-inpainting-0.1"]
    held["unet/diffusion_pytorch_model.bin"] = held.pop(UNET)
    with pytest.raises(FilesError, match=r"diffusion_pytorch_model\.bin and no unet/.*run code"):
        fetch(server, tmp_path)


def test_it_mends_a_truncated_model_with_what_is_missing_only(
    server: HubServer, tmp_path: Path
) -> None:
    folder = fetch(server, tmp_path)
    path = folder / "unet/diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(FilesError, match="is truncated"):
        verify(MODEL, tmp_path)
    server.served = 0

    fetch(server, tmp_path)

    verify(MODEL, tmp_path, whole=True)
    assert server.served == len(content_of(UNET))


def test_it_says_how_much_room_is_missing(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=50_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(FilesError, match=r"needs 0\.1 GB more at .*, and 0\.1 GB are free"):
        fetch(server, tmp_path)


def test_it_says_that_the_folder_cannot_be_written(server: HubServer, tmp_path: Path) -> None:
    (tmp_path / "diffusion").write_text("a file in the way")
    with pytest.raises(FilesError, match=r"Could not write the model .*MODEL_DIR"):
        fetch(server, tmp_path)


def repository(model: Model, folder: Path) -> Path:
    for part, names in paths_of(model).items():
        for name in names:
            path = folder / part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content_of(name))
    return folder


def bring(source: Path, models: Path) -> Path:
    return fetching.bring(MODEL, models, source, lambda path, done: None)


def test_it_takes_a_repository_copied_by_hand(tmp_path: Path) -> None:
    source = repository(MODEL, tmp_path / "usb")
    (source / "unet/diffusion_pytorch_model.bin").write_bytes(b"\x80")

    folder = bring(source, tmp_path / "models")

    verify(MODEL, tmp_path / "models", whole=True)
    note = json.loads((folder / "model.json").read_text())
    assert note["origin"] == "folder"
    assert note["sources"][""]["revision"] == MODEL.revision
    assert list(folder.rglob("*.bin")) == []


def test_it_names_by_its_files_what_nobody_names_by_a_commit(
    tmp_path: Path, settings: Settings
) -> None:
    unpinned = registry.load().model("real-esrgan-x4")
    settings.MODEL_DIR = models = tmp_path / "models"
    usb = repository(unpinned, tmp_path / "usb")
    spec = PresetSpec.model_validate(
        {
            "kind": "upscale",
            "outputs": [{"name": "main", "width": 800, "height": 800}],
            "painting": {"factor": 2},
        }
    )

    def brought() -> tuple[object, str]:
        fetching.bring(unpinned, models, usb, lambda path, done: None)
        target = target_for(spec)
        return target.facts["revision"], target.version

    revision, version = brought()
    assert re.fullmatch("sha256:[0-9a-f]{40}", str(revision))
    assert version.startswith(f"{VERSION}+real-esrgan-x4@{str(revision)[7:15]}.")
    assert brought() == (revision, version)

    (name,) = paths_of(unpinned)[""]
    (usb / name).write_bytes(weights(seed=1))
    other, version_of_other = brought()

    assert other != revision
    assert version_of_other != version
    verify(unpinned, models, whole=True)


def test_it_takes_a_model_of_another_installation(server: HubServer, tmp_path: Path) -> None:
    theirs = fetch(server, tmp_path / "theirs")

    folder = bring(theirs, tmp_path / "ours")

    verify(MODEL, tmp_path / "ours", whole=True)
    assert json.loads((folder / "model.json").read_text())["origin"] == server.address


def test_it_finds_what_was_damaged_on_its_way(server: HubServer, tmp_path: Path) -> None:
    theirs = fetch(server, tmp_path / "theirs")
    path = theirs / "unet/diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")

    with pytest.raises(FilesError, match="was damaged on its way"):
        bring(theirs, tmp_path / "ours")
    assert not folder_of("sdxl-lightning", tmp_path / "ours").exists()


def test_it_believes_a_folder_that_a_hubs_cache_names_by_its_commit(tmp_path: Path) -> None:
    source = repository(MODEL, tmp_path / ("e" * 40))
    with pytest.raises(FilesError, match="at revision eeeeeeeeeeee, and the registry wants"):
        bring(source, tmp_path / "models")


def test_it_says_what_a_folder_lacks(tmp_path: Path) -> None:
    source = repository(MODEL, tmp_path / "usb")
    shutil.rmtree(source / "lora")
    with pytest.raises(FilesError, match=r"SDXL-Lightning has no sdxl_lightning_4step_lora"):
        bring(source, tmp_path / "models")


def test_it_finds_truncated_weights_in_a_folder(tmp_path: Path) -> None:
    source = repository(MODEL, tmp_path / "usb")
    (source / UNET).write_bytes(content_of(UNET)[:40])
    with pytest.raises(FilesError, match="only the start of one"):
        bring(source, tmp_path / "models")
    assert not folder_of("sdxl-lightning", tmp_path / "models").exists()


def test_it_notes_a_licence_that_is_accepted_later(server: HubServer, tmp_path: Path) -> None:
    folder = fetch(server, tmp_path)
    note = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(note | {"accepted": []}))
    with pytest.raises(FilesError, match="is not accepted"):
        verify(MODEL, tmp_path)

    fetching.accept(MODEL, tmp_path)

    verify(MODEL, tmp_path)
