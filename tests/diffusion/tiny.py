"""Tiny pipelines of the real classes: random weights, and tokenizers made here.

A byte is a token, so any text can be read. Four VAE levels, as in the real ones: latents are an
eighth of the pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffusers
import torch
import transformers
from tokenizers import pre_tokenizers

SPECIAL = [
    f"<|{name}|>"
    for name in (
        "endoftext", "im_start", "im_end", "vision_start", "vision_end",
        "vision_pad", "image_pad", "video_pad",
    )
]  # fmt: skip
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LEVELS = 4
MERGED = 4  # patches that Qwen's vision tower merges into one token


def _letters() -> list[str]:
    return sorted(pre_tokenizers.ByteLevel.alphabet())


def clip_tokenizer() -> Any:
    """77 tokens, a letter each."""
    names = [*_letters(), *(f"{letter}</w>" for letter in _letters())]
    names += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: place for place, name in enumerate(names)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def qwen_tokenizer() -> Any:
    """A letter a token, and the chat's marks."""
    vocabulary = {letter: place for place, letter in enumerate(_letters())}
    tokenizer = transformers.Qwen2Tokenizer(
        vocab=vocabulary, merges=[], model_max_length=2048, extra_special_tokens=None
    )
    tokenizer.add_tokens(SPECIAL, special_tokens=True)
    tokenizer.chat_template = CHAT
    return tokenizer


def _clip_config(tokenizer: Any) -> Any:
    return transformers.CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=4, projection_dim=32, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip


def _qwen_sizes(tokenizer: Any, layers: int) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer), "hidden_size": 16, "intermediate_size": 16,
        "num_hidden_layers": layers, "num_attention_heads": 2, "num_key_value_heads": 2,
        "head_dim": 8, "max_position_embeddings": 2048,
    }  # fmt: skip


def _levels(channels: int) -> dict[str, Any]:
    return {
        "in_channels": 3, "out_channels": 3, "block_out_channels": (4, 4, 8, 8),
        "layers_per_block": 1, "latent_channels": channels, "norm_num_groups": 2,
        "down_block_types": ("DownEncoderBlock2D",) * LEVELS,
        "up_block_types": ("UpDecoderBlock2D",) * LEVELS, "sample_size": 64,
    }  # fmt: skip


def unet() -> Any:
    """SDXL's with nine input channels; 80 = six sizes of 8 and a pooled prompt of 32."""
    return diffusers.UNet2DConditionModel(
        sample_size=16, in_channels=9, out_channels=4, block_out_channels=(16, 32),
        layers_per_block=1, norm_num_groups=8, cross_attention_dim=64, attention_head_dim=(2, 4),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), transformer_layers_per_block=(1, 2),
        use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=80,
    )  # fmt: skip


def sdxl() -> Any:
    """An inpainting SDXL."""
    tokenizer = clip_tokenizer()
    config = _clip_config(tokenizer)
    return diffusers.StableDiffusionXLInpaintPipeline(
        vae=diffusers.AutoencoderKL(**_levels(4)),
        text_encoder=transformers.CLIPTextModel(config),
        text_encoder_2=transformers.CLIPTextModelWithProjection(config),
        tokenizer=tokenizer, tokenizer_2=clip_tokenizer(), unet=unet(),
        scheduler=diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"
        ),
        requires_aesthetics_score=False,
    )  # fmt: skip


def klein() -> Any:
    """A distilled FLUX.2 klein; its pipeline reads the encoder's layers 9, 18 and 27."""
    tokenizer = qwen_tokenizer()
    config = transformers.Qwen3Config(**_qwen_sizes(tokenizer, layers=28))
    return diffusers.Flux2KleinPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=diffusers.AutoencoderKLFlux2(
            **_levels(4), use_quant_conv=False, use_post_quant_conv=False
        ),
        text_encoder=transformers.Qwen3ForCausalLM(config), tokenizer=tokenizer,
        transformer=diffusers.Flux2Transformer2DModel(
            patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
            num_attention_heads=2, joint_attention_dim=48, axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        ),
        is_distilled=True,
    )  # fmt: skip


