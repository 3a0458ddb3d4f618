from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytest_django.fixtures import Settings

from generation.inference.engines.diffusion import registry
from generation.inference.engines.diffusion.ask import Ask
from generation.inference.engines.diffusion.registry import Model, RegistryError
from productviz.env import ROOT
from tests.diffusion.model_files import REVISION, put_down

OWN = """
[mine]
title = "A model of our own"
family = "klein"
hub_id = "us/mine"
files = ["model_index.json"]
download = 10
licence = "Apache-2.0"
licence_url = "https://example.com"
commercial = "yes"
parameters = 1
memory = { bf16 = 1 }
dtype = "bf16"
steps = 4
serves = ["ai_scene/fast"]
buckets.fast = [[512, 512, 2]]
"""
ASK = Ask("klein-4b", "inpaint", "a beach", "", seed=1, width=768, height=768)


def own_file(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text)
    return path


def test_it_knows_a_commercial_model_for_every_kind_and_line_up() -> None:
    for pair in registry.PAIRS:
        kind, _, line_up = pair.partition("/")
        assert any(model.is_commercial for model in registry.load().serving(kind, line_up)), pair


def test_it_pins_every_commercial_model_but_the_one_whose_commit_is_not_quoted_anywhere() -> None:
    unpinned = [
        source.hub_id
        for model in registry.load().models
        for source in model.sources.values()
        if not source.revision
    ]
    assert unpinned == ["Comfy-Org/Real-ESRGAN_repackaged", "black-forest-labs/FLUX.2-klein-9B"]


def test_it_reads_an_own_file_again_only_once_it_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own_file(tmp_path, OWN)
    registry.load(own)
    with monkeypatch.context() as closed:
        closed.setattr(Path, "read_text", lambda *arguments, **options: "not = 1")
        assert registry.load(own).model("mine").steps == 4

    own_file(tmp_path, OWN.replace("steps = 4", "steps = 24"))
    assert registry.load(own).model("mine").steps == 24
    own.unlink()
    with pytest.raises(RegistryError, match="cannot be read: No such file"):
        registry.load(own)


def test_it_names_the_checker() -> None:
    checker = registry.load().checker()
    assert checker is not None
    assert (checker.name, checker.serves) == ("picture-checker", ())


def test_it_names_no_checker_that_a_shop_may_not_use(tmp_path: Path) -> None:
    own = OWN.replace("[mine]", "[looker]").replace("klein", "checker").replace('"yes"', '"no"')
    mine = registry.load(own_file(tmp_path, own))

    for allowed, name in ((False, "picture-checker"), (True, "looker")):
        checker = mine.checker(allow_noncommercial=allowed)
        assert checker is not None
        assert checker.name == name


def test_it_puts_an_operators_models_first(tmp_path: Path) -> None:
    mine = registry.load(own_file(tmp_path, OWN))
    names = [model.name for model in mine.serving("ai_scene", "fast")]
    assert names == ["mine", "sdxl-lightning", "klein-4b"]


