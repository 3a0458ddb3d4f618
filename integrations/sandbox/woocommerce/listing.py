"""Product lists: filters, order, pages. Read-only.

The date filters reproduce WooCommerce's measured behaviour, the wrong answers of the
wrong mixes included: a date with an offset is first turned into store time, and only the
flag decides which column it is compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from .params import Rule
from .state import TIME_FORMAT, State
from .tables import Product

STATUSES = ("any", "future", "trash", "draft", "pending", "private", "publish")
TYPES = ("simple", "grouped", "external", "variable")
# WooCommerce repeats itself in this message (recorded).
_ORDERS = (
    "date", "id", "include", "title", "slug", "modified", "popularity", "rating", "post__in",
    "price", "sales", "menu_order", "random", "popularity", "rating", "menu_order", "price",
    "popularity", "rating",
)  # fmt: skip

RULES = {
    "page": Rule("int", low=1),
    "per_page": Rule("int", low=1, high=100),
    "offset": Rule("int"),
    "order": Rule("enum", values=("asc", "desc")),
    "orderby": Rule("enum", values=_ORDERS),
    "include": Rule("ints"),
    "exclude": Rule("ints"),
    "parent": Rule("ints"),
    "category": Rule("ints"),
    "status": Rule("enum", values=STATUSES),
    "include_status": Rule("enums", values=STATUSES),
    "exclude_status": Rule("enums", values=STATUSES),
    "type": Rule("enum", values=TYPES),
    "include_types": Rule("enums", values=TYPES),
    "exclude_types": Rule("enums", values=TYPES),
    "dates_are_gmt": Rule("bool"),
    "after": Rule("date"),
    "before": Rule("date"),
    "modified_after": Rule("date"),
    "modified_before": Rule("date"),
}
_STOP_WORDS = frozenset({"with", "the", "and", "for", "a", "an", "of", "in", "to", "on"})
_DATES = {
    "after": "created",
    "before": "created",
    "modified_after": "modified",
    "modified_before": "modified",
}
Keep = Callable[[Product], bool]


def select(state: State, query: dict[str, object]) -> list[Product]:
    """Return the products that match, in the asked order, unpaged."""
    keep = [
        *_state_filters(query),
        *_number_filters(query),
        *_text_filters(query),
        *_date_filters(state, query),
    ]
    rows = [row for row in state.tables.products.values() if row.type != "variation"]
    return ordered([row for row in rows if all(test(row) for test in keep)], query)


def page_of(
    rows: list[Product], query: dict[str, object]
) -> tuple[list[Product], tuple[int, int, int]]:
    """Cut one page; return it with (page, pages, total). Past the end is empty, not an error."""
    size = _int(query, "per_page", 10)
    number = _int(query, "page", 1)
    start = _int(query, "offset", (number - 1) * size)
    return rows[start : start + size], (number, ceil(len(rows) / size), len(rows))


def ordered(rows: list[Product], query: dict[str, object]) -> list[Product]:
    """Sort by `orderby` and `order`; newest first by default."""
    orderby = str(query.get("orderby", "date"))
    if orderby in ("include", "post__in"):
        wanted = _list(query, "include")
        return sorted(rows, key=lambda row: wanted.index(row.id) if row.id in wanted else -1)
    keys: dict[str, Callable[[Product], tuple[object, int]]] = {
        "id": lambda row: (row.id, row.id),
        "title": lambda row: (row.name.lower(), row.id),
        "slug": lambda row: (row.slug, row.id),
        "modified": lambda row: (row.modified_local, row.id),
        "date": lambda row: (row.created_local, row.id),
    }
    key = keys.get(orderby, keys["date"])
    descending = query.get("order", "desc") == "desc"
    return sorted(rows, key=key, reverse=descending)


def _int(query: dict[str, object], name: str, default: int) -> int:
    value = query.get(name, default)
    return value if isinstance(value, int) else default


def _list(query: dict[str, object], name: str) -> list[object]:
    value = query.get(name)
    return value if isinstance(value, list) else []


def _state_filters(query: dict[str, object]) -> list[Keep]:
    status = query.get("status", "any")
    included = _list(query, "include_status")
    excluded = _list(query, "exclude_status")
    wanted_types = [*_list(query, "include_types"), *([query["type"]] if "type" in query else [])]
    excluded_types = _list(query, "exclude_types")

    def by_status(row: Product) -> bool:
        if row.status in excluded:
            return False
        if included and "any" not in included:
            return row.status in included
        return row.status != "trash" if status == "any" else row.status == status

    def by_type(row: Product) -> bool:
        return (not wanted_types or row.type in wanted_types) and row.type not in excluded_types

    return [by_status, by_type]


def _number_filters(query: dict[str, object]) -> list[Keep]:
    include, exclude = _list(query, "include"), _list(query, "exclude")
    categories, parents = _list(query, "category"), _list(query, "parent")
    keep: list[Keep] = []
    if include:
        keep.append(lambda row: row.id in include)
    if exclude:
        keep.append(lambda row: row.id not in exclude)
    if categories:
        keep.append(lambda row: any(n in categories for n in row.category_ids))
    if parents:
        keep.append(lambda row: row.parent_id in parents)
    return keep


def _text_filters(query: dict[str, object]) -> list[Keep]:
    keep: list[Keep] = []
    skus = [part.strip() for part in str(query.get("sku", "")).split(",") if part.strip()]
    if skus:
        keep.append(lambda row: row.fields.get("sku") in skus)
    part = str(query.get("search_sku", "")).lower()
    if part:
        keep.append(lambda row: part in str(row.fields.get("sku", "")).lower())
    slug = str(query.get("slug", ""))
    if slug:
        keep.append(lambda row: row.slug == slug)
    words = str(query.get("search", "")).lower().split()
    terms = [word for word in words if word not in _STOP_WORDS]
    if terms:
        keep.append(lambda row: all(term in _searched(row) for term in terms))
    return keep


def _searched(row: Product) -> str:
    texts = (row.fields.get("short_description", ""), row.fields.get("description", ""))
    return " ".join((row.name, *map(str, texts))).lower()


def _date_filters(state: State, query: dict[str, object]) -> list[Keep]:
    column = "gmt" if query.get("dates_are_gmt") else "local"
    keep: list[Keep] = []
    for name, field in _DATES.items():
        if name in query:
            keep.append(_date_filter(state, str(query[name]), f"{field}_{column}", name=name))
    return keep


def _date_filter(state: State, value: str, column: str, *, name: str) -> Keep:
    bound = _store_time(state, value)
    if name.endswith("after"):
        return lambda row: str(getattr(row, column)) > bound
    return lambda row: str(getattr(row, column)) < bound


def _store_time(state: State, value: str) -> str:
    moment = datetime.fromisoformat(value.upper().replace(" ", "T"))
    if moment.tzinfo is not None:
        moment = moment.astimezone(ZoneInfo(state.tables.timezone))
    return moment.strftime(TIME_FORMAT)
