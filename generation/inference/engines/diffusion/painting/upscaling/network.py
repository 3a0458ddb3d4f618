"""The RRDB network of ESRGAN and Real-ESRGAN, sized by its weights file.

X. Wang et al., "ESRGAN" (2018) and "Real-ESRGAN" (2021); layer names are those of their weights.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

GROWTH_LAYERS = 5
RESIDUAL = 0.2


class DenseBlock(nn.Module):
    """Five convolutions, each seeing all results before it."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        for place in range(1, GROWTH_LAYERS + 1):
            out = growth if place < GROWTH_LAYERS else features
            layer = nn.Conv2d(features + (place - 1) * growth, out, 3, padding=1)
            self.add_module(f"conv{place}", layer)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """B x features x H x W to the same."""
        seen = given
        for place in range(1, GROWTH_LAYERS):
            made = functional.leaky_relu(self.get_submodule(f"conv{place}")(seen), 0.2)
            seen = torch.cat((seen, made), dim=1)
        last: torch.Tensor = self.get_submodule(f"conv{GROWTH_LAYERS}")(seen)
        return last * RESIDUAL + given


class ResidualBlock(nn.Module):
    """Three dense blocks and a way around them."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        self.rdb1 = DenseBlock(features, growth)
        self.rdb2 = DenseBlock(features, growth)
        self.rdb3 = DenseBlock(features, growth)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """B x features x H x W to the same."""
        made: torch.Tensor = self.rdb3(self.rdb2(self.rdb1(given)))
        return made * RESIDUAL + given


class Upscaler(nn.Module):
    """Enlarges B x 3 x H x W in 0..1 by ``scale`` (2 or 4).

    The twofold network folds 2 x 2 pixels into channels first and works at half the size.
    """

    def __init__(self, *, scale: int, features: int, blocks: int, growth: int) -> None:
        super().__init__()
        self.scale = scale
        self.features = features
        self.folded = 4 // scale
        self.conv_first = nn.Conv2d(3 * self.folded**2, features, 3, padding=1)
        self.body = nn.Sequential(*(ResidualBlock(features, growth) for _ in range(blocks)))
        for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
            self.add_module(name, nn.Conv2d(features, features, 3, padding=1))
        self.conv_last = nn.Conv2d(features, 3, 3, padding=1)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """Enlarge; H and W are multiples of ``folded``."""
        first = self.conv_first(functional.pixel_unshuffle(given, self.folded))
        made = first + self.get_submodule("conv_body")(self.body(first))
        for name in ("conv_up1", "conv_up2"):
            larger = functional.interpolate(made, scale_factor=2, mode="nearest")
            made = functional.leaky_relu(self.get_submodule(name)(larger), 0.2)
        made = functional.leaky_relu(self.get_submodule("conv_hr")(made), 0.2)
        last: torch.Tensor = self.conv_last(made)
        return last


def open_upscaler(folder: Path, dtype: torch.dtype) -> Upscaler:
    """Load the one safetensors file of ``folder``.

    Raises FileNotFoundError without one, and RuntimeError or KeyError for another network's.
    """
    file = next(iter(sorted(folder.glob("*.safetensors"))), None)
    if file is None:
        raise FileNotFoundError(f"There is no safetensors file in {folder.name}.")
    weights = load_file(file)
    network = Upscaler(**_sizes(weights))
    network.load_state_dict(weights)
    return network.to(dtype).eval()


def _sizes(weights: dict[str, torch.Tensor]) -> dict[str, int]:
    features, channels = weights["conv_first.weight"].shape[:2]
    folded = {3: 1, 12: 2}[channels]
    return {
        "scale": 4 // folded,
        "features": features,
        "growth": weights["body.0.rdb1.conv1.weight"].shape[0],
        "blocks": len({key.split(".")[1] for key in weights if key.startswith("body.")}),
    }
