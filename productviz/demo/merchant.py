"""What the merchant does on the dashboard's real pages: sign in, start a batch, approve, undo."""

from __future__ import annotations

from collections.abc import Sequence

from generation.models import Batch, Generation, Preset
from integrations.models import Product, Publication, Store
from productviz.demo.browser import Browser


def sign_in(browser: Browser, *, base: str, email: str, password: str) -> None:
    """Sign in to the dashboard."""
    browser.open(f"{base}/")
    browser.submit("/accounts/login/", {"login": email, "password": password})


def start_batch(browser: Browser, *, base: str, store: Store) -> Batch:
    """Choose the whole catalog, the preset "White background" and automatic publishing; start."""
    preset = Preset.objects.get(workspace=store.workspace, name="White background")
    browser.open(f"{base}/batches/new/?store={store.public_id}&all=1")
    browser.submit("/batches/new/", {"preset": str(preset.pk), "publish": "auto"})
    return Batch.objects.get(store=store)


def make(browser: Browser, *, base: str, product: Product, preset: Preset) -> None:
    """Press "Generate" on a product's page; the image stays here."""
    browser.open(f"{base}/products/{product.public_id}/")
    path = f"/products/{product.public_id}/generate/"
    browser.submit(path, {"preset": str(preset.pk), "publish": "none"})


def make_together(
    browser: Browser, *, base: str, products: Sequence[Product], preset: Preset
) -> None:
    """Ask for one picture of several products."""
    chosen = "".join(f"&product={product.public_id}" for product in products)
    browser.open(f"{base}/products/together/?store={products[0].store.public_id}{chosen}")
    browser.submit("/products/together/", {"preset": str(preset.pk), "publish": "none"})


def approve(browser: Browser, *, base: str, generation: Generation) -> None:
    """Press "Approve" on a generation's page."""
    browser.open(f"{base}/generations/{generation.public_id}/")
    browser.submit(f"/generations/{generation.public_id}/approve/")


def undo(browser: Browser, *, base: str, publication: Publication) -> None:
    """Press "Undo" on a publication's page."""
    browser.open(f"{base}/publications/{publication.public_id}/")
    browser.submit(f"/publications/{publication.public_id}/undo/")