def test_it_replaces_a_model_by_name(tmp_path: Path) -> None:
    mine = registry.load(own_file(tmp_path, OWN.replace("[mine]", "[klein-4b]")))
    assert mine.model("klein-4b").hub_id == "us/mine"
    assert len(mine.models) == len(registry.load().models)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[mine", r"own.toml is not TOML: Expected"),
        ('title = "x"', r"“title” stands outside of a model's table; write \[title\]"),
        (OWN + "\nspeeed = 1", r"\[mine\] speeed: Extra inputs are not permitted"),
        (OWN.replace("ai_scene/fast", "ai_scene/quick"), r'serves: "ai_scene/quick" is none of'),
        (OWN.replace("buckets.fast", "buckets.best"), r'serves "ai_scene/fast" and has no bucket'),
        (OWN.replace("model_index.json", "unet/a.bin"), r"a.bin is a pickled file, .* safetensors"),
        (OWN.replace("model_index.json", "../up.json"), r"../up.json leads out of the repository"),
        (OWN.replace("bf16 = 1", "fp16 = 1"), r"memory says nothing about bf16"),
        (OWN + '\nlora = "lora/x.safetensors"', r"nothing beside it brings lora/x.safetensors"),
        (OWN + '\nvae = "tiny"', r'there is no folder "vae_tiny" beside it'),
        (OWN + '\nrevision = "main"', r"\[mine\] revision: String should match"),
        (OWN.replace("512, 512, 2", "500, 512, 2"), r"buckets.fast.0.width: .*multiple of 16"),
        (OWN + '\nspeed = ["compiel"]', r"\[mine\] speed.0: Input should be .*'compile'.*'fp8'"),
        (OWN.replace("us/mine", "../.."), r"\[mine\] hub_id: String should match"),
    ],
)
def test_it_says_what_is_wrong_with_an_operators_file(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(RegistryError, match=sentence) as caught:
        registry.load(own_file(tmp_path, text))
    assert caught.value.code == "model_unavailable"


def test_the_example_in_the_documents_is_right(tmp_path: Path) -> None:
    example = (ROOT / "docs" / "gpu.md").read_text().split("```\n[qwen")[1].split("```")[0]
    mine = registry.load(own_file(tmp_path, f"[qwen{example}")).model("qwen-edit-2511")
    assert (mine.steps, mine.is_guided, mine.lora) == (40, True, "")


def test_it_says_that_an_operators_file_is_not_there(settings: Settings) -> None:
    settings.MODEL_REGISTRY = Path("/nowhere/own.toml")
    with pytest.raises(RegistryError, match=r"MODEL_REGISTRY: /nowhere/own.toml cannot be read"):
        registry.current()


def test_it_knows_no_model_of_another_name() -> None:
    with pytest.raises(RegistryError, match="no diffusion model called “sd-9”; the names are sdxl"):
        registry.load().model("sd-9")


def test_it_chooses_the_first_model_that_is_there(tmp_path: Path) -> None:
    put_down(registry.load().model("klein-4b"), tmp_path)

    chosen = registry.choose("ai_scene", "fast", tmp_path)

    assert isinstance(chosen, Model)
    assert chosen.name == "klein-4b"


def test_it_prefers_the_model_that_stands_first(tmp_path: Path) -> None:
    for name in ("klein-4b", "sdxl-lightning"):
        put_down(registry.load().model(name), tmp_path)

    chosen = registry.choose("ai_scene", "fast", tmp_path)

    assert isinstance(chosen, Model)
    assert chosen.name == "sdxl-lightning"


def test_it_says_what_to_fetch_where_no_model_is_there(tmp_path: Path) -> None:
    assert registry.choose("ai_scene", "fast", tmp_path) == (
        "The model sdxl-lightning is not there. On the GPU machine run `manage.py fetch_model"
        " sdxl-lightning` (7.7 GB, licence CreativeML Open RAIL++-M)."
    )


def test_it_refuses_a_model_without_commercial_use_unless_the_operator_says_so(
    tmp_path: Path,
) -> None:
    nine = registry.load().model("klein-9b")
    put_down(nine, tmp_path)

    assert "forbids commercial use" in registry.obstacle(nine, tmp_path)
    assert isinstance(registry.choose("edit", "best", tmp_path), str)
    chosen = registry.choose("edit", "best", tmp_path, allow_noncommercial=True)
    assert isinstance(chosen, Model)
    assert chosen.name == "klein-9b"


def test_a_model_that_is_larger_than_the_memory_leaves_its_place_to_the_next(
    tmp_path: Path,
) -> None:
    for name in ("qwen-edit-2511", "klein-9b"):
        put_down(registry.load().model(name), tmp_path)

    def choice(gigabytes: int) -> Model | str:
        room = gigabytes * 10**9
        return registry.choose("edit", "best", tmp_path, allow_noncommercial=True, room=room)

    large, small, neither = choice(58), choice(57), choice(34)

    assert isinstance(large, Model)
    assert isinstance(small, Model)
    assert (large.name, small.name) == ("qwen-edit-2511", "klein-9b")
    assert neither == (
        "The model qwen-edit-2511 takes 58.0 GB of memory, and the GPU worker has 34.0 GB for"
        " models. Choose a faster line-up, or a GPU with more memory."
    )


def test_it_fills_in_the_revision_that_was_fetched(tmp_path: Path) -> None:
    put_down(registry.load().model("real-esrgan-x4"), tmp_path)

    chosen = registry.choose("upscale", "fast", tmp_path)

    assert isinstance(chosen, Model)
    assert chosen.revision == REVISION


def test_it_finds_the_size_of_the_nearest_shape() -> None:
    klein = registry.load().model("klein-4b")
    wide = klein.bucket_for("balanced", width=4000, height=3000)
    assert (wide.width, wide.height) == (1152, 896)
    with pytest.raises(RegistryError, match="klein-4b has no sizes for “best”"):
        klein.buckets_for("best")


def test_asks_that_differ_in_words_and_seed_share_passes() -> None:
    klein = registry.load().model("klein-4b")
    other = replace(ASK, prompt="a forest", seed=2)
    assert registry.compatibility(klein, ASK) == registry.compatibility(klein, other)


def test_asks_that_differ_in_anything_else_do_not() -> None:
    klein = registry.load().model("klein-4b")
    picture = np.zeros((512, 512, 3), np.uint8)
    changes: list[dict[str, object]] = [
        {"revision": REVISION},
        {"dtype": "fp32"},
        {"steps": 8},
        {"guidance": 4.0},
        {"scheduler": "euler_trailing"},
        {"text_pad": 256},
        {"vae": "full"},
        {"speed": ("fp8",)},
        {"beside": {}},
        {"lora": "lora/x.safetensors"},
    ]
    keys = [
        registry.compatibility(klein, ASK),
        registry.compatibility(klein, ASK, "quantised"),
        registry.compatibility(klein, replace(ASK, width=896)),
        registry.compatibility(klein, replace(ASK, task="edit")),
        registry.compatibility(klein, replace(ASK, references=(picture,))),
        registry.compatibility(klein, replace(ASK, references=(picture, picture))),
        registry.compatibility(klein, replace(ASK, references=(picture[:256],))),
        *(registry.compatibility(klein.model_copy(update=change), ASK) for change in changes),
    ]
    assert len(set(keys)) == len(keys)


def test_a_guidance_of_another_strength_shares_passes() -> None:
    klein = registry.load().model("klein-4b")
    weak, strong = (klein.model_copy(update={"guidance": scale}) for scale in (3.0, 4.0))
    assert registry.compatibility(weak, ASK) == registry.compatibility(strong, ASK)
