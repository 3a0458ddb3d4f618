"""Z-Image: paints where the mask says, blending the known latents in at every step."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import ZImageInpaintPipeline, ZImagePipeline

from generation.inference.engines.diffusion.ask import Ask
from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.painting import vae
from generation.inference.engines.diffusion.painting.batch import Batch, Words

BASE = ZImagePipeline
MULTIPLE = 32  # ZImageTransformer2DModel pads its streams to this (diffusers 0.42.1)


class Inpaint(ZImageInpaintPipeline):
    """Encodes a batch of pictures once, where diffusers goes one by one and twice."""

    def prepare_latents(self, image: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        known = vae.encode(self.vae, image.to(self._execution_device))
        config = self.vae.config
        known = (known - config.shift_factor) * config.scaling_factor
        return super().prepare_latents(known, *args, **kwargs)

    def prepare_mask_latents(
        self,
        mask: torch.Tensor,
        masked_image: Any,
        count: int,
        height: int,
        width: int,
        dtype: torch.dtype,
        device: torch.device,
        generator: Any,
    ) -> tuple[torch.Tensor, None]:
        """The mask at the latents' size; this model never looks at the masked picture's."""
        pixels = self.vae_scale_factor
        small = torch.nn.functional.interpolate(mask, size=(height // pixels, width // pixels))
        return small.to(device=device, dtype=dtype), None


def options(pipe: Any) -> dict[str, Any]:
    """What of the checkpoint's own settings is not a component."""
    return {}


def encode_words(pipe: Any, text: str, model: Model) -> Words:
    """The prompt's own tokens, up to ``text_pad``; the model pads them to a multiple of 32."""
    words, _ = pipe.encode_prompt(
        prompt=text, do_classifier_free_guidance=False, max_sequence_length=model.text_pad
    )
    return {"prompt_embeds": words[0]}


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
        # This pipeline's scale of none is 0, not 1.
        guidance_scale=batch.model.guidance if batch.model.is_guided else 0.0,
        generator=batch.generators(),
        callback_on_step_end=batch.steps,
        output_type="latent",
    ).images
    config = pipe.vae.config
    return painted / config.scaling_factor + config.shift_factor


def _conditions(batch: Batch) -> dict[str, list[torch.Tensor]]:
    words = [batch.encode(ask.prompt)["prompt_embeds"] for ask in batch.asks]
    if not batch.model.is_guided:
        return {"prompt_embeds": words}
    against = [batch.encode(ask.negative_prompt)["prompt_embeds"] for ask in batch.asks]
    return {"prompt_embeds": words, "negative_prompt_embeds": against}


def padded_lengths(pipe: Any, model: Model, ask: Ask) -> tuple[int, ...]:
    """The lengths that the model pads an ask's prompts to.

    A longer neighbour would add masked padding to a prompt, and with it rounding (1e-6, measured).
    """
    texts = [ask.prompt, ask.negative_prompt] if model.is_guided else [ask.prompt]
    return tuple(-(-_length(pipe, text, model.text_pad) // MULTIPLE) for text in texts)


def _length(pipe: Any, text: str, most: int) -> int:
    chat = [{"role": "user", "content": text}]
    written = pipe.tokenizer.apply_chat_template(
        chat, tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    return min(len(pipe.tokenizer(written).input_ids), most)
