"""Publications as the API reads and writes them."""

from __future__ import annotations

import re
from typing import Any, Literal, TypedDict, cast

from rest_framework import serializers

from generation.models import Asset
from integrations.api.access import images_of, products_of, stores_of
from integrations.api.shown import Shown, word
from integrations.events import Fault, action_of, item_status, publication_error
from integrations.models import Publication, PublicationItem, Snapshot
from integrations.preconditions import gallery_hash
from productviz.accounts.models import ApiKey
from productviz.api.fields import (
    Choice,
    Flag,
    Metadata,
    Moment,
    Owned,
    PublicId,
    Strict,
    Text,
    Whole,
)
from productviz.lib.ids import public_id

MAX_ITEMS = 50
ACTIONS = ("add", "replace", "set_primary")
_HASH = re.compile("[0-9a-f]{64}")


def assets_of(key: ApiKey) -> Any:
    """The assets of the products that the key may see."""
    there = Asset.objects.filter(workspace=key.workspace_id, deleted_at=None)
    return there.filter(product__in=products_of(key)).prefetch_related("renditions")


class ItemNew(Strict):
    """One picture and its place."""

    asset = Owned("ast", assets_of)
    action = Choice(choices=ACTIONS)
    replaces = Owned("img", images_of, required=False, allow_null=True)
    roles = serializers.ListField(child=Text(max_length=40), max_length=20, required=False)
    position = Whole(min_value=0, required=False, allow_null=True)
    alt_text = Text(max_length=255, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what no gallery here has, rather than pass over it."""
        if attrs.get("roles"):
            raise _unsupported("roles", "These galleries have no roles: use set_primary.")
        if attrs.get("position") not in (None, 0) or (
            attrs.get("position") == 0 and attrs["action"] != "set_primary"
        ):
            raise _unsupported(
                "position", "An image goes first (set_primary), last (add) or in another's place."
            )
        if (attrs["action"] == "replace") != bool(attrs.get("replaces")):
            raise serializers.ValidationError(
                {"replaces": ["Name the image that replace replaces, and none otherwise."]}
            )
        return attrs


def _unsupported(field: str, words: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [words]}, code="not_supported")


class Precondition(Strict):
    """What must be so at the first write."""

    gallery_hash = Text(max_length=64)

    def validate_gallery_hash(self, value: str) -> str:
        """A hash as products and publications show it."""
        if not _HASH.fullmatch(value):
            raise serializers.ValidationError("64 hexadecimal digits, in small letters.")
        return value


class PublicationNew(Strict):
    """Pictures to put into a product's gallery."""

    store = Owned("str", stores_of, required=False)
    product = Owned("prd", lambda key: products_of(key).select_related("store", "parent"))
    items = ItemNew(many=True, allow_empty=False, max_length=MAX_ITEMS)  # type: ignore[call-arg]
    scope = Text(max_length=100, required=False)
    on_conflict = Choice(choices=("fail", "overwrite"), required=False)
    originals = Choice(choices=("keep", "hide"), required=False)
    approve = Flag(required=False)
    precondition = Precondition(required=False)
    metadata = Metadata(required=False)

    def validate_scope(self, value: str) -> str:
        """These stores have one gallery for all their views."""
        if value != "all":
            raise serializers.ValidationError(
                "This store has one gallery for all its views: use “all”.", code="not_supported"
            )
        return value

    def validate_items(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """No asset twice."""
        if len({item["asset"].pk for item in value}) < len(value):
            raise serializers.ValidationError("An asset is twice in this list.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What belongs together, and what becomes of the originals."""
        product = attrs["product"]
        if "store" in attrs and attrs["store"].pk != product.store_id:
            raise serializers.ValidationError(
                {"product": serializers.ErrorDetail("It is in another store.", "not_found")}
            )
        for index, item in enumerate(attrs["items"]):
            _require_own(product.pk, index, item)
        _require_agreement(attrs)
        return attrs


def _require_own(product: Any, index: int, item: dict[str, Any]) -> None:
    if item["asset"].product_id != product:
        name, words = "asset", "This asset shows another product."
    elif item.get("replaces") and item["replaces"].product_id != product:
        name, words = "replaces", "This image is another product’s."
    else:
        return
    faults: list[Any] = [{} for _ in range(index)]
    faults.append({name: [serializers.ErrorDetail(words, "invalid")]})
    raise serializers.ValidationError({"items": faults})


def _require_agreement(attrs: dict[str, Any]) -> None:
    replaces = {item["action"] == "replace" for item in attrs["items"]}
    if "originals" in attrs and replaces != {attrs["originals"] == "hide"}:
        raise _unsupported(
            "originals",
            "An image that is replaced leaves the gallery (hide); add and set_primary keep all.",
        )


class ItemConfirm(Strict):
    """What a store did with one picture."""

    asset = PublicId("ast")
    ok = Flag()
    remote_id = Text(max_length=191, required=False)
    remote_url = serializers.URLField(max_length=2048, required=False)
    error = Text(max_length=500, required=False)


class Confirm(Strict):
    """What a store did with what was asked of it: each picture once."""

    items = ItemConfirm(many=True, allow_empty=False, max_length=MAX_ITEMS)  # type: ignore[call-arg]


class Retry(Strict):
    """How to try again."""

    on_conflict = Choice(choices=("fail", "overwrite"), required=False)


class Rollback(Strict):
    """How to put the gallery back."""

    force = Flag(required=False)


class ItemShown(TypedDict):
    """One picture of a publication."""

    asset: str
    action: Literal["add", "replace", "set_primary"]
    replaces: str | None
    alt_text: str
    status: str
    remote_id: str | None
    remote_url: str | None
    error: str | None


class ImageBefore(TypedDict):
    """One image of the gallery as it was."""

    external_id: str
    url: str
    alt_text: str


class PreconditionShown(TypedDict):
    """The gallery that was asked for, or found."""

    gallery_hash: str | None


class PublicationShown(Shown):
    """A write-back to a store, and its undo.

    ``gallery_before`` is what an undo brings back: a store that fetches its images restores it.
    """

    id = PublicId("pub", source="pk")
    object = word("publication")
    status = serializers.ChoiceField(choices=Publication.State.choices, source="state")
    store = PublicId("str", source="store_id")
    product = PublicId("prd", source="product_id")
    items = serializers.SerializerMethodField()
    snapshot_id = serializers.SerializerMethodField()
    gallery_before = serializers.SerializerMethodField()
    precondition = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField()
    differences = serializers.ListField(child=serializers.CharField())
    expires_at = Moment(allow_null=True)
    published_at = Moment(allow_null=True)
    rolled_back_at = Moment(allow_null=True)
    error = serializers.SerializerMethodField()

    def get_items(self, row: Publication) -> list[ItemShown]:
        """The pictures, as they were asked for."""
        items = sorted(row.items.all(), key=lambda item: item.pk)
        return [_item(item, row.state) for item in items]

    def get_snapshot_id(self, row: Publication) -> str | None:
        """The gallery as it was, once it is kept."""
        return public_id("snp", row.pk) if _snapshot(row) else None

    def get_gallery_before(self, row: Publication) -> list[ImageBefore] | None:
        """The images there were, in order."""
        snapshot = _snapshot(row)
        if snapshot is None:
            return None
        return [
            {"external_id": one["external_id"], "url": one["url"], "alt_text": one["alt"]}
            for one in snapshot.gallery
        ]

    def get_precondition(self, row: Publication) -> PreconditionShown:
        """The gallery that was asked for, or that was found."""
        snapshot = _snapshot(row)
        if row.gallery_hash or snapshot is None:
            return {"gallery_hash": row.gallery_hash or None}
        images = ((one["external_id"], one["alt"]) for one in snapshot.gallery)
        return {"gallery_hash": gallery_hash(images)}

    def get_attempts(self, row: Publication) -> int:
        """How often it was begun without coming further."""
        return row.attempt + row.retries

    def get_error(self, row: Publication) -> Fault | None:
        """What went wrong last."""
        return publication_error(row)


def _item(item: PublicationItem, state: str) -> ItemShown:
    return {
        "asset": public_id("ast", item.asset_id),
        "action": cast("Any", action_of(item)),
        "replaces": public_id("img", item.replaces_id) if item.replaces_id else None,
        "alt_text": item.alt,
        "status": item_status(item, state),
        "remote_id": item.external_id or None,
        "remote_url": item.external_url or None,
        "error": item.refused or None,
    }


def _snapshot(row: Publication) -> Snapshot | None:
    return getattr(row, "snapshot", None)
