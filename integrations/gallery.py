"""Where our pictures go in a gallery, worked out without touching anything.

The same answer comes out when our pictures are in the gallery already, so that an interrupted
publication can simply be planned again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrations.contract import GalleryState, Image, ImageFile, Permanent
from integrations.inputs import Ours
from integrations.models import PublicationItem

Entry = Image | ImageFile


class Conflict(Permanent):
    """The gallery is no longer what the picture was made for; nothing was written."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="gallery_changed")


@dataclass(frozen=True, slots=True)
class Piece:
    """One picture to place. ``external_id`` is empty until the store has it; ``original`` is the
    image whose place it takes, empty where that is unknown or none is taken."""

    file: ImageFile
    placement: str
    original: str = ""
    external_id: str = ""

    @property
    def entry(self) -> Entry:
        """How the adapter is told about it."""
        if not self.external_id:
            return self.file
        return Image(self.external_id, "", self.file.alt)

    def is_in(self, image: Image) -> bool:
        """Whether this gallery image is the picture."""
        if self.external_id:
            return image.external_id == self.external_id
        return image.holds(self.file.filename)


def target_of(original: str, current: GalleryState, ours: Ours) -> str:
    """The gallery image to replace: the original, or an earlier picture of ours in its place."""
    if not original:
        return ""
    for image in current.images:
        if image.external_id == original:
            return original
    for image in current.images:
        if ours.original_of(image.external_id, image.url) == original:
            return image.external_id
    return ""


def plan(
    current: GalleryState,
    pieces: Sequence[Piece],
    *,
    targets: Mapping[str, str],
    force: bool = False,
) -> tuple[Entry, ...]:
    """The gallery with our pictures in it, in order.

    ``targets`` maps each original to the image in its place. Raises Conflict where a picture's
    place is gone, unless ``force``: then it goes first.
    """
    waiting = [piece for piece in pieces if not any(map(piece.is_in, current.images))]
    replacing = PublicationItem.Placement.REPLACE
    by_target: dict[str, list[Piece]] = {}
    first = [piece for piece in waiting if piece.placement == PublicationItem.Placement.FIRST]
    last = [piece for piece in waiting if piece.placement == PublicationItem.Placement.LAST]
    for piece in (piece for piece in waiting if piece.placement == replacing):
        target = targets.get(piece.original, "")
        if target:
            by_target.setdefault(target, []).append(piece)
        elif force:
            first.append(piece)
        else:
            raise Conflict(
                "The image to be replaced is no longer in the product's gallery, so nothing was"
                " written. Publish anyway to put the new image first, or cancel."
            )
    middle = [one for image in current.images for one in _placed(image, pieces, by_target)]
    return (*(p.entry for p in first), *middle, *(p.entry for p in last))


def _placed(
    image: Image, pieces: Sequence[Piece], by_target: Mapping[str, Sequence[Piece]]
) -> list[Entry]:
    mine = next((piece for piece in pieces if piece.is_in(image)), None)
    if mine is not None:
        return [Image(image.external_id, image.url, mine.file.alt)]
    if image.external_id in by_target:
        return [piece.entry for piece in by_target[image.external_id]]
    return [image]


def differences(wanted: Sequence[Image], found: GalleryState) -> list[str]:
    """In words: how the gallery differs from what it should be."""
    have = {image.external_id: image for image in found.images}
    names = {image.external_id: image.name or image.external_id for image in wanted}
    words = [f"The image {names[key]} is missing." for key in names if key not in have]
    words += [
        f"The image {image.name or image.external_id} was not there before."
        for image in found.images
        if image.external_id not in names
    ]
    words += [
        f"The alt text of {names[one.external_id]} is “{have[one.external_id].alt}” instead of"
        f" “{one.alt}”."
        for one in wanted
        if one.external_id in have and have[one.external_id].alt != one.alt
    ]
    order = [image.external_id for image in found.images if image.external_id in names]
    if order != [key for key in names if key in have]:
        words.append("The images are in another order.")
    return words
