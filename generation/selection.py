"""Which products are meant: a rule over a store's catalog, kept as JSON and read anew each time.

The dashboard, the API, batches and schedules choose with it. It names no preset: whether a product
can be made a picture of is intake's to say.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Lower

from generation.intake.sources import GROUPS
from generation.models import Generation
from generation.spec import Kind
from integrations.models import Product, SourceImage, Store
from productviz.lib.ids import parse_public_id, public_id

MOST_IDS = 1000
MOST_WORDS = 50
LONGEST = 500
STATUSES = tuple(one for one in Product.Status.values if one != Product.Status.DELETED)
# By the product's newest image; "none" has no image yet, "working" one on its way.
MADE = ("none", "working", "awaiting_review", "succeeded", "failed")


@dataclass(frozen=True, slots=True)
class Selector:
    """Products of one store; every part that is given must hold, and nothing given is all of it.

    ``status`` and ``tags``: any of them. ``category`` is a part of the category's path, ``query``
    of title or SKU. ``variants``: the variants of what was found, too; without it only those that
    ``product_ids`` names.
    """

    status: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    category: str = ""
    product_ids: tuple[uuid.UUID, ...] = ()
    query: str = ""
    made: str = ""
    variants: bool = False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Selector:
        """Read what ``to_json`` writes, or an API client; ValueError says what is wrong."""
        unknown = set(value) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"A selector has no “{min(unknown)}”.")
        variants = value.get("variants", False)
        if not isinstance(variants, bool):
            raise ValueError("“variants” must be true or false.")
        return cls(
            status=_choices("status", _words("status", value), STATUSES),
            tags=_words("tags", value),
            category=_text("category", value.get("category", "")),
            product_ids=tuple(map(_product_id, _list("product_ids", value, most=MOST_IDS))),
            query=_text("query", value.get("query", "")),
            made=_made(value.get("made", "")),
            variants=variants,
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON, without the parts that are not given; ids are public ids."""
        ids = [public_id(Product.PREFIX, pk) for pk in self.product_ids]
        parts = {**asdict(self), "product_ids": ids}
        return {
            name: list(part) if isinstance(part, tuple) else part
            for name, part in parts.items()
            if part
        }

    def products(self, store: Store) -> QuerySet[Product]:
        """The store's products that are meant now; in no order."""
        living = Product.objects.filter(store=store).exclude(status=Product.Status.DELETED)
        found = self._narrowed(living)
        if not self.variants:
            return found
        ids = found.values("pk")
        return living.filter(Q(pk__in=ids) | Q(parent__in=ids))

    def _narrowed(self, rows: QuerySet[Product]) -> QuerySet[Product]:
        given = Q(pk__in=self.product_ids) if self.product_ids else Q(parent=None)
        if self.status:
            given &= Q(status__in=self.status)
        if self.category:
            given &= Q(category_path__icontains=self.category)
        if self.query:
            given &= Q(title__icontains=self.query) | Q(sku__icontains=self.query)
        rows = rows.filter(given)
        if self.tags:
            rows = rows.filter(_any_of([_HasTag(tag) for tag in self.tags]))
        return _by_newest_image(rows, self.made)


def has_photo() -> Exists:
    """Whether a product has a photo of its own to work from."""
    return Exists(_own_photos())


def usable(rows: QuerySet[Product], kind: Kind) -> QuerySet[Product]:
    """Those with the photographs that a kind of picture takes; intake looks closer at each."""
    if kind not in GROUPS and kind != "ghost_mannequin":
        return rows.filter(has_photo())
    own = _own_photos().order_by().values("product").annotate(n=Count("pk")).values("n")
    enough = Q(own__gte=2)
    rows = rows.annotate(own=Subquery(own))
    if kind in GROUPS:
        shown = SourceImage.objects.filter(
            product__parent=OuterRef("pk"),
            product__status=Product.Status.ACTIVE,
            is_generated=False,
        )
        family = (
            shown.order_by().values("product__parent").annotate(n=Count("product", distinct=True))
        )
        rows = rows.annotate(family=Subquery(family.values("n")))
        enough |= Q(family__gte=2)
    return rows.filter(enough)


def _own_photos() -> QuerySet[SourceImage]:
    return SourceImage.objects.usable().filter(product=OuterRef("pk"))


def _by_newest_image(rows: QuerySet[Product], made: str) -> QuerySet[Product]:
    if not made:
        return rows
    newest = Generation.objects.filter(product=OuterRef("pk")).order_by("-id")
    rows = rows.annotate(made=Subquery(newest.values("status")[:1]))
    if made == "none":
        return rows.filter(made=None)
    return rows.filter(made__in=Generation.WAITING if made == "working" else [made])


class _HasTag(Func):
    """Whether the JSON list of tags holds one, whatever its case: each database in its words."""

    function = "json_each"
    template = "EXISTS(SELECT 1 FROM %(function)s(%(expressions)s))"
    arg_joiner = ") WHERE LOWER(value) = ("
    output_field = BooleanField()

    def __init__(self, tag: str, **extra: Any) -> None:
        super().__init__(F("tags"), Lower(Value(tag)), **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """PostgreSQL's name for the same function."""
        return super().as_sql(compiler, connection, function="jsonb_array_elements_text", **extra)


def _any_of(conditions: list[_HasTag]) -> Q:
    found = Q()
    for condition in conditions:
        found |= Q(condition)
    return found


def _list(name: str, value: Mapping[str, Any], *, most: int) -> list[Any]:
    items = value.get(name, [])
    if not isinstance(items, (list, tuple)):
        raise ValueError(f"“{name}” must be a list.")
    if len(items) > most:
        raise ValueError(f"“{name}” may hold {most:,} at most; {len(items):,} were given.")
    return list(items)


def _words(name: str, value: Mapping[str, Any]) -> tuple[str, ...]:
    items = _list(name, value, most=MOST_WORDS)
    return tuple(word for word in (_text(name, item) for item in items) if word)


def _text(name: str, text: object) -> str:
    if not isinstance(text, str) or "\x00" in text or len(text) > LONGEST:
        raise ValueError(f"“{name}” must be text of {LONGEST} characters at most.")
    return text.strip()


def _choices(name: str, words: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    for word in words:
        if word not in allowed:
            raise ValueError(f"“{name}” must be one of {', '.join(allowed)}; “{word}” is none.")
    return words


def _made(word: object) -> str:
    if word == "":
        return ""
    return _choices("made", (_text("made", word),), MADE)[0]


def _product_id(text: object) -> uuid.UUID:
    found = parse_public_id(Product.PREFIX, text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("“product_ids” must hold ids of products, such as “prd_...”.")
    return found
