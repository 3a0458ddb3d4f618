"""A person's correction of an outline: strokes over a photo's preview, each says keep or remove.

Checks and keeps what the brush page sends. Cutting out with it is preprocessing's business, and
no array library is loaded here: this runs in the web process.
"""

from __future__ import annotations

import hashlib
import io
import uuid

from django.utils import timezone
from PIL import Image, UnidentifiedImageError

from generation.intake.accept import Source, accept
from generation.keys import outline_key, preview_key, strokes_key
from generation.models import Cutout, CutoutEdit, Generation, Lane, PublishMode
from integrations.models import SourceImage
from productviz.accounts.models import User, Workspace
from productviz.lib import files

MAX_BYTES = 2_000_000
MAX_SIDE = 4096
# The colours in which the brush page shows the labels: it draws the kept file as it is.
_PALETTE = (0, 0, 0, 214, 48, 49, 24, 160, 88)


class NotUsable(ValueError):
    """A correction that cannot be taken; the message is for the person who painted it."""


def save(
    workspace: Workspace, image: SourceImage, *, strokes: bytes, see_through: bool, user: User
) -> CutoutEdit:
    """Keep a correction in place of an earlier one of the same photo.

    ``strokes`` is a PNG of labels at the preview's size. Raises NotUsable.
    """
    size = _preview_size(workspace.pk, image)
    labels = _labels(strokes, size=size)
    if not see_through and max(labels) == CutoutEdit.UNTOUCHED:
        raise NotUsable("Nothing is painted yet. Paint what to keep or what to remove, then save.")
    picture = _drawn(labels, size)
    digest = hashlib.sha256(picture + (b"see-through" if see_through else b"")).hexdigest()
    key = strokes_key(workspace.pk, image.sha256, digest)
    files.put("work", key, picture)
    edit, _ = CutoutEdit.objects.update_or_create(
        workspace=workspace,
        source_sha256=image.sha256,
        defaults={
            "strokes_key": key,
            "digest": digest,
            "see_through": see_through,
            "created_by": user,
            "created_at": timezone.now(),
        },
    )
    return edit


def find(workspace: uuid.UUID, source_sha256: str) -> CutoutEdit | None:
    """The photo's correction, if it has one."""
    return CutoutEdit.objects.filter(workspace_id=workspace, source_sha256=source_sha256).first()


def forget(workspace: Workspace, image: SourceImage) -> bool:
    """Go back to the outline as it was found; whether there was a correction."""
    edits = CutoutEdit.objects.filter(workspace=workspace, source_sha256=image.sha256)
    return bool(edits.delete()[0])


def make_again(generation: Generation, user: User) -> Generation:
    """Ask for the same picture once more, at once: same product, preset and photos.

    Raises Refused where that cannot be made any more.
    """
    sources = generation.sources.select_related("image__product").order_by("position")
    return accept(
        product=generation.product,
        version=generation.preset_version,
        publish=PublishMode(generation.publish),
        lane=Lane.INTERACTIVE,
        requested_by=user,
        sources=[Source(row.image, row.role, row.height_cm) for row in sources],
    )


def is_ready(image: SourceImage) -> bool:
    """Whether the photo has been looked at, so that there is a preview to paint on."""
    return bool(image.sha256 and image.width)


def outline(workspace: Workspace, image: SourceImage) -> str | None:
    """The key of the newest cut-out's alpha, with its correction where it has been made."""
    edit = find(workspace.pk, image.sha256)
    models = list(
        Cutout.objects.filter(workspace=workspace, source_sha256=image.sha256)
        .order_by("-id")
        .values_list("model", flat=True)
    )
    corrected = [model for model in models if edit and model.endswith(edit.suffix)]
    plain = [model for model in models if "+strokes:" not in model]
    keys = [outline_key(workspace.pk, image.sha256, model) for model in (*corrected, *plain)]
    return next((key for key in keys if files.exists("work", key)), None)


def _preview_size(workspace: uuid.UUID, image: SourceImage) -> tuple[int, int]:
    try:
        preview = files.get("work", preview_key(workspace, image.sha256))
    except FileNotFoundError as error:
        raise NotUsable(
            "Make an image of this photo first; then its outline shows here."
        ) from error
    with Image.open(io.BytesIO(preview), formats=("WEBP",)) as picture:
        return picture.size


def _labels(data: bytes, *, size: tuple[int, int]) -> bytes:
    """One byte a pixel; nothing is decoded before the header is what it should be."""
    if len(data) > MAX_BYTES:
        raise NotUsable("The strokes are larger than 2 MB. Undo some of them.")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            _refuse_other_kind(picture, size)
            labels = picture.tobytes()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotUsable("The strokes did not arrive whole. Save them again.") from error
    if max(labels) > CutoutEdit.KEEP:
        raise NotUsable("The strokes hold something else than keep and remove. Paint them again.")
    return labels


def _refuse_other_kind(picture: Image.Image, size: tuple[int, int]) -> None:
    if picture.mode not in ("L", "P") or max(picture.size) > MAX_SIDE:
        raise NotUsable("The strokes must be a PNG of one channel. Paint them on this page.")
    if picture.size != size:
        raise NotUsable(
            f"The strokes are {picture.width} x {picture.height} pixels, and the photo is shown "
            f"with {size[0]} x {size[1]}. Load the page again and paint them on it."
        )


def _drawn(labels: bytes, size: tuple[int, int]) -> bytes:
    """Our own PNG of the labels, so that no byte from outside is ever served."""
    picture = Image.frombytes("P", size, labels)
    picture.putpalette(_PALETTE)
    out = io.BytesIO()
    picture.save(out, "PNG", transparency=0)
    return out.getvalue()