def z_image() -> Any:
    """A Z-Image; its padding tokens are made empty, and empty memory may hold NaN."""
    tokenizer = qwen_tokenizer()
    transformer = diffusers.ZImageTransformer2DModel(
        in_channels=16, dim=32, n_layers=2, n_refiner_layers=1, n_heads=2, n_kv_heads=2,
        cap_feat_dim=16, axes_dims=[8, 4, 4], axes_lens=[1024, 64, 64],
    )  # fmt: skip
    torch.nn.init.ones_(transformer.x_pad_token)
    torch.nn.init.ones_(transformer.cap_pad_token)
    config = transformers.Qwen3Config(**_qwen_sizes(tokenizer, layers=2))
    return diffusers.ZImagePipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=diffusers.AutoencoderKL(**_levels(16), scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=transformers.Qwen3Model(config), tokenizer=tokenizer, transformer=transformer,
    )  # fmt: skip


class QwenProcessor:
    """What the pipeline asks of Qwen2VLProcessor, by its parts that need no torchvision."""

    def __init__(self, tokenizer: Any, *, most_pixels: int) -> None:
        self._tokenizer = tokenizer
        self._pictures = transformers.Qwen2VLImageProcessorPil(
            min_pixels=28 * 28, max_pixels=most_pixels
        )

    def __call__(self, text: list[str], images: Any, **options: Any) -> Any:
        """Words with places for the pictures' tokens, and the patches."""
        seen = self._pictures(images=images, return_tensors="pt")
        for patches in seen["image_grid_thw"].prod(dim=1).tolist():
            text = [one.replace("<|image_pad|>", "<|place|>" * (patches // MERGED), 1)
                    for one in text]  # fmt: skip
        text = [one.replace("<|place|>", "<|image_pad|>") for one in text]
        return transformers.BatchFeature({**self._tokenizer(text, **options), **seen})


def qwen_edit() -> Any:
    """A Qwen-Image-Edit without its processor, which needs torchvision."""
    tokenizer = qwen_tokenizer()
    token = tokenizer.convert_tokens_to_ids
    config = transformers.Qwen2_5_VLConfig(
        text_config={
            **_qwen_sizes(tokenizer, layers=2), "eos_token_id": token("<|im_end|>"),
            "pad_token_id": token("<|endoftext|>"), "bos_token_id": None,
            "rope_parameters": {
                "mrope_section": [1, 1, 2], "rope_type": "default", "rope_theta": 1e6,
            },
        },
        vision_config={
            "depth": 2, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2,
            "out_hidden_size": 16, "fullatt_block_indexes": [1],
        },
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        image_token_id=token("<|image_pad|>"), video_token_id=token("<|video_pad|>"),
    )  # fmt: skip
    return diffusers.QwenImageEditPlusPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=diffusers.AutoencoderKLQwenImage(
            base_dim=8, z_dim=4, dim_mult=[1, 1, 2, 2], num_res_blocks=1,
            temperal_downsample=[False, True, True], latents_mean=[0.1] * 4, latents_std=[0.9] * 4,
        ),
        text_encoder=transformers.Qwen2_5_VLForConditionalGeneration(config),
        tokenizer=tokenizer, processor=None,
        transformer=diffusers.QwenImageTransformer2DModel(
            patch_size=2, in_channels=16, out_channels=4, num_layers=2, attention_head_dim=16,
            num_attention_heads=3, joint_attention_dim=16, axes_dims_rope=(8, 4, 4),
        ),
    )  # fmt: skip


BUILDERS: dict[str, Callable[[], Any]] = {
    "sdxl": sdxl,
    "klein": klein,
    "z_image": z_image,
    "qwen_edit": qwen_edit,
}
