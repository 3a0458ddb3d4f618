"""Cut out pictures with rembg, the peer, in its own environment: nothing of ours is imported.

Prints one JSON line: seconds an image, plain and with alpha matting; writes the alphas.
"""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path

from PIL import Image
from rembg import new_session, remove  # type: ignore[import-not-found]


def main() -> None:
    """Arguments: the network's name, the folder for alphas, then the pictures."""
    network, out, *pictures = sys.argv[1:]
    session = new_session(network)
    result = {}
    for mode, options in (("plain", {}), ("matting", {"alpha_matting": True})):
        remove(Path(pictures[0]).read_bytes(), session=session, **options)
        started = time.perf_counter()
        for picture in pictures:
            png = remove(Path(picture).read_bytes(), session=session, **options)
            alpha = Path(out) / f"{Path(picture).stem}-{mode}.png"
            alpha.write_bytes(png)
        result[mode] = (time.perf_counter() - started) / len(pictures)
    for path in Path(out).glob("*.png"):
        Image.open(io.BytesIO(path.read_bytes())).getchannel("A").save(path)
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main()
