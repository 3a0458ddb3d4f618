"""A shop that has installed the app, synced, with everything a test wants to do to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.installation import arrive
from integrations.models import Product, Store
from integrations.platforms.shopify import client as client_module
from integrations.platforms.shopify.install import Visitor
from integrations.sandbox.shopify import SandboxShopify, changes, processing
from integrations.sandbox.shopify.tables import Media
from productviz.lib import http
from productviz.lib.http import OutboundError
from tests.integrations.conftest import Counter, drain, hurry, picture
from tests.shopify.shop import DEMO

Row = tuple[str, str, tuple[str, ...]]


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


@dataclass
class Clock:
    """The sandbox's time, which goes on when the adapter waits."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass
class ShopBench(Counter):
    """One shop. Products go by their SKU, one with variants by its title."""

    shopify: SandboxShopify
    clock: Clock

    def product(self, sku: str) -> Product:
        """Our row of a product or variant."""
        rows = Product.objects.filter(store=self.store)
        return rows.filter(sku=sku).first() or rows.get(title=sku)

    def remote(self, sku: str) -> list[Row]:
        """The product's gallery: ids, alt texts, and the variants that show each image."""
        found: list[Any] = self.shopify.gallery(self.shopify.product(sku).id)
        return [(one["id"], one["alt"], tuple(one["variants"])) for one in found]

    def files(self) -> set[int]:
        """Every file in the shop."""
        return set(self.shopify.shop.media)

    def add_file(self, name: str) -> Media:
        """The merchant's own new file, not yet in a gallery."""
        state, now = self.shopify.state, self.clock()
        media = Media(state.new_id(), f"{name}.jpg", "", now, now)
        processing.publish(state, media, processing.check(picture(name)))
        self.shopify.shop.media[media.id] = media
        return media

    def touch(self, sku: str) -> None:
        """Let the shop know of a change that a test made behind its back."""
        state, hooks = self.shopify.state, self.shopify.application.hooks
        changes.touched(state, hooks, self.shopify.shop, self.shopify.product(sku))

    def mutations(self) -> list[str]:
        """The mutations that the shop has executed, in order."""
        return [write.mutation for write in self.shopify.writes]


def install(shopify: SandboxShopify) -> Store:
    """A staff member opens the app in the shop's admin."""
    visitor = Visitor(shop=DEMO, user_id="901", token=shopify.session_token())
    return arrive(visitor).workspace.stores.get()


def settle() -> None:
    """Work until nothing is left to do, waiting rows included."""
    for _ in range(10):
        hurry()
        if not drain():
            return
    raise AssertionError("the rows never settle")


@contextmanager
def struck(
    monkeypatch: pytest.MonkeyPatch, number: int, strike: Callable[[], BaseException]
) -> Iterator[list[int]]:
    """Let the answer of request ``number`` (from 0) never reach the worker; counts requests."""
    send, sent = http.request, [0]

    def sending(*args: Any, **options: Any) -> Any:
        reply = send(*args, **options)
        sent[0] += 1
        if sent[0] == number + 1:
            raise strike()
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(client_module, "request", sending)
        yield sent


def lost() -> BaseException:
    """A connection that broke before the answer."""
    return OutboundError("source_timeout")
