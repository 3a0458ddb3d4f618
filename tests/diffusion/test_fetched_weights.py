"""What was fetched is what the true loader opens."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from generation.inference.engines.diffusion import fetching
from generation.inference.engines.diffusion.hub import Hub
from generation.inference.engines.diffusion.model import Model
from tests.diffusion.hub_server import running
from tests.diffusion.model_files import REVISION

pytestmark = pytest.mark.torch
MODEL = Model(
    name="tiny",
    title="A decoder of random weights",
    family="sdxl",
    hub_id="tests/tiny",
    revision=REVISION,
    files=("vae/config.json", "vae/diffusion_pytorch_model.fp16.safetensors"),
    licence="Apache-2.0",
    licence_url="https://example.com",
    commercial="yes",
    variant="fp16",
    download=1,
    parameters=1,
    memory={"fp16": 1},
    dtype="fp16",
    steps=1,
)


def test_a_fetched_variant_opens_without_naming_it(settings: Settings, tmp_path: Path) -> None:
    torch, tiny = import_module("torch"), import_module("diffusers").AutoencoderTiny
    ours = {"encoder_block_out_channels": (4, 4), "decoder_block_out_channels": (4, 4)}
    source = tiny(**ours, num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1))
    source.to(torch.float16).save_pretrained(tmp_path / "hub" / "vae", variant="fp16")
    with running() as server:
        settings.OUTBOUND_ALLOW_HOSTS = [f"127.0.0.1:{server.port}"]
        server.commits["tests/tiny"] = REVISION
        server.files["tests/tiny"] = {
            str(path.relative_to(tmp_path / "hub")): path.read_bytes()
            for path in (tmp_path / "hub").rglob("*.*")
        }
        hub = Hub(server.address)
        plan = fetching.plan(MODEL, hub)
        folder = fetching.fetch(plan, tmp_path / "models", hub, lambda path, done: None)

    opened = tiny.from_pretrained(
        str(folder / "vae"), use_safetensors=True, local_files_only=True
    ).state_dict()

    weights = source.float().state_dict()
    assert all(torch.equal(weights[name], opened[name]) for name in weights)
