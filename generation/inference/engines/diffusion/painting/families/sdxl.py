"""Stable Diffusion XL with nine input channels: paints where the mask says, from noise."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import StableDiffusionXLInpaintPipeline

from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.painting import vae
from generation.inference.engines.diffusion.painting.batch import Batch, Words

BASE = StableDiffusionXLInpaintPipeline


class Inpaint(StableDiffusionXLInpaintPipeline):
    """Encodes a batch of pictures at once, where diffusers goes one by one if seeds differ."""

    def _encode_vae_image(self, image: torch.Tensor, generator: Any) -> torch.Tensor:
        return vae.encode(self.vae, image) * self.vae.config.scaling_factor


def options(pipe: Any) -> dict[str, Any]:
    """What of the checkpoint's own settings is not a component."""
    return {
        "requires_aesthetics_score": pipe.config.requires_aesthetics_score,
        "force_zeros_for_empty_prompt": pipe.config.force_zeros_for_empty_prompt,
    }


def encode_words(pipe: Any, text: str, model: Model) -> Words:
    """77 tokens of both encoders, and the pooled one; longer prompts end there."""
    plain, _, pooled, _ = pipe.encode_prompt(prompt=text, do_classifier_free_guidance=False)
    return {"prompt_embeds": plain[0], "pooled_prompt_embeds": pooled[0]}


def latents(pipe: Any, batch: Batch) -> torch.Tensor:
    """Denoise a batch; unscaled latents for the decoder."""
    painted = pipe(
        **_conditions(batch),
        image=batch.images(),
        mask_image=batch.masks(),
        width=batch.first.width,
        height=batch.first.height,
        strength=1.0,
        num_inference_steps=batch.model.steps,
        guidance_scale=batch.model.guidance,
        generator=batch.generators(),
        callback_on_step_end=batch.steps,
        output_type="latent",
    ).images
    return painted / pipe.vae.config.scaling_factor


def _conditions(batch: Batch) -> Words:
    if not batch.model.is_guided:
        return batch.words()
    against = {f"negative_{name}": value for name, value in batch.words(negative=True).items()}
    return batch.words() | against
