"""The rows of the simulated store, as plain dataclasses that can be written to one JSON file.

Only shapes live here; rules are in the modules that change them. Times are strings
`YYYY-MM-DDTHH:MM:SS`: WordPress keeps one column in GMT and one in the store's zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = dict[str, object]


@dataclass(slots=True)
class User:
    """A WordPress user; the account password only opens the log-in pages."""

    id: int
    login: str
    password: str
    role: str


@dataclass(slots=True)
class ApiKey:
    """A WooCommerce consumer key."""

    id: int
    user_id: int
    description: str
    permissions: str
    consumer_key: str
    consumer_secret: str


@dataclass(slots=True)
class AppPassword:
    """A WordPress application password; `password` is without spaces."""

    uuid: str
    user_id: int
    name: str
    app_id: str
    password: str
    created: str
    last_used: str | None = None
    last_ip: str | None = None


@dataclass(slots=True)
class Size:
    """One thumbnail of an attachment, next to its file; pixels."""

    file: str
    width: int
    height: int
    filesize: int


@dataclass(slots=True)
class Attachment:
    """A file of the media library; `file` is relative to the uploads folder."""

    id: int
    author: int
    parent_id: int
    file: str
    mime_type: str
    title: str
    slug: str
    width: int
    height: int
    filesize: int
    created_gmt: str
    created_local: str
    modified_gmt: str
    modified_local: str
    sizes: dict[str, Size] = field(default_factory=dict)
    original_file: str = ""
    alt: str = ""
    caption: str = ""
    description: str = ""


@dataclass(slots=True)
class Meta:
    """One row of post meta."""

    id: int
    key: str
    value: object


@dataclass(slots=True)
class Product:
    """A product or, with `type == "variation"`, one variation of `parent_id`."""

    id: int
    type: str
    name: str
    slug: str
    status: str
    created_gmt: str
    created_local: str
    modified_gmt: str
    modified_local: str
    parent_id: int = 0
    fields: Json = field(default_factory=dict)
    image_ids: list[int] = field(default_factory=list)
    variation_gallery_ids: list[int] = field(default_factory=list)
    category_ids: list[int] = field(default_factory=list)
    attributes: list[Json] = field(default_factory=list)
    meta: list[Meta] = field(default_factory=list)
    status_before_trash: str = ""


@dataclass(slots=True)
class Category:
    """A product category; the name is kept as the API shows it, HTML-escaped."""

    id: int
    name: str
    slug: str
    parent: int = 0


@dataclass(slots=True)
class Webhook:
    """A webhook; the secret and the failure count are never in an answer."""

    id: int
    user_id: int
    name: str
    status: str
    topic: str
    delivery_url: str
    secret: str
    created_gmt: str
    created_local: str
    modified_gmt: str | None = None
    modified_local: str | None = None
    failure_count: int = 0
    ping_pending: bool = True


@dataclass(slots=True)
class Delivery:
    """One waiting Action-Scheduler job: tell this webhook about this product."""

    webhook_id: int
    product_id: int
    due: float


@dataclass(slots=True)
class Tables:
    """Everything that outlives a restart."""

    name: str = "Harbour & Pine"
    timezone: str = "UTC"
    currency: str = "GBP"
    next_post_id: int = 10
    next_meta_id: int = 1
    next_key_id: int = 1
    next_webhook_id: int = 1
    users: dict[int, User] = field(default_factory=dict)
    keys: dict[int, ApiKey] = field(default_factory=dict)
    app_passwords: dict[str, AppPassword] = field(default_factory=dict)
    attachments: dict[int, Attachment] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    categories: dict[int, Category] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
