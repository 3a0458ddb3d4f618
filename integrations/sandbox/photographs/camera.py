"""The camera and its faults: where it stands, how it exposes, and how it turns light into a JPEG.

Not a calibrated sensor model: grain, vignette, tone curve and sharpening are those a merchant's
phone shows.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms
from scipy.ndimage import gaussian_filter

from productviz.lib.pathtrace.materials import encoded
from productviz.lib.pathtrace.shapes import Floats
from productviz.lib.pathtrace.tracer import Lens

LARGEST_FILE = 196_000  # bytes; the demo catalog travels inside the repository
ORIENTATION = 0x0112  # EXIF tag; 3 means "turn by 180 degrees to see it upright"
MIDDLE_GREY = 0.18


@dataclass(frozen=True, slots=True)
class Camera:
    """Looks at `target` (cm) from `distance` cm; angles in degrees, `aperture` is the lens
    radius in cm.
    """

    elevation: float = 18.0
    distance: float = 70.0
    azimuth: float = 0.0
    target: tuple[float, float, float] = (0.0, 0.0, 5.0)
    view: float = 28.0
    roll: float = 0.0
    aperture: float = 0.25
    size: tuple[int, int] = (1440, 1080)

    @property
    def origin(self) -> Floats:
        """Where the lens is, (3,) cm."""
        up, around = np.radians(self.elevation), np.radians(self.azimuth)
        flat = np.array([np.sin(around), -np.cos(around)]) * np.cos(up)
        place: Floats = np.array(self.target) + self.distance * np.array([*flat, np.sin(up)])
        return place

    @property
    def up(self) -> Floats:
        """The upward axis after the roll, (3,)."""
        ahead = (np.array(self.target) - self.origin) / self.distance
        right = np.cross(ahead, [0.0, 0.0, 1.0] if self.elevation < 89 else [0.0, 1.0, 0.0])
        right = right / np.linalg.norm(right)
        above = np.cross(right, ahead)
        turn = np.radians(self.roll)
        tilted: Floats = above * np.cos(turn) + right * np.sin(turn)
        return tilted

    @property
    def lens(self) -> Lens:
        """The camera as the path tracer knows it, in focus at the target."""
        x, y, z = (float(value) for value in self.origin)
        right, ahead, above = (float(value) for value in self.up)
        return Lens(
            origin=(x, y, z),
            target=self.target,
            up=(right, ahead, above),
            view=self.view,
            aperture=self.aperture,
            focus=self.distance,
            size=self.size,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """Exposure in stops against the meter, white balance as red and blue gain, and the strength
    of the faults.
    """

    stops: float = 0.0
    red: float = 1.0
    blue: float = 1.0
    contrast: float = 0.25
    grain: float = 0.012
    vignette: float = 0.22
    softness: float = 0.6


def develop(light: Floats, look: Look, *, seed: int) -> Image.Image:
    """Scene-linear radiance (h, w, 3) to an sRGB picture, as a phone would."""
    grey = light @ np.array([0.2126, 0.7152, 0.0722])
    metered = 0.5 * grey.mean() + 0.5 * np.exp(np.log(grey + 1e-4).mean())
    exposed = light * (MIDDLE_GREY * 2**look.stops / metered)
    exposed = exposed * np.array([look.red, 1.0, look.blue])
    exposed = gaussian_filter(exposed, (look.softness, look.softness, 0)) * _falloff(
        grey.shape, look
    )
    grainy = np.clip(exposed + _grain(exposed, look.grain, seed), 0, None)
    shown = encoded(1 - np.exp(-1.35 * grainy))
    shown = shown - look.contrast * np.sin(2 * np.pi * shown) / (2 * np.pi)
    shown = shown + 0.45 * (shown - gaussian_filter(shown, (1.1, 1.1, 0)))
    return Image.fromarray((np.clip(shown, 0, 1) * 255 + 0.5).astype(np.uint8))


def _falloff(shape: tuple[int, ...], look: Look) -> Floats:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    light: Floats = 1 - look.vignette * ((x**2 + y**2) / 2) ** 1.3
    return light[..., None]


def _grain(exposed: Floats, strength: float, seed: int) -> Floats:
    """Photon noise with the blotchy colour that a phone's own denoising leaves."""
    white = np.random.default_rng(seed).standard_normal(exposed.shape)
    fine = gaussian_filter(white[..., :1], (0.6, 0.6, 0)) * 1.7
    blotch = gaussian_filter(white, (2.2, 2.2, 0)) * 3.0
    level: Floats = strength * np.sqrt(np.clip(exposed, 0, 1) + 0.01) * (fine + 0.55 * blotch)
    return level


def _srgb_profile() -> bytes:
    """LittleCMS's sRGB profile, dated 1 January 2026: its bytes 24 to 35 would tell the time."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + profile[36:]


def save_photo(picture: Image.Image, path: Path, *, upside_down: bool = False) -> None:
    """Write an sRGB JPEG of at most `LARGEST_FILE` bytes; `upside_down` stores it turned, with
    the EXIF tag. Raises `ValueError` when the picture is too noisy to fit.
    """
    exif = Image.Exif()
    exif[ORIENTATION] = 3 if upside_down else 1
    stored = picture.transpose(Image.Transpose.ROTATE_180) if upside_down else picture
    profile = _srgb_profile()
    for quality in range(88, 50, -3):
        buffer = io.BytesIO()
        stored.save(buffer, "JPEG", quality=quality, exif=exif, icc_profile=profile, optimize=True)
        if buffer.tell() <= LARGEST_FILE:
            path.write_bytes(buffer.getvalue())
            return
    limit = f"{path.name} does not fit {LARGEST_FILE} bytes"
    raise ValueError(f"{limit}; give it less grain or fewer pixels.")
