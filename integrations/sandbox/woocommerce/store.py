"""Starting and stopping a simulated WooCommerce store.

    with SandboxStore(products=[{"name": "Mug", "price": "9.00"}]) as store:
        requests.get(f"{store.url}/wp-json/")

By default it declares itself a development store: WP_ENVIRONMENT_TYPE is `local` (application
passwords over http), and a mu-plugin sets `http_request_host_is_external` and
`http_allowed_safe_ports` (it may call loopback addresses on any port). Beyond any real store it
also accepts a plain-http wc-auth callback, so that a demo needs no certificate. `strict=True`
takes all of this back.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType

from integrations.sandbox.serving import Server

from . import control, seed
from .faults import Faults
from .policy import LOCAL, STRICT
from .server import Application
from .state import State, Write, install
from .tables import ApiKey, AppPassword, Json, Product, User


class SandboxStore:
    """One store on its own port, in a thread of this process."""

    def __init__(
        self,
        products: Iterable[Mapping[str, object]] = (),
        *,
        name: str = "",
        currency: str = "",
        photos: Path | None = None,
        data: Path | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        home: str = "",
        strict: bool = False,
        webhook_delay: float | None = None,
        certificate: tuple[Path, Path] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Prepare a store; nothing listens before `start` or `with`.

        `products` are catalog rows whose photo names are looked up in `photos`; without rows,
        `photos` becomes one product a picture. `data` keeps the store over restarts.
        `webhook_delay` in seconds starts the background queue; None leaves it to
        `deliver_webhooks`. `certificate` (certificate, key) serves https. `home` overrides the
        address the store believes it has.
        """
        self._temporary = None if data else tempfile.TemporaryDirectory(prefix="sandbox-store-")
        folder = data or Path(self._temporary.name if self._temporary else ".")
        folder.mkdir(parents=True, exist_ok=True)
        self.state = State(
            folder, STRICT if strict else LOCAL, home=home, persistent=data is not None
        )
        self.state.webhook_delay = webhook_delay or 0.0
        if clock is not None:
            self.state.now = clock
        self.faults = Faults()
        self.application = Application(self.state, self.faults)
        self._background = webhook_delay is not None
        self._server = Server(host, port, tls=_context(certificate))
        if not self.state.load():
            install(self.state)
            self.state.tables.name = name or self.state.tables.name
            self.state.tables.currency = currency or self.state.tables.currency
            self._seed(list(products), photos)

    def _seed(self, products: list[Mapping[str, object]], photos: Path | None) -> None:
        if products:
            seed.from_catalog(self.state, products, photos or Path("."))
        elif photos is not None:
            seed.from_folder(self.state, photos)
        self.state.save()

    def start(self) -> SandboxStore:
        """Listen, and return at once; `url` is right from here on."""
        self.url = self._server.start(self.application)
        self.state.home = self.state.home or self.url
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

    def __enter__(self) -> SandboxStore:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def writes(self) -> list[Write]:
        """Every request that changed something, in order, with its body."""
        return self.state.writes

    @property
    def delivered(self) -> list[Json]:
        """Every webhook delivery that was sent, with the receiver's status (0: no answer)."""
        return self.state.delivered

    def user(self, login: str = "admin") -> User:
        """Return a user: admin, shopman or buyer; raise KeyError for another name."""
        found = self.state.user_named(login)
        if found is None:
            raise KeyError(login)
        return found

    def product(self, sku_or_name: str) -> Product:
        """Return the product with this SKU or name; raise KeyError where there is none."""
        for row in self.state.tables.products.values():
            if sku_or_name in (row.fields.get("sku"), row.name):
                return row
        raise KeyError(sku_or_name)

    def gallery(self, product_id: int) -> list[int]:
        """Return the attachment ids of a product or variation, in order."""
        return list(self.state.tables.products[product_id].image_ids)

    def create_key(self, *, login: str = "admin", permissions: str = "read_write") -> ApiKey:
        """Issue a consumer key as the settings page would."""
        return self.state.create_key(self.user(login), permissions=permissions)

    def create_app_password(self, *, login: str = "admin", name: str = "test") -> AppPassword:
        """Issue an application password as the profile page would."""
        return self.state.create_app_password(self.user(login), name=name)

    def deliver_webhooks(self) -> int:
        """Run the Action-Scheduler queue now; return how many requests were made."""
        return self.application.hooks.run()

    def restore(self, product_id: int) -> None:
        """Bring a product back from the trash, as the link in wp-admin does."""
        self.application.hooks.restored(self.state.tables.products[product_id])

    def disable_webhooks(self) -> None:
        """Disable every webhook, as seven failures in a row would."""
        control.disable_webhooks(self.state)


def _context(certificate: tuple[Path, Path] | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context
