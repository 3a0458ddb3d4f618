"""Files as the world sees them: contents under /cdn/files, with Shopify's `width` parameter."""

from __future__ import annotations

import io

from PIL import Image, ImageOps
from werkzeug.utils import send_file
from werkzeug.wrappers import Request, Response

from .state import State
from .synthetic import draw
from .tables import Media, Shop


def serve(state: State, shop: Shop, request: Request, name: str) -> Response:
    """Serve a published file; 404 while it is not READY."""
    with state.lock:
        media = next((one for one in shop.media.values() if one.filename == name), None)
    if media is None or not (media.file or media.drawn):
        return Response("Not Found", 404)
    width = request.args.get("width", "")
    if width.isdecimal() and 0 < int(width) < media.width:
        return Response(_narrowed(content(state, media), int(width)), mimetype="image/jpeg")
    if media.drawn:
        return Response(draw(media.drawn), mimetype=media.mime_type)
    file = (state.uploads / media.file).resolve()
    return send_file(file, request.environ, mimetype=media.mime_type)


def content(state: State, media: Media) -> bytes:
    """Return a published file's bytes."""
    return draw(media.drawn) if media.drawn else (state.uploads / media.file).read_bytes()


def _narrowed(data: bytes, width: int) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        small = ImageOps.exif_transpose(image).convert("RGB")
    small.thumbnail((width, 100 * width))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=85)
    return out.getvalue()
