from __future__ import annotations

import io

import numpy as np
from PIL import Image

from generation.postprocessing.encode import encode
from generation.provenance.xmp import xmp_packet
from generation.spec import Output


def test_pure_noise_at_full_quality_is_encoded_all_the_same() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (800, 800, 3), dtype=np.uint8)
    output = Output(name="main", width=800, height=800)

    data = encode(Image.fromarray(noise), output, xmp=xmp_packet("http://example.com/type"))

    with Image.open(io.BytesIO(data)) as image:
        assert np.abs(np.asarray(image).astype(int) - noise).mean() < 3
