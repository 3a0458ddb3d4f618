"""Galleries: read whole, and brought to a wanted state step by step.

Shopify has no call that writes a gallery. Each step works out what is still to do from what the
store says now, so a write that was cut off anywhere is simply made again: attach, order, move the
variants' links, and only then take out, so that a shopper never sees a product without images.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from integrations.contract import GalleryState, Image, Permanent, Retryable
from integrations.platforms.shopify import files, waiting
from integrations.platforms.shopify.client import Client
from integrations.platforms.shopify.reading import whole

# Shopify takes this many variants in one call (2026-11).
_PAIRS = 100
_AFTER_JOB = 30.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A product's gallery now, and the variants that it has."""

    state: GalleryState
    variant_ids: frozenset[str]

    @property
    def ids(self) -> list[str]:
        """The media in order."""
        return [image.external_id for image in self.state.images]

    @property
    def links(self) -> dict[str, str]:
        """Which medium each variant shows."""
        return {
            variant: image.external_id
            for image in self.state.images
            for variant in image.variant_ids
        }


def read(client: Client, product_id: str) -> Shown:
    """Read a product's gallery afresh; raises Gone."""
    found = whole(client, product_id, name="gallery")
    variants = frozenset(str(row["id"]) for row in found.variants)
    return Shown(GalleryState(found.images), variants)


def write(
    client: Client, product_id: str, images: Sequence[Image], *, allow_empty: bool = False
) -> GalleryState:
    """Make the gallery exactly this; writes nothing where nothing differs.

    Raises Permanent where it would empty the gallery unasked, ImageGone for what is no more.
    """
    wanted = list({image.external_id: image for image in images}.values())
    now = read(client, product_id)
    if not wanted and now.ids and not allow_empty:
        raise Permanent(
            "This would remove every image of the product, so nothing was written.",
            code="gallery_would_be_empty",
        )
    ids = [image.external_id for image in wanted]
    # Not what appears from here on: somebody else is adding it.
    leaving = [one for one in now.ids if one not in ids]
    if describe_and_attach(client, product_id, wanted, now):
        now = read(client, product_id)
        require_there(now, wanted)
    order(client, product_id, now.ids, arranged(now.ids, ids))
    others = {key: one for key, one in now.links.items() if one not in (*ids, *leaving)}
    link(client, product_id, now, {**others, **links_of(wanted)})
    take_out(client, product_id, [one for one in leaving if one in now.ids])
    return read(client, product_id).state


def require_there(now: Shown, wanted: Iterable[Image]) -> None:
    """Raises Retryable where the gallery does not hold what was just attached."""
    if not {image.external_id for image in wanted}.issubset(now.ids):
        raise Retryable(
            "The product's gallery was changed in the store at the same moment.",
            code="store_busy",
        )


def describe_and_attach(
    client: Client, product_id: str, wanted: Sequence[Image], now: Shown
) -> bool:
    """Put what is missing at the gallery's end, and set the alt texts that differ."""
    here = {image.external_id: image for image in now.state.images}
    missing = [image.external_id for image in wanted if image.external_id not in here]
    alts = {one.external_id: one.alt for one in now.state.images}
    for node in files.settled(client, missing) if missing else ():
        if node["fileStatus"] == "FAILED":
            raise files.failure(node)
        alts[str(node["id"])] = str(node.get("alt") or "")
    changes: list[dict[str, object]] = []
    for image in wanted:
        change: dict[str, object] = {}
        if image.external_id not in here:
            change["referencesToAdd"] = [product_id]
        if image.alt != alts[image.external_id]:
            change["alt"] = image.alt
        if change:
            changes.append({"id": image.external_id, **change})
    _update(client, changes)
    return bool(changes)


def take_out(client: Client, product_id: str, leaving: Sequence[str]) -> None:
    """Take media out of the gallery; their files stay in the shop."""
    _update(client, [{"id": one, "referencesToRemove": [product_id]} for one in leaving])


def _update(client: Client, changes: Sequence[Mapping[str, object]]) -> None:
    if changes:
        subjects = [str(change["id"]) for change in changes]
        client.change("file_update", {"files": list(changes)}, subjects=subjects)


def order(client: Client, product_id: str, now: Sequence[str], wanted: Sequence[str]) -> None:
    """Bring the media into order, and wait until Shopify has done it."""
    moves = moves_between(now, wanted)
    if not moves:
        return
    rows = [{"id": one, "newPosition": str(place)} for one, place in moves]
    subjects = [one for one, _ in moves]
    variables = {"id": product_id, "moves": rows}
    job = client.change("media_reorder", variables, subjects=subjects).get("job")
    for wait in waiting.LOOKS:
        if job is None or job["done"]:
            return
        waiting.pause(wait)
        job = client.run("job", {"id": job["id"]})["job"]
    raise Retryable("Shopify is still sorting the gallery.", code="store_busy", after=_AFTER_JOB)


def arranged(now: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """``wanted``, with what is to leave still where it stood, before the next that stays: whoever
    goes on after an interruption must see which place was whose."""
    result, behind = list(wanted), ""
    for one in reversed(now):
        if one not in wanted:
            result.insert(result.index(behind) if behind else len(result), one)
        behind = one
    return result


def moves_between(now: Sequence[str], wanted: Sequence[str]) -> list[tuple[str, int]]:
    """The moves, made one after the other, that turn ``now`` into ``wanted``."""
    current, moves = list(now), []
    for place, one in enumerate(wanted):
        if current[place] != one:
            current.remove(one)
            current.insert(place, one)
            moves.append((one, place))
    return moves


def links_of(wanted: Sequence[Image]) -> dict[str, str]:
    """Which medium each variant is to show, the first that names it; else it is to show none."""
    return {
        variant: image.external_id for image in reversed(wanted) for variant in image.variant_ids
    }


def link(client: Client, product_id: str, now: Shown, wanted: Mapping[str, str]) -> None:
    """Let each variant show its medium; a variant that is no more is passed over."""
    present = {key: one for key, one in wanted.items() if key in now.variant_ids}
    lost = {key: one for key, one in now.links.items() if present.get(key) != one}
    new = {key: one for key, one in present.items() if now.links.get(key) != one}
    _pairs(client, "variant_detach", product_id, lost)
    _pairs(client, "variant_append", product_id, new)


def _pairs(client: Client, name: str, product_id: str, links: Mapping[str, str]) -> None:
    rows = [{"variantId": key, "mediaIds": [one]} for key, one in links.items()]
    for start in range(0, len(rows), _PAIRS):
        chunk = rows[start : start + _PAIRS]
        client.change(name, {"productId": product_id, "variantMedia": chunk})
