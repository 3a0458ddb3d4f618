"""Rows of the media library: adding, touching and removing attachments.

The HTTP side is in `media.py`; the file work in `pictures.py`.
"""

from __future__ import annotations

from pathlib import Path

from . import pictures
from .markup import slug
from .state import State
from .tables import Attachment


def add_attachment(
    state: State,
    *,
    name: str,
    data: bytes,
    mime_type: str,
    author: int,
    parent_id: int = 0,
    title_with_extension: bool = False,
) -> Attachment:
    """Store the bytes under a free name and add the row (files named as WordPress does)."""
    gmt, local = state.stamps()
    with state.lock:
        stored = pictures.store(
            state.uploads,
            f"{local[:4]}/{local[5:7]}",
            name=name,
            data=data,
            mime_type=mime_type,
        )
        file = Path(stored.file)
        original = stored.original_file or file.name
        title = original if title_with_extension else Path(original).stem
        row = Attachment(
            id=state.new_post_id(),
            author=author,
            parent_id=parent_id,
            file=stored.file,
            mime_type=mime_type,
            title=title,
            slug=free_slug(state, slug(title)),
            width=stored.width,
            height=stored.height,
            filesize=stored.filesize,
            created_gmt=gmt,
            created_local=local,
            modified_gmt=gmt,
            modified_local=local,
            sizes=stored.sizes,
            original_file=stored.original_file,
        )
        state.tables.attachments[row.id] = row
        return row


def touch_attachment(state: State, row: Attachment) -> None:
    """Raise the attachment's modification time."""
    row.modified_gmt, row.modified_local = state.stamps()


def remove_attachment(state: State, row: Attachment) -> None:
    """Delete row and files; products that used it lose it silently (measured)."""
    folder = (state.uploads / row.file).parent
    names = {Path(row.file).name, row.original_file, *(size.file for size in row.sizes.values())}
    with state.lock:
        del state.tables.attachments[row.id]
        for product in state.tables.products.values():
            product.image_ids = [n for n in product.image_ids if n != row.id]
            product.variation_gallery_ids = [
                n for n in product.variation_gallery_ids if n != row.id
            ]
    for name in names - {""}:
        (folder / name).unlink(missing_ok=True)


def free_slug(state: State, wanted: str) -> str:
    """Return `wanted`, numbered where another post has it."""
    taken = {row.slug for row in state.tables.attachments.values()}
    taken |= {row.slug for row in state.tables.products.values()}
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate
