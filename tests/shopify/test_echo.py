"""Publishing to a shop fires a handful of webhooks; none of them starts another image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generation import work as generation_work
from generation.automations import start_due
from generation.intake.accept import accept
from generation.models import Automation, Generation, Lane, PublishMode
from integrations.models import InboundEvent, Publication
from productviz.lib.lease import new_owner
from tests.factories import make_automation
from tests.integrations.conftest import drain, hurry
from tests.integrations.test_echo import photos
from tests.shopify.bench import ShopBench

__all__ = ["photos"]


@pytest.fixture
def automation(bench: ShopBench, photos: Path) -> Automation:
    """Every change makes an image that is published at once."""
    return make_automation(bench.store, publish=PublishMode.AUTO)


def settle(bench: ShopBench) -> None:
    """Work, let the shop deliver its webhooks, work again: until nothing moves any more."""
    for _ in range(8):
        hurry()
        moved = drain() + start_due() + generation_work.run_generations(new_owner())
        moved += bench.shopify.deliver_webhooks()
        if not moved:
            return
    raise AssertionError("it never comes to rest: a loop")


def test_it_does_not_start_again_because_of_its_own_publication_or_undo(
    bench: ShopBench, automation: Automation
) -> None:
    accept(
        product=bench.product("VASE"),
        version=automation.preset.latest,
        publish=PublishMode.AUTO,
        lane=Lane.INTERACTIVE,
        requested_by=None,
    )
    settle(bench)
    publication = Publication.objects.get()
    assert publication.state == Publication.State.PUBLISHED, publication.error
    heard = InboundEvent.objects.filter(topic="products/update")
    assert heard.exists()
    assert not heard.filter(note="inputs changed").exists()

    bench.undo(publication)
    settle(bench)

    assert not heard.filter(note="inputs changed").exists()
    assert Generation.objects.count() == 1


def test_it_makes_one_image_when_the_merchant_changes_the_title_many_times(
    bench: ShopBench, automation: Automation, settings: Any
) -> None:
    bench.shopify.deliver_webhooks()  # of the first sweep's operation
    drain()
    settings.WEBHOOK_QUIET_SECONDS = 60.0
    for number in range(20):
        bench.clock.turn(1)
        bench.shopify.edit_product("VASE", title=f"Vase {number}")
        bench.shopify.deliver_webhooks()
    assert drain() == 0
    settings.WEBHOOK_QUIET_SECONDS = 0.0

    settle(bench)

    made = Generation.objects.get()
    assert (made.product.title, made.automation) == ("Vase 19", automation)
    assert Publication.objects.get().state == Publication.State.PUBLISHED
