"""A pinhole camera over a horizontal stand: world points to canvas pixels and back.

World: right-handed, z up, the stand is z = 0. Canvas: pixels from the top-left corner, the
centre of the first pixel at (0.5, 0.5). Knows no plates and no products.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the lens is and where it looks; ``fov`` in degrees, the same down as across."""

    position: Vector
    target: Vector
    up: Vector
    fov: float


@dataclass(frozen=True, slots=True)
class Projection:
    """The 3 x 4 matrix from homogeneous world points to homogeneous canvas pixels.

    The third coordinate is the depth in front of the lens, in world units.
    """

    matrix: Matrix

    def pixels(self, points: ArrayLike) -> Matrix:
        """Give canvas pixels (N x 2) of world points (N x 3) that lie in front of the lens."""
        seen = _homogeneous(points) @ self.matrix.T
        return np.asarray(seen[:, :2] / seen[:, 2:])

    def depths(self, points: ArrayLike) -> Matrix:
        """Give how far in front of the lens world points (N x 3) are; negative behind it."""
        return np.asarray((_homogeneous(points) @ self.matrix.T)[:, 2])

    @property
    def floor(self) -> Matrix:
        """The 3 x 3 homography from points (x, y, 1) of the stand's plane to canvas pixels."""
        return self.plane(0.0)

    def plane(self, z: float) -> Matrix:
        """Give the same for the level plane at ``z``."""
        level = self.matrix[:, 2] * z + self.matrix[:, 3]
        return np.column_stack([self.matrix[:, :2], level])

    def floor_point(self, x: float, y: float) -> tuple[float, float]:
        """Give the point of the stand's plane that a canvas pixel shows."""
        at = np.linalg.solve(self.floor, np.array([x, y, 1.0]))
        return float(at[0] / at[2]), float(at[1] / at[2])

    def scale_at(self, point: Vector) -> float:
        """Give canvas pixels per world unit, across the view, at the depth of a point."""
        across, ahead = self.matrix[0, :3], self.matrix[2, :3]
        # The row's share along the view only moves the principal point.
        focal = np.linalg.norm(across - (across @ ahead) * ahead)
        return float(focal / self.depths([point])[0])


def projection(camera: Camera, *, side: float, left: float, top: float) -> Projection:
    """Project onto a canvas that shows a part of the camera's square picture.

    The whole picture would be ``side`` canvas pixels wide; the canvas starts ``left`` and
    ``top`` canvas pixels into it.
    """
    position = np.array(camera.position, dtype=np.float64)
    ahead = _unit(np.array(camera.target) - position)
    across = _unit(np.cross(ahead, np.array(camera.up)))
    upwards = np.cross(across, ahead)
    focal = side / 2 / math.tan(math.radians(camera.fov) / 2)
    rotation = np.stack([across, -upwards, ahead])
    lens = np.array(
        [[focal, 0, side / 2 - left], [0, focal, side / 2 - top], [0, 0, 1]], dtype=np.float64
    )
    return Projection(lens @ np.column_stack([rotation, -rotation @ position]))


def _homogeneous(points: ArrayLike) -> Matrix:
    plain = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    return np.column_stack([plain, np.ones(len(plain))])


def _unit(vector: Matrix) -> Matrix:
    return np.asarray(vector / np.linalg.norm(vector))
