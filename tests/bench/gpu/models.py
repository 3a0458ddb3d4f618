"""Pipelines at their true sizes, with random weights made on the device: speed without downloads.

Sizes are those of the checkpoints' own configurations (read 2026-11-22). A letter is a token, as
in the tests; prompts are padded to the same lengths either way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import diffusers
import torch
import transformers
from accelerate import init_empty_weights

from generation.inference.engines.diffusion.ask import Task
from generation.inference.engines.diffusion.model import Model
from tests.diffusion import models, tiny

QWEN3_4B = {
    "vocab_size": 151936, "hidden_size": 2560, "intermediate_size": 9728,
    "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
}  # fmt: skip
LEVELS = {
    "in_channels": 3, "out_channels": 3, "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2, "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4, "sample_size": 1024,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a model's entry, its task, how to build it, and references a picture."""

    entry: Model
    task: Task
    build: Callable[[], Any]
    references: int = 0


def _clip(**own: Any) -> Any:
    return transformers.CLIPTextConfig(vocab_size=49408, **own)


def sdxl() -> Any:
    """SDXL for inpainting, with the tiny decoder that the fast line-up uses."""
    small = _clip(hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
                  num_attention_heads=12, projection_dim=768)  # fmt: skip
    large = _clip(hidden_size=1280, intermediate_size=5120, num_hidden_layers=32,
                  num_attention_heads=20, projection_dim=1280)  # fmt: skip
    unet = diffusers.UNet2DConditionModel(
        sample_size=128, in_channels=9, out_channels=4, block_out_channels=(320, 640, 1280),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=2, attention_head_dim=(5, 10, 20), cross_attention_dim=2048,
        transformer_layers_per_block=(1, 2, 10), use_linear_projection=True,
        addition_embed_type="text_time", addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2816,
    )  # fmt: skip
    return diffusers.StableDiffusionXLInpaintPipeline(
        vae=diffusers.AutoencoderTiny(),
        text_encoder=transformers.CLIPTextModel(small),
        text_encoder_2=transformers.CLIPTextModelWithProjection(large),
        tokenizer=tiny.clip_tokenizer(), tokenizer_2=tiny.clip_tokenizer(), unet=unet,
        scheduler=diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
            timestep_spacing="trailing",
        ),
    )  # fmt: skip


def klein() -> Any:
    """FLUX.2 klein 4B with its small decoder."""
    return diffusers.Flux2KleinPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=diffusers.AutoencoderKLFlux2(decoder_block_out_channels=(96, 192, 384, 384)),
        text_encoder=transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**QWEN3_4B)),
        tokenizer=tiny.qwen_tokenizer(), is_distilled=True,
        transformer=diffusers.Flux2Transformer2DModel(
            patch_size=1, in_channels=128, num_layers=5, num_single_layers=20,
            attention_head_dim=128, num_attention_heads=24, joint_attention_dim=7680,
            mlp_ratio=3.0, axes_dims_rope=(32, 32, 32, 32), rope_theta=2000, guidance_embeds=False,
        ),
    )  # fmt: skip


def z_image() -> Any:
    """Z-Image-Turbo: its class's own sizes."""
    return diffusers.ZImagePipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=diffusers.AutoencoderKL(
            **LEVELS, latent_channels=16, scaling_factor=0.3611, shift_factor=0.1159
        ),
        text_encoder=transformers.Qwen3Model(transformers.Qwen3Config(**QWEN3_4B)),
        tokenizer=tiny.qwen_tokenizer(), transformer=diffusers.ZImageTransformer2DModel(),
    )  # fmt: skip


def build(subject: Subject, device: torch.device) -> Any:
    """Make the pipeline on the device; weights of unit gain, so that numbers stay numbers."""
    with init_empty_weights(include_buffers=False):
        pipe = subject.build()
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            _fill(part, device, dtype)
            part.to(device).eval()
    return pipe


def _fill(network: torch.nn.Module, device: torch.device, dtype: torch.dtype) -> None:
    noise = torch.Generator(device).manual_seed(0)
    for module in network.modules():
        for name, old in module.named_parameters(recurse=False):
            weight = torch.empty(old.shape, device=device, dtype=dtype)
            if weight.ndim > 1:
                weight.normal_(0, weight[0].numel() ** -0.5, generator=noise)
            else:
                weight.fill_(1.0 if name == "weight" else 0.0)
            module._parameters[name] = torch.nn.Parameter(weight, requires_grad=False)


def _entry(name: str, family: str, **own: Any) -> Model:
    buckets = {"fast": [[512, 512, 8], [768, 768, 8], [1024, 1024, 8]]}
    return models.model(name, family, buckets=buckets, **own)


_FAST = ("cudnn_attention", "compile", "embedding_cache")
_BIG = {"dtype": "bf16", "memory": {"bf16": 1}}
SUBJECTS = {
    "sdxl": Subject(
        _entry("sdxl", "sdxl", steps=4, text_pad=77, speed=[*_FAST, "channels_last"], **_BIG),
        "inpaint", sdxl,
    ),
    "klein": Subject(_entry("klein", "klein", steps=4, text_pad=512, speed=_FAST, **_BIG),
                     "inpaint", klein),
    "klein-edit": Subject(
        _entry("klein-edit", "klein", steps=4, text_pad=512, speed=_FAST, **_BIG),
        "edit", klein, references=1,
    ),
    "z-image": Subject(_entry("z-image", "z_image", steps=8, text_pad=128, speed=_FAST, **_BIG),
                       "inpaint", z_image),
}  # fmt: skip
TINY = {
    name: Subject(
        models.model(name, subject.entry.family, text_pad=77 if name == "sdxl" else 64,
                     speed=["embedding_cache"]),
        subject.task, tiny.BUILDERS[subject.entry.family], subject.references,
    )
    for name, subject in SUBJECTS.items()
}  # fmt: skip
