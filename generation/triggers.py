"""Which products an automation is about: its trigger and its filter, as queries over the rows.

What kind of change it was is read from the rows, not from the notice of it: several changes that
became one, and a notice that was lost, give the same answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce

from generation.models import Automation, Generation
from generation.selection import has_photo
from integrations.models import Product, PublishedImage, SourceImage

SUPERSEDED = "superseded"
_CHOOSABLE = (Product.Status.ACTIVE, Product.Status.DRAFT, Product.Status.ARCHIVED)
_MOST_TAGS, _LONGEST = 20, 500


@dataclass(frozen=True, slots=True)
class Filter:
    """Narrows an automation's products; what is empty narrows nothing.

    A product passes with one of the statuses, one of the tags, and below the category.
    """

    status: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    category: str = ""
    has_images: bool | None = None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Filter:
        """Read ``{status, tags, category, has_images}``; raises ValueError with a sentence."""
        if unknown := set(given) - {"status", "tags", "category", "has_images"}:
            raise ValueError(f"A filter has no “{min(unknown)}”.")
        return cls(
            status=_statuses(given.get("status", ())),
            tags=_tags(given.get("tags", ())),
            category=_text(given.get("category", ""), "category"),
            has_images=_flag(given.get("has_images")),
        )

    def to_json(self) -> dict[str, Any]:
        """What ``from_json`` reads again; only what narrows."""
        facts = {
            "status": list(self.status),
            "tags": list(self.tags),
            "category": self.category,
            "has_images": self.has_images,
        }
        return {name: value for name, value in facts.items() if value not in ([], "", None)}

    def products(self, rows: QuerySet[Product], *, any_status: bool = False) -> QuerySet[Product]:
        """The products that pass; deleted ones never do."""
        rows = rows.exclude(status=Product.Status.DELETED)
        if self.status and not any_status:
            rows = rows.filter(status__in=self.status)
        if self.category:
            rows = rows.filter(category_path__istartswith=self.category)
        if self.has_images is not None:
            rows = rows.filter(has_photo() if self.has_images else ~has_photo())
        return self._tagged(rows) if self.tags else rows

    def _tagged(self, rows: QuerySet[Product]) -> QuerySet[Product]:
        """SQLite keeps JSON as it was written, with escapes; PostgreSQL keeps its characters."""
        escaped = connection.vendor == "sqlite"
        wanted = Q()
        for tag in self.tags:
            wanted |= Q(tags_text__icontains=json.dumps(tag, ensure_ascii=escaped))
        return rows.annotate(tags_text=Cast("tags", TextField())).filter(wanted)


def _statuses(given: object) -> tuple[str, ...]:
    found = _texts([given] if isinstance(given, str) else given, "status")
    if any(one not in _CHOOSABLE for one in found):
        raise ValueError(f"A filter's status is one of {', '.join(_CHOOSABLE)}.")
    return found


def _tags(given: object) -> tuple[str, ...]:
    found = _texts(given, "tags")
    if len(found) > _MOST_TAGS:
        raise ValueError(f"A filter has at most {_MOST_TAGS} tags.")
    return found


def _texts(given: object, name: str) -> tuple[str, ...]:
    if not isinstance(given, list | tuple):
        raise ValueError(f"A filter's {name} must be a list of words.")
    return tuple(filter(None, (_text(one, name) for one in given)))


def _text(given: object, name: str) -> str:
    if not isinstance(given, str) or len(given) > _LONGEST or "\x00" in given:
        raise ValueError(f"A filter's {name} must be words, {_LONGEST} characters at most.")
    return given.strip()


def _flag(given: object) -> bool | None:
    if given is not None and not isinstance(given, bool):
        raise ValueError("A filter's has_images must be true, false or null.")
    return given


_Trigger = Callable[[Automation, QuerySet[Product], datetime], QuerySet[Product]]


def concerned(automation: Automation, rows: QuerySet[Product]) -> QuerySet[Product]:
    """Those of the changed products that the automation is to make an image of.

    Of a product that passes but for its status nothing is made until it has the status: most
    products are drafts when their photographs come.
    """
    rows = rows.filter(store=automation.store_id)
    rows = Filter.from_json(automation.filters).products(rows, any_status=True)
    return _CONCERNED[automation.trigger](automation, rows, automation.created_at)


def pace(automation: Automation, since: datetime) -> QuerySet[Product]:
    """The products for which the automation would have started since then."""
    rows = Product.objects.filter(store=automation.store_id, inputs_changed_at__gt=since)
    rows = Filter.from_json(automation.filters).products(rows).filter(has_photo())
    return _SINCE[automation.trigger](automation, rows, since)


def _any(automation: Automation, rows: QuerySet[Product], since: datetime) -> QuerySet[Product]:
    return rows


def _created(automation: Automation, rows: QuerySet[Product], since: datetime) -> QuerySet[Product]:
    return rows.filter(created_at__gte=since)


def _created_and_unmade(
    automation: Automation, rows: QuerySet[Product], since: datetime
) -> QuerySet[Product]:
    """A product whose photograph comes a day later is still new: it has no image yet."""
    return _created(automation, rows, since).exclude(Exists(_made(automation)))


def _photo_since(
    automation: Automation, rows: QuerySet[Product], since: datetime
) -> QuerySet[Product]:
    return rows.filter(Exists(_photos(automation).filter(created_at__gt=since)))


def _photo_unused(
    automation: Automation, rows: QuerySet[Product], since: datetime
) -> QuerySet[Product]:
    """Whether a photograph is newer than what the automation made of the product last."""
    last = _last(automation, "product", "created_at")
    newer = _photos(automation).filter(created_at__gt=Coalesce(last, Value(since)))
    return rows.filter(Exists(newer))


def _photos(automation: Automation) -> QuerySet[SourceImage]:
    """A product's own photographs; what an undo had to upload again is not a new one."""
    again = PublishedImage.objects.filter(
        store=automation.store_id, external_id=OuterRef("external_id"), is_original=True
    )
    own = SourceImage.objects.usable().filter(product=OuterRef("pk"))
    return own.exclude(Exists(again))


def _made(automation: Automation, product: str = "pk") -> QuerySet[Generation]:
    rows = Generation.objects.filter(automation=automation.pk, product=OuterRef(product))
    return rows.exclude(error_code=SUPERSEDED)


def _last(automation: Automation, product: str, field: str) -> Subquery:
    newest = _made(automation, product).order_by("-created_at", "-id")
    return Subquery(newest.values(field)[:1])


def changed_since_made(automation: Automation, rows: QuerySet[Product]) -> QuerySet[Product]:
    """Leave out products that are as they were when the automation last made an image of them."""
    rows = rows.annotate(made_from=_last(automation, "pk", "inputs_hash"))
    return rows.filter(Q(made_from=None) | Q(inputs_hash="") | ~Q(inputs_hash=F("made_from")))


_CONCERNED: Mapping[str, _Trigger] = {
    Automation.Trigger.INPUTS_CHANGED: _any,
    Automation.Trigger.CREATED: _created_and_unmade,
    Automation.Trigger.IMAGE_ADDED: _photo_unused,
}
_SINCE: Mapping[str, _Trigger] = {
    Automation.Trigger.INPUTS_CHANGED: _any,
    Automation.Trigger.CREATED: _created,
    Automation.Trigger.IMAGE_ADDED: _photo_since,
}
