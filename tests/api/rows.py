"""What the API's tests ask with: one shop, one product, one preset, and a body that asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generation.models import Generation, Preset
from integrations.models import Product, SourceImage, Store
from tests.api.caller import Caller
from tests.factories import make_preset, make_product, make_store


@dataclass(frozen=True, slots=True)
class Shop:
    """A developer of one shop, with a product to make images of."""

    caller: Caller
    store: Store
    product: Product
    preset: Preset

    @property
    def image(self) -> SourceImage:
        """The product's photograph."""
        return self.product.images.get()

    def body(self, **changes: Any) -> dict[str, Any]:
        """What asks for one image."""
        asked = {"product": self.product.public_id, "preset": self.preset.public_id}
        return {**asked, **changes}

    def ask(self, *, key: str = "one", **changes: Any) -> tuple[int, Any]:
        """Ask for one image."""
        return self.caller.post("/generations", self.body(**changes), key=key)


def make_shop(image_url: str | None = None, **key: Any) -> Shop:
    """A workspace with everything that a generation needs, and a key to it."""
    caller = Caller(**key)
    store = make_store(caller.workspace)
    return Shop(
        caller,
        store,
        make_product(store, image_url=image_url),
        make_preset(caller.workspace),
    )


def count() -> int:
    """How many generations there are."""
    return Generation.objects.count()
