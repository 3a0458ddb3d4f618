"""Starting and stopping simulated Shopify shops.

    with SandboxShopify(products=[{"name": "Mug", "price": "9.00"}]) as shopify:
        token = shopify.session_token()

Work that Shopify does later (pictures, jobs, bulk) takes fractions of a second here; the
`*_seconds` arguments change that. A test can pass its own clock.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType

from integrations.sandbox.serving import Server

from . import bulk, changes, seed, synthetic
from .faults import Faults
from .file_reads import image_url
from .registration import AppRegistration
from .server import Application
from .state import State, Write, gid, number_of
from .tables import Json, Product, Shop

DEMO = "demo.myshopify.com"


class SandboxShopify:
    """One app and its shops on one port, in a thread of this process."""

    def __init__(
        self,
        products: Iterable[Mapping[str, object]] | int = (),
        *,
        app: AppRegistration | None = None,
        shop: str = DEMO,
        name: str = "",
        currency: str = "",
        photos: Path | None = None,
        data: Path | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        installed: bool = True,
        processing_seconds: float = 0.5,
        job_seconds: float = 0.2,
        bulk_seconds: float = 0.2,
        webhook_delay: float | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Prepare the shops; nothing listens before `start` or `with`.

        `products` are catalog rows whose photo names are looked up in `photos`, or a number of
        synthetic products; without rows, `photos` becomes one product a picture. `data` keeps
        the shops over restarts. `webhook_delay` in seconds starts the background queue; None
        leaves it to `deliver_webhooks`.
        """
        self._temporary = None if data else tempfile.TemporaryDirectory(prefix="sandbox-shopify-")
        folder = data or Path(self._temporary.name if self._temporary else ".")
        folder.mkdir(parents=True, exist_ok=True)
        self.state = State(
            folder, app or AppRegistration(), persistent=data is not None,
            processing_seconds=processing_seconds, job_seconds=job_seconds,
            bulk_seconds=bulk_seconds, webhook_delay=webhook_delay or 0.0,
        )  # fmt: skip
        if clock is not None:
            self.state.now = clock
        self.faults = Faults()
        self.application = Application(self.state, self.faults)
        self._background = webhook_delay is not None
        self._server = Server(host, port)
        self._domain = shop
        if not self.state.load():
            self.add_shop(shop, products, name=name, currency=currency, photos=photos)
            if installed:
                self.application.install(self.shop)
            self.state.save()
        bulk.forget_running(self.state)

    def add_shop(
        self,
        domain: str,
        products: Iterable[Mapping[str, object]] | int = (),
        *,
        name: str = "",
        currency: str = "",
        photos: Path | None = None,
    ) -> Shop:
        """Open a further shop on this server; the app is not installed there yet."""
        shop = self.state.add_shop(domain, name=name, currency=currency or "EUR")
        if isinstance(products, int):
            synthetic.fill(self.state, shop, products=products)
        elif rows := list(products):
            seed.from_catalog(self.state, shop, rows, photos or Path("."))
        elif photos is not None:
            seed.from_folder(self.state, shop, photos)
        return shop

    def start(self) -> SandboxShopify:
        """Listen, and return at once; `url` is right from here on."""
        self.url = self.state.home = self._server.start(self.application)
        if self._background:
            self.application.hooks.start()
        return self

    def stop(self) -> None:
        """Stop listening and forget what was not kept."""
        self.application.hooks.stop()
        self._server.stop()
        self.state.save()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> SandboxShopify:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def app(self) -> AppRegistration:
        """The app's registration; change it as a deploy would."""
        return self.state.app

    @property
    def shop(self) -> Shop:
        """The first shop."""
        return self.state.tables.shops[self._domain]

    @property
    def admin(self) -> str:
        """The first shop's address here, in place of `https://{shop}`."""
        return f"{self.url}/{self._domain}"

    @property
    def writes(self) -> list[Write]:
        """Every mutation that was executed, in order, with its variables and user errors."""
        return self.state.writes

    @property
    def delivered(self) -> list[Json]:
        """Every webhook request that was sent, with the receiver's status (0: no answer)."""
        return self.state.delivered

    def product(self, title_or_sku: str) -> Product:
        """Return the first shop's product with this title or SKU; raise KeyError for none."""
        for row in self.shop.products.values():
            skus = [self.shop.variants[number].sku for number in row.variants]
            if title_or_sku in (row.title, *skus):
                return row
        raise KeyError(title_or_sku)

    def gallery(self, product: int | str) -> list[Json]:
        """Return a product's pictures in order: id (gid), url, alt, status, variants (gids)."""
        self.application.settle(self.shop)
        number = product if isinstance(product, int) else number_of(product, "Product") or 0
        row = self.shop.products[number]
        return [
            {
                "id": gid("MediaImage", one),
                "url": image_url(self.admin, self.shop.media[one]),
                "alt": self.shop.media[one].alt,
                "status": self.shop.media[one].status,
                "variants": [
                    gid("ProductVariant", v)
                    for v in row.variants
                    if one in self.shop.variants[v].media
                ],
            }
            for one in row.media
        ]

    def session_token(self, user: str = "admin") -> str:
        """Return a fresh session token of the first shop's admin."""
        return self.application.session_token(self.shop, user)

    def install(self) -> None:
        """Install the app at the first shop, or update its scopes."""
        self.application.install(self.shop)

    reinstall = install

    def uninstall(self) -> None:
        """Uninstall the app from the first shop."""
        self.application.uninstall(self.shop)

    def deliver_webhooks(self) -> int:
        """Run the webhook queue now, retries too; return how many requests were made."""
        return self.application.hooks.run()

    def edit_product(self, title_or_sku: str, **fields: str) -> None:
        """Change a product's texts as the merchant would: `title`, `description_html`, ..."""
        row = self.product(title_or_sku)
        for name, value in fields.items():
            setattr(row, name, value)
        changes.touched(self.state, self.application.hooks, self.shop, row)

    def create_product(self, row: Mapping[str, object], photos: Path | None = None) -> Product:
        """Add a product as the merchant would; `row` is a catalog row."""
        product = seed.add_product(self.state, self.shop, row, photos or Path("."))
        hooks = self.application.hooks
        changes.fire_product(self.state, hooks, self.shop, product, topic="products/create")
        return product

    def comply(self, topic: str) -> None:
        """Queue a compliance topic, such as shop/redact; raise ValueError for another one."""
        self.application.comply(self.shop, topic)

    def delete_product(self, title_or_sku: str) -> None:
        """Delete a product as the merchant would."""
        row = self.product(title_or_sku)
        changes.delete_product(self.state, self.application.hooks, self.shop, row)
