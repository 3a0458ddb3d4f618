"""From linear light to a picture: exposure, white balance, shoulder, bloom and grain.

The exposure is metered on a white card on the stand, so that products photographed elsewhere and
set on any plate look equally bright there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from productviz.lib.pathtrace.materials import encoded
from productviz.lib.pathtrace.shapes import Floats

from .render import Metered
from .scene import Look

SHOULDER = 0.62  # linear light up to here is kept as it is; what is brighter is compressed
BALANCE = 0.7  # how much of the light's colour is taken out, as a photographer leaves some warmth


def develop(radiance: Floats, meter: Metered, look: Look, *, seed: int) -> NDArray[np.uint8]:
    """sRGB bytes, (h, w, 3), of linear radiance (h, w, 3)."""
    card = np.array(meter.whole)
    gain = 2**look.stops / card.mean() * (card.mean() / card) ** BALANCE
    exposed = np.clip(radiance * gain, 0, None)
    if look.bloom:
        exposed = exposed + look.bloom * (_scattered(exposed) - exposed)
    grain = np.random.default_rng(seed).standard_normal(exposed.shape[:2])[..., None] * look.grain
    dither = np.random.default_rng(seed + 1).uniform(-0.5, 0.5, exposed.shape)
    shown = encoded(_shoulder(exposed)) * 255 + grain + dither
    return np.asarray(np.clip(shown + 0.5, 0, 255), dtype=np.uint8)


def _scattered(exposed: Floats) -> Floats:
    wide = exposed.shape[0] / 60
    soft: Floats = gaussian_filter(np.minimum(exposed, 12), (wide, wide, 0))
    return soft


def _shoulder(exposed: Floats) -> Floats:
    room = 1 - SHOULDER
    bright = SHOULDER + room * (1 - np.exp(-(exposed - SHOULDER) / room))
    curve: Floats = np.where(exposed < SHOULDER, exposed, bright)
    return curve
