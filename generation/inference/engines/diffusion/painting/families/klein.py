"""FLUX.2 klein: paints around a picture, or edits up to a few reference pictures."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import Flux2KleinInpaintPipeline, Flux2KleinPipeline
from PIL import Image

from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.painting.batch import Batch, Words

BASE = Flux2KleinPipeline


class Inpaint(Flux2KleinInpaintPipeline):
    """Encodes a batch of pictures at once; nothing is drawn for it, so no generator is needed."""

    def _encode_vae_image(self, image: torch.Tensor, generator: Any) -> torch.Tensor:
        return super()._encode_vae_image(image, None)


class Edit(Flux2KleinPipeline):
    """Refuses a second job: it would show every job's references to every prompt."""

    def prepare_image_latents(self, images: Any, batch_size: int, *args: Any, **kwargs: Any) -> Any:
        if batch_size > 1:
            raise ValueError("References of several jobs would mix: edit one at a time.")
        return super().prepare_image_latents(images, batch_size, *args, **kwargs)


def options(pipe: Any) -> dict[str, Any]:
    """What of the checkpoint's own settings is not a component."""
    return {"is_distilled": pipe.config.is_distilled}


def encode_words(pipe: Any, text: str, model: Model) -> Words:
    """``text_pad`` tokens; the model attends to its padding, so this length decides pixels too."""
    words, _ = pipe.encode_prompt(prompt=text, max_sequence_length=model.text_pad)
    return {"prompt_embeds": words[0]}


def latents(pipe: Any, batch: Batch) -> torch.Tensor:
    """Denoise a batch; unscaled latents for the decoder."""
    pictures = _inpainted(batch) if batch.first.task == "inpaint" else _edited(batch)
    return pipe(
        **pictures,
        **_conditions(pipe, batch),
        width=batch.first.width,
        height=batch.first.height,
        num_inference_steps=batch.model.steps,
        guidance_scale=batch.model.guidance,
        generator=batch.generators(),
        callback_on_step_end=batch.steps,
        output_type="latent",
    ).images


def _conditions(pipe: Any, batch: Batch) -> Words:
    if pipe.config.is_distilled or not batch.model.is_guided:
        return batch.words()
    against = batch.words(negative=True)["prompt_embeds"]
    return batch.words() | {"negative_prompt_embeds": against}


def _inpainted(batch: Batch) -> dict[str, Any]:
    return {
        "image": batch.images(),
        "mask_image": batch.masks(),
        "image_reference": batch.references(),
        "strength": 1.0,
    }


def _edited(batch: Batch) -> dict[str, Any]:
    ask = batch.first
    pictures = [ask.image, *ask.references] if ask.image is not None else list(ask.references)
    return {"image": [Image.fromarray(picture) for picture in pictures]}
