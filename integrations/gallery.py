"""Where our pictures go in a gallery, worked out without touching anything.

The same answer comes out when our pictures are in the gallery already, so that an interrupted
publication can simply be planned again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType

from integrations.contract import GalleryState, Image, ImageFile, Permanent
from integrations.inputs import Ours
from integrations.models import PublicationItem

Entry = Image | ImageFile
Links = Mapping[str, Sequence[str]]


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
    links: Links = MappingProxyType({}),
    force: bool = False,
) -> tuple[Entry, ...]:
    """The gallery with our pictures in it, in order.

    ``targets`` maps each original to the image in its place; a picture takes over the variants
    that show it. ``links`` are the variants each image had before our first write, since a write
    that was cut off may have taken them away already. Raises Conflict where a picture's place is
    gone, unless ``force``: then it goes first.
    """
    first, last, by_target = _sorted(current, pieces, targets, force=force)
    moved = {id(piece) for piece in (*first, *last, *chain(*by_target.values()))}
    middle: list[Entry] = []
    for image in current.images:
        mine = [piece for piece in pieces if piece.is_in(image)]
        if any(id(piece) in moved for piece in mine):
            continue
        takers = by_target.get(image.external_id, ())
        if takers:
            shown_by = _taken_over(image, current, pieces, links)
            middle += [_entry(current, takers[0], shown_by)]
            middle += [_entry(current, piece) for piece in takers[1:]]
        else:
            middle.append(replace(image, alt=mine[0].file.alt) if mine else image)
    return (
        *(_entry(current, piece) for piece in first),
        *middle,
        *(_entry(current, piece) for piece in last),
    )


def _sorted(
    current: GalleryState, pieces: Sequence[Piece], targets: Mapping[str, str], *, force: bool
) -> tuple[list[Piece], list[Piece], dict[str, list[Piece]]]:
    """The pictures that go first, last, and in the place of an image. One that has its place
    already, because what it replaced is gone, is in none."""
    first = [piece for piece in pieces if piece.placement == PublicationItem.Placement.FIRST]
    last = [piece for piece in pieces if piece.placement == PublicationItem.Placement.LAST]
    by_target: dict[str, list[Piece]] = {}
    for piece in pieces:
        if piece.placement != PublicationItem.Placement.REPLACE:
            continue
        target = targets.get(piece.original, "")
        if target:
            by_target.setdefault(target, []).append(piece)
        elif any(map(piece.is_in, current.images)):
            continue
        elif force:
            first.append(piece)
        else:
            raise Conflict(
                "The image to be replaced is no longer in the product's gallery, so nothing was"
                " written. Publish anyway to put the new image first, or cancel."
            )
    return first, last, by_target


def _taken_over(
    target: Image, current: GalleryState, pieces: Sequence[Piece], links: Links
) -> tuple[str, ...]:
    """The variants that follow the picture: they show its target, or did before our first write
    and nothing else since."""
    elsewhere = {
        variant
        for image in current.images
        if image != target and not any(piece.is_in(image) for piece in pieces)
        for variant in image.variant_ids
    }
    had = (*target.variant_ids, *links.get(target.external_id, ()))
    return tuple(variant for variant in dict.fromkeys(had) if variant not in elsewhere)


def _entry(current: GalleryState, piece: Piece, shown_by: tuple[str, ...] = ()) -> Entry:
    """The picture for the adapter, with the variants that show it already."""
    image = next(filter(piece.is_in, current.images), None)
    if image is None:
        one = piece.entry
        return replace(one, variant_ids=shown_by) if isinstance(one, Image) else one
    variant_ids = tuple(dict.fromkeys((*image.variant_ids, *shown_by)))
    return replace(image, alt=piece.file.alt, variant_ids=variant_ids)


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
    words += [
        f"The image {names[one.external_id]} is shown by other variants than before."
        for one in wanted
        if one.external_id in have
        and set(have[one.external_id].variant_ids) != set(one.variant_ids)
    ]
    order = [image.external_id for image in found.images if image.external_id in names]
    if order != [key for key in names if key in have]:
        words.append("The images are in another order.")
    return words
