"""Store webhooks start generations; our own write-backs do not."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from generation import work as generation_work
from generation.automations import start_due
from generation.intake.accept import accept
from generation.models import Automation, Generation, Lane, PublishMode
from integrations.models import InboundEvent, Publication, SourceImage
from productviz.lib.lease import new_owner
from tests.factories import make_automation, make_preset
from tests.integrations.conftest import Bench, drain
from tests.pictures import photo

NAMES = ("mug", "mug-b", "vase", "hood", "red", "blue")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Photographs large enough to make packshots from."""
    folder = tmp_path / "real-photos"
    folder.mkdir()
    for seed, name in enumerate(NAMES):
        (folder / f"{name}.jpg").write_bytes(photo(seed=seed))
    return folder


@pytest.fixture
def automation(bench: Bench) -> Automation:
    """Every change makes an image that is published at once."""
    return make_automation(bench.store, publish=PublishMode.AUTO)


def settle(bench: Bench) -> None:
    """Work, let the store deliver its webhooks, work again: until nothing moves any more."""
    for _ in range(6):
        moved = drain() + start_due() + generation_work.run_generations(new_owner())
        moved += bench.shop.deliver_webhooks()
        if not moved:
            return
    raise AssertionError("it never comes to rest: a loop")


def test_it_does_not_start_again_because_of_its_own_publication(
    bench: Bench, automation: Automation
) -> None:
    accept(
        product=bench.product("VASE"),
        version=automation.preset.latest,
        publish=PublishMode.AUTO,
        lane=Lane.INTERACTIVE,
        requested_by=None,
    )

    settle(bench)

    assert Publication.objects.get().state == Publication.State.PUBLISHED
    assert InboundEvent.objects.filter(note="our own write-back").count() >= 1
    assert Generation.objects.count() == 1


def test_it_does_not_start_again_because_of_an_undo(bench: Bench, automation: Automation) -> None:
    accept(
        product=bench.product("VASE"),
        version=automation.preset.latest,
        publish=PublishMode.AUTO,
        lane=Lane.INTERACTIVE,
        requested_by=None,
    )
    settle(bench)

    bench.undo(Publication.objects.get())
    settle(bench)

    assert Generation.objects.count() == 1


def test_it_makes_one_image_when_the_merchant_changes_the_photograph(
    bench: Bench, automation: Automation
) -> None:
    vase, mug = bench.shop.product("VASE"), bench.shop.product("MUG")
    password = bench.shop.create_app_password().password
    changed = requests.put(
        f"{bench.shop.url}/wp-json/wc/v3/products/{vase.id}",
        json={"images": [{"id": bench.shop.gallery(mug.id)[0]}]},
        auth=("admin", password),
        timeout=10,
    )
    assert changed.status_code == 200

    settle(bench)

    made = Generation.objects.get()
    assert (made.product.sku, made.status) == ("VASE", "succeeded")
    assert Publication.objects.get().state == Publication.State.PUBLISHED


def test_it_keeps_a_generation_whose_photograph_the_merchant_removed(bench: Bench) -> None:
    product = bench.product("MUG")
    row = accept(
        product=product,
        version=make_preset(bench.store.workspace).latest,
        publish=PublishMode.NONE,
        lane=Lane.NORMAL,
        requested_by=None,
    )
    SourceImage.objects.filter(pk=row.source.pk).update(removed_at=row.created_at)

    assert Generation.objects.get(pk=row.pk).source.product == product
