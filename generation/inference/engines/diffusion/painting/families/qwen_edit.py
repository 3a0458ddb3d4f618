"""Qwen-Image-Edit (2509, 2511): edits one to three reference pictures by instruction, alone."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import QwenImageEditPlusPipeline
from PIL import Image

from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.painting.batch import Batch, Words

BASE = QwenImageEditPlusPipeline
Edit = QwenImageEditPlusPipeline


def options(pipe: Any) -> dict[str, Any]:
    """What of the checkpoint's own settings is not a component."""
    return {}


def encode_words(pipe: Any, text: str, model: Model) -> Words:
    """Nothing: its encoder reads the words together with the pictures, inside the call."""
    return {}


def latents(pipe: Any, batch: Batch) -> torch.Tensor:
    """Denoise one picture; unscaled latents, 1 x C x 1 x h x w, for the decoder."""
    ask = batch.first
    pictures = [ask.image, *ask.references] if ask.image is not None else list(ask.references)
    packed = pipe(
        prompt=ask.prompt,
        negative_prompt=ask.negative_prompt or " " if batch.model.is_guided else None,
        image=[Image.fromarray(picture) for picture in pictures],
        width=ask.width,
        height=ask.height,
        num_inference_steps=batch.model.steps,
        true_cfg_scale=batch.model.guidance,
        generator=batch.generators(),
        max_sequence_length=batch.model.text_pad,
        callback_on_step_end=batch.steps,
        output_type="latent",
    ).images
    return _unscaled(
        pipe, pipe._unpack_latents(packed, ask.height, ask.width, pipe.vae_scale_factor)
    )


def _unscaled(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
    mean, deviation = (
        torch.tensor(values, device=latents.device, dtype=latents.dtype).view(1, -1, 1, 1, 1)
        for values in (pipe.vae.config.latents_mean, pipe.vae.config.latents_std)
    )
    return latents * deviation + mean
