"""The settings of a remote engine are right, or the start ends with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from productviz.env import load_env
from productviz.remote import RemoteEngine, remote_engine

GOOD = {
    "PRODUCTVIZ_MODE": "development",
    "PRODUCTVIZ_REMOTE_ENGINE": "comfyui+https://gpu.example.com:8188/",
    "PRODUCTVIZ_REMOTE_ENGINE_KEY": "sk-very-secret",
    "PRODUCTVIZ_REMOTE_MODEL": "FLUX.2-klein-4B",
    "PRODUCTVIZ_REMOTE_MODEL_LICENCE": "Apache-2.0",
}


def read(monkeypatch: pytest.MonkeyPatch, **changed: str) -> RemoteEngine | None:
    for name, value in {**GOOD, **changed}.items():
        monkeypatch.setenv(name, value)
    return load_env().painter()


def test_it_reads_an_engine_with_its_usual_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch) == RemoteEngine(
        system="comfyui",
        url="https://gpu.example.com:8188",
        model="FLUX.2-klein-4B",
        licence="Apache-2.0",
        kinds=frozenset({"ai_scene", "edit"}),
        timeout=300.0,
        at_once=2,
        key="sk-very-secret",
    )


def test_it_is_none_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, PRODUCTVIZ_REMOTE_ENGINE="") is None


def test_it_never_shows_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = read(monkeypatch)

    assert "sk-very-secret" not in repr(engine)
    assert "sk-very-secret" not in repr(load_env())


def test_it_names_the_host_without_the_path() -> None:
    engine = remote_engine(
        "openai+https://api.example.com/v1",
        key="",
        model="m",
        licence="l",
        kinds=["edit"],
        timeout=9.0,
        at_once=1,
        workflows=None,
        plain_hosts=[],
    )

    assert engine is not None
    assert engine.host == "api.example.com"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"PRODUCTVIZ_REMOTE_ENGINE": "https://gpu.example.com"}, "must be like comfyui+https://"),
        ({"PRODUCTVIZ_REMOTE_ENGINE": "comfyui+https://"}, "must be like comfyui+https://"),
        ({"PRODUCTVIZ_REMOTE_ENGINE": "openai+https://h:99999"}, "must be like comfyui+https://"),
        ({"PRODUCTVIZ_REMOTE_ENGINE": "openai+https://h/v1?key=1"}, "must be like"),
        ({"PRODUCTVIZ_REMOTE_ENGINE": "openai+https://me:pw@h/v1"}, "Put the key of"),
        ({"PRODUCTVIZ_REMOTE_ENGINE": "comfyui+http://10.0.0.5:8188"}, "list 10.0.0.5:8188 in"),
        ({"PRODUCTVIZ_REMOTE_ENGINE_KEY": "sk one"}, "PRODUCTVIZ_REMOTE_ENGINE_KEY holds a space"),
        ({"PRODUCTVIZ_REMOTE_MODEL": ""}, "must name the model"),
        ({"PRODUCTVIZ_REMOTE_MODEL_LICENCE": ""}, "must name the model"),
        ({"PRODUCTVIZ_REMOTE_KINDS": "edit,packshot"}, "for comfyui, not packshot"),
        (
            {
                "PRODUCTVIZ_REMOTE_ENGINE": "openai+https://h/v1",
                "PRODUCTVIZ_REMOTE_KINDS": "upscale",
            },
            "for openai, not upscale",
        ),
        ({"PRODUCTVIZ_REMOTE_WORKFLOWS": "/nowhere"}, "names no folder: /nowhere"),
        ({"PRODUCTVIZ_REMOTE_TIMEOUT": "1"}, "PRODUCTVIZ_REMOTE_TIMEOUT"),
        ({"PRODUCTVIZ_REMOTE_AT_ONCE": "0"}, "PRODUCTVIZ_REMOTE_AT_ONCE"),
    ],
)
def test_it_ends_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        read(monkeypatch, **changed)

    assert sentence in str(ended.value)
    assert "sk-very-secret" not in str(ended.value)


def test_it_allows_plain_http_to_a_listed_host(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = read(
        monkeypatch,
        PRODUCTVIZ_REMOTE_ENGINE="comfyui+http://GPU.lan:8188",
        PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS="Gpu.lan:8188",
    )

    assert engine is not None
    assert engine.url == "http://GPU.lan:8188"


def test_it_takes_a_folder_of_the_operators_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = read(monkeypatch, PRODUCTVIZ_REMOTE_WORKFLOWS=str(tmp_path))

    assert engine is not None
    assert engine.workflows == tmp_path
