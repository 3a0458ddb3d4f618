"""Closed-form matting on the uncertain band only: exact alpha where a network is soft.

Levin, Lischinski and Weiss, "A closed-form solution to natural image matting" (2008). The
system is set up for the unknown pixels alone and vectorised, so it needs no compiler and no
warm-up, and its cost grows with the length of the edge rather than the size of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .pixels import Gray, Mask, Plane, Rgb

GROUND, UNKNOWN, OBJECT = 0, 128, 255
"""Values of a trimap."""

# Levin's regulariser for three channels in 0..1; larger values blur hair, smaller ones add noise.
_EPSILON = 1e-6
_WINDOW = 9
_TOLERANCE = 3e-4
_MAX_ITERATIONS = 400

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Pixel positions of a picture of `width`, as offsets in its flat array."""

    width: int

    @property
    def window(self) -> Indices:
        """Offsets of the 3 x 3 pixels around a centre."""
        return self._square(1)

    @property
    def reach(self) -> Indices:
        """Offsets of the 5 x 5 pixels that share a window with a pixel."""
        return self._square(2)

    def _square(self, radius: int) -> Indices:
        steps = np.arange(-radius, radius + 1)
        return (steps[:, None] * self.width + steps[None, :]).ravel()


def closed_form_alpha(rgb: Rgb, trimap: Gray, *, prior: Plane, prior_weight: float) -> Plane:
    """Solve alpha (float32 H x W, 0..1) in the unknown part of `trimap`.

    `prior` is a first guess of alpha (0..1); it starts the solver, and `prior_weight` says how
    strongly it holds where colour tells nothing (flat areas of one colour on both sides).
    """
    alpha = np.where(trimap == OBJECT, 1.0, 0.0)
    unknown = trimap == UNKNOWN
    if not unknown.any():
        return alpha.astype(np.float32)
    rows = np.flatnonzero(unknown)
    matrix, known = _reduced_laplacian(rgb, unknown, alpha.ravel())
    guess = np.clip(prior.ravel()[rows], 0.0, 1.0).astype(np.float32)
    matrix = (matrix + sp.identity(len(rows), format="csr") * prior_weight).astype(np.float32)
    right = (known + prior_weight * guess).astype(np.float32)
    alpha.ravel()[rows] = _solve(matrix, right, guess)
    return np.clip(alpha, 0.0, 1.0).astype(np.float32)


def _solve(matrix: sp.csr_matrix, right: Floats, guess: Floats) -> Floats:
    """Conjugate gradients with the diagonal as preconditioner; the last iterate is good enough.

    Written out because scipy's solver goes through threaded BLAS for vectors this short and
    spends ten times the CPU waiting.
    """
    scale = 1.0 / np.maximum(matrix.diagonal(), 1e-9)
    found = guess
    rest = right - matrix @ found
    step = scale * rest
    energy = _dot(rest, step)
    enough = _TOLERANCE**2 * _dot(right, right)
    for _ in range(_MAX_ITERATIONS):
        if _dot(rest, rest) <= enough:
            break
        image = matrix @ step
        length = energy / _dot(step, image)
        found = found + length * step
        rest = rest - length * image
        fresh = scale * rest
        previous, energy = energy, _dot(rest, fresh)
        step = fresh + np.float32(energy / previous) * step
    return found


def _dot(one: Floats, other: Floats) -> np.float32:
    return np.float32(np.einsum("i,i->", one, other))


def _reduced_laplacian(rgb: Rgb, unknown: Mask, alpha: Doubles) -> tuple[sp.csr_matrix, Doubles]:
    """Give the matting Laplacian among unknown pixels and what the known ones add on the right."""
    height, width = unknown.shape
    grid = _Grid(width)
    rows = np.flatnonzero(unknown)
    entries = _entries(rgb, unknown, grid)
    columns = np.clip(rows[:, None] + grid.reach[None, :], 0, height * width - 1)
    inside = unknown.ravel()[columns] & (entries != 0)
    right = -np.where(unknown.ravel()[columns], 0.0, entries * alpha[columns]).sum(axis=1)
    number = np.full(height * width, -1, dtype=np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    starts = np.concatenate(([0], np.cumsum(inside.sum(axis=1))))
    matrix = sp.csr_matrix(
        (entries[inside], number[columns[inside]], starts), shape=(len(rows), len(rows))
    )
    return matrix, right


def _entries(rgb: Rgb, unknown: Mask, grid: _Grid) -> Floats:
    """Give the 25 Laplacian entries of each unknown pixel, in the order of `grid.reach`."""
    centres = _window_centres(unknown)
    affinity = _affinities(rgb.reshape(-1, 3), centres, grid)
    window_of = np.full(unknown.size, len(centres), dtype=np.int64)
    window_of[centres] = np.arange(len(centres))
    # One more window of zeros stands for those that would leave the picture.
    affinity = np.concatenate((affinity, np.zeros((1, _WINDOW, _WINDOW), dtype=np.float32)))
    rows = np.flatnonzero(unknown)
    entries = np.zeros((len(rows), grid.reach.size), dtype=np.float32)
    positions = np.arange(_WINDOW)
    for here in range(_WINDOW):
        centre = np.clip(rows - grid.window[here], 0, unknown.size - 1)
        slots = _slot(positions) - _slot(np.array(here)) + 12
        entries[:, slots] += affinity[window_of[centre], here]
    return entries


def _slot(position: Indices) -> Indices:
    """Give the place of a 3 x 3 position in a 5 x 5 neighbourhood counted from its top left."""
    return position // 3 * 5 + position % 3


def _window_centres(unknown: Mask) -> Indices:
    """Give the flat index of every 3 x 3 window inside the picture that holds an unknown pixel."""
    touched = np.zeros_like(unknown)
    inner = touched[1:-1, 1:-1]
    height, width = unknown.shape
    for dy in range(3):
        for dx in range(3):
            inner |= unknown[dy : height - 2 + dy, dx : width - 2 + dx]
    return np.flatnonzero(touched)


def _affinities(colors: NDArray[np.uint8], centres: Indices, grid: _Grid) -> Floats:
    """Give delta_ij - (1 + (I_i - m) S^-1 (I_j - m)) / 9 for each window, N x 9 x 9 (eq. 12).

    Flat windows need doubles for the inverse; what comes of it lies within -1..1.
    """
    window = colors[centres[:, None] + grid.window[None, :]] / 255.0
    apart = window - window.mean(axis=1, keepdims=True)
    spread = apart.transpose(0, 2, 1) @ apart / _WINDOW
    spread[:, range(3), range(3)] += _EPSILON / _WINDOW
    whitened = apart @ np.linalg.inv(spread)
    tied = np.eye(_WINDOW) - (1.0 + whitened @ apart.transpose(0, 2, 1)) / _WINDOW
    return np.asarray(tied, dtype=np.float32)
