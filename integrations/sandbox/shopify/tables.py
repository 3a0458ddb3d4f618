"""The rows of the simulated shops, as plain dataclasses that can be written to one JSON file.

Only shapes live here; rules are in the modules that change them. Numbers are the last part of a
gid; times are seconds since 1970 and become ISO 8601 in UTC where they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = dict[str, object]


@dataclass(slots=True)
class User:
    """A person who may log in to a shop's admin."""

    id: int
    login: str
    password: str
    email: str


@dataclass(slots=True)
class Media:
    """An image of a shop's Files; `file` is its content's name in the uploads folder.

    `drawn` in place of `file` means a synthetic picture that is drawn when it is asked for.
    """

    id: int
    filename: str
    alt: str
    created: float
    updated: float
    status: str = "READY"
    mime_type: str = ""
    width: int = 0
    height: int = 0
    size: int = 0
    file: str = ""
    drawn: int = 0
    source: str = ""
    replacing: bool = False
    errors: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Variant:
    """A variant of a product; `media` holds at most one number."""

    id: int
    product_id: int
    title: str
    sku: str
    price: str
    position: int
    updated: float
    options: list[tuple[str, str]] = field(default_factory=list)
    media: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Option:
    """A product option, such as Colour, with its values in order."""

    id: int
    name: str
    position: int
    values: list[str]


@dataclass(slots=True)
class Product:
    """A product; `media` is its gallery in order, numbers of `Media`."""

    id: int
    title: str
    handle: str
    created: float
    updated: float
    description_html: str = ""
    vendor: str = ""
    product_type: str = ""
    status: str = "ACTIVE"
    tags: list[str] = field(default_factory=list)
    category: tuple[str, str] | None = None
    options: list[Option] = field(default_factory=list)
    variants: list[int] = field(default_factory=list)
    media: list[int] = field(default_factory=list)


@dataclass(slots=True)
class BulkOperation:
    """A bulk query; `result` is the name of the JSONL file, `signature` its address's secret."""

    id: int
    query: str
    created: float
    status: str = "CREATED"
    error_code: str | None = None
    completed: float | None = None
    object_count: int = 0
    root_object_count: int = 0
    file_size: int | None = None
    result: str = ""
    signature: str = ""


@dataclass(slots=True)
class Task:
    """Work that is due later: a picture to process or a gallery to reorder."""

    kind: str
    due: float
    media_id: int = 0
    product_id: int = 0
    job: str = ""
    moves: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Subscription:
    """A webhook subscription; `by_api` tells those of the Admin API from the app's own."""

    id: int
    topic: str
    uri: str
    filter: str = ""
    include_fields: list[str] = field(default_factory=list)
    name: str = ""
    created: float = 0.0
    updated: float = 0.0
    by_api: bool = False
    failures: int = 0


@dataclass(slots=True)
class Token:
    """An offline access token; `expires` None lives for ever.

    `follows` is the refresh token that this one replaced: it still counts until this row is used.
    """

    access_token: str
    scope: str
    issued: float
    expires: float | None = None
    refresh_token: str = ""
    refresh_expires: float = 0.0
    follows: str = ""
    used: bool = False
    revoked: bool = False


@dataclass(slots=True)
class StagedTarget:
    """A place to upload one file to; `received` is set once it has arrived."""

    key: str
    filename: str
    mime_type: str
    resource: str
    policy: str
    expires: float
    method: str = "POST"
    received: bool = False


@dataclass(slots=True)
class Delivery:
    """One waiting webhook request with the payload as it was when the event happened."""

    shop: str
    topic: str
    uri: str
    payload: str
    webhook_id: str
    event_id: str
    triggered: float
    due: float
    name: str = ""
    subscription_id: int = 0
    attempt: int = 0


@dataclass(slots=True)
class Shop:
    """One shop with all its rows; `installed` is about the one app of this server."""

    id: int
    domain: str
    name: str
    currency: str = "EUR"
    installed: bool = False
    installed_at: float = 0.0
    granted: list[str] = field(default_factory=list)
    users: dict[int, User] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    variants: dict[int, Variant] = field(default_factory=dict)
    media: dict[int, Media] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    bulk: dict[int, BulkOperation] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    jobs: dict[str, bool] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    staged: dict[str, StagedTarget] = field(default_factory=dict)


@dataclass(slots=True)
class Tables:
    """Everything that outlives a restart."""

    next_id: int = 1001
    shops: dict[str, Shop] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
