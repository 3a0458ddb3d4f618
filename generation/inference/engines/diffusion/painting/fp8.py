"""Linear layers in eight-bit floating point, for GPUs that multiply it (Hopper and later)."""

from __future__ import annotations

import torch
from torch import nn

HIGHEST = 448.0  # the largest finite number of float8_e4m3fn
SMALLEST_SIDE = 1024  # below it, scaling costs more than the product saves


class Fp8Linear(nn.Module):
    """A linear layer with one scale a weight row and one an input row, found anew for each input.

    Where the device cannot multiply eight-bit numbers, the same rounded numbers are multiplied in
    float32: slow, and for tests.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight, scale = _rounded(linear.weight.detach())
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale)
        self.bias = linear.bias

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """Multiply; the result has the input's dtype."""
        rows, scale = _rounded(given.reshape(-1, given.shape[-1]))
        product = self._product(rows, scale, given.dtype)
        if self.bias is not None:
            product = product + self.bias
        return product.reshape(*given.shape[:-1], -1)

    def _product(self, rows: torch.Tensor, scale: torch.Tensor, to: torch.dtype) -> torch.Tensor:
        if rows.device.type == "cuda":
            # Row-wise scales give bfloat16 only (torch 2.13).
            product = torch._scaled_mm(
                rows, self.weight.t(), scale_a=scale, scale_b=self.scale.t(),
                out_dtype=torch.bfloat16,
            )  # fmt: skip
            return product.to(to)
        return ((rows.float() @ self.weight.float().t()) * scale * self.scale.t()).to(to)


def use_fp8(network: nn.Module, smallest_side: int = SMALLEST_SIDE) -> int:
    """Replace a network's large linear layers in place; how many there were."""
    found = [
        (owner, name, child)
        for owner in network.modules()
        for name, child in owner.named_children()
        if isinstance(child, nn.Linear) and _is_worth_it(child, smallest_side)
    ]
    for owner, name, child in found:
        setattr(owner, name, Fp8Linear(child))
    return len(found)


def _is_worth_it(linear: nn.Linear, smallest_side: int) -> bool:
    sides = (linear.in_features, linear.out_features)
    return min(sides) >= smallest_side and all(side % 16 == 0 for side in sides)


def _rounded(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows as float8 and the float32 scale of each, N x 1."""
    scale = rows.abs().amax(dim=1, keepdim=True).float().clamp(min=1e-8) / HIGHEST
    return (rows.float() / scale).to(torch.float8_e4m3fn), scale.contiguous()
