from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from generation.inference.engines.diffusion import registry
from generation.inference.engines.diffusion.files import verify
from generation.management import diffusion_models
from tests.diffusion.hub_server import HubServer, running
from tests.diffusion.model_files import put_down

SDXL = registry.load().model("sdxl-lightning")
CHECKER = registry.load().model("picture-checker")


@pytest.fixture
def server(settings: Settings, tmp_path: Path) -> Iterator[HubServer]:
    settings.MODEL_DIR = tmp_path
    with running() as server:
        settings.OUTBOUND_ALLOW_HOSTS = [f"127.0.0.1:{server.port}"]
        settings.MODEL_HUB = server.address
        server.add(SDXL)
        server.add(CHECKER)
        yield server


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("fetch_model", *arguments, stdout=out)
    return out.getvalue()


class Terminal(io.StringIO):
    """Somebody at a keyboard."""

    def isatty(self) -> bool:
        return True


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda prompt: text)


@pytest.mark.usefixtures("server")
def test_it_shows_every_licence_and_the_size_and_then_fetches(tmp_path: Path) -> None:
    said = run("sdxl-lightning", "--accept-licence")

    verify(SDXL, tmp_path, whole=True)
    assert "ByteDance/SDXL-Lightning (for lora): CreativeML Open RAIL++-M, commercial use:" in said
    assert "madebyollin/taesdxl (for vae_tiny): MIT, commercial use: yes" in said
    assert (
        said.index("commercial use") < said.index("0.00 GB at http://127") < said.index("fetched")
    )


@pytest.mark.usefixtures("server")
def test_it_fetches_nothing_before_the_licence_is_accepted(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="run this again with --accept-licence"):
        run("picture-checker")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("server")
def test_it_asks_whoever_sits_at_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "n")
    with pytest.raises(CommandError, match="Nothing was fetched"):
        run("picture-checker")
    answer(monkeypatch, "Yes")
    run("picture-checker")
    verify(CHECKER, tmp_path, whole=True)


def test_it_keeps_what_has_arrived_when_it_is_stopped(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("generation.inference.engines.diffusion.fetching._finish", stop)
        with pytest.raises(CommandError, match="run this again to go on"):
            run("picture-checker", "--accept-licence")
    server.asked.clear()

    run("picture-checker", "--accept-licence")

    verify(CHECKER, tmp_path, whole=True)
    assert not any("/resolve/" in path for path in server.asked)


def test_it_finds_a_whole_model_and_asks_no_hub(server: HubServer, tmp_path: Path) -> None:
    put_down(CHECKER, tmp_path)
    assert "is already there, and whole" in run("picture-checker")
    assert server.asked == []


def test_it_accepts_the_licence_of_a_model_that_is_there(server: HubServer, tmp_path: Path) -> None:
    put_down(CHECKER, tmp_path, accepted=())
    run("picture-checker", "--accept-licence")
    verify(CHECKER, tmp_path)
    assert server.asked == []


def test_it_mends_a_damaged_model(server: HubServer, tmp_path: Path) -> None:
    (put_down(CHECKER, tmp_path) / "model.safetensors").write_bytes(b"half")
    run("picture-checker")
    verify(CHECKER, tmp_path, whole=True)
    assert [path for path in server.asked if "/resolve/" in path] == [
        f"/{CHECKER.hub_id}/resolve/{CHECKER.revision}/model.safetensors"
    ]


@pytest.mark.usefixtures("server")
def test_it_takes_a_folder_copied_by_hand(tmp_path: Path) -> None:
    source = put_down(CHECKER, tmp_path / "usb")
    said = run("picture-checker", "--from", str(source), "--accept-licence")
    verify(CHECKER, tmp_path, whole=True)
    assert "copied and checked" in said


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sd-9"], "no network or model called sd-9; the names are u2netp, .*, sdxl-lightning"),
        (["klein-9b", "--accept-licence"], "FLUX Non-Commercial License. forbids commercial use"),
        (["picture-checker", "--from", "/nowhere", "--accept-licence"], "no folder /nowhere"),
        (["picture-checker", "klein-4b", "--from", "/tmp"], "Name the one model"),
        (["klein-4b", "--accept-licence"], "has no .*klein-4B"),
    ],
)
def test_it_ends_with_a_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)


def test_it_fetches_a_noncommercial_model_for_an_operator_who_may(
    server: HubServer, settings: Settings, tmp_path: Path
) -> None:
    nine = registry.load().model("klein-9b")
    server.add(nine)
    settings.ALLOW_NONCOMMERCIAL_MODELS = True
    assert "commercial use: NO" in run("klein-9b", "--accept-licence")
    verify(nine, tmp_path)


@pytest.mark.usefixtures("server")
def test_it_says_that_the_operators_registry_is_wrong(settings: Settings, tmp_path: Path) -> None:
    settings.MODEL_REGISTRY = tmp_path / "own.toml"
    settings.MODEL_REGISTRY.write_text("[mine]\ntitle = 1")
    with pytest.raises(CommandError, match=r"own\.toml: \[mine\] "):
        run("mine")


def test_it_lists_what_is_there_and_why_not(settings: Settings, tmp_path: Path) -> None:
    settings.MODEL_DIR = tmp_path
    put_down(CHECKER, tmp_path)
    folder = put_down(SDXL, tmp_path)
    note = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(note | {"accepted": []}))

    table = diffusion_models.overview(tmp_path)

    present = dict(zip(table.columns[0].cells, table.columns[-1].cells, strict=True))
    assert present["picture-checker"] == "yes"
    assert present["klein-4b"] == "no"
    assert "is not accepted" in str(present["sdxl-lightning"])
    assert "Networks in" in run("--list")
