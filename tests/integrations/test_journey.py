"""The whole way of one store: connect, sync, publish, echo, undo."""

from __future__ import annotations

from typing import Any

from integrations.models import InboundEvent, Product, Publication, SourceImage, SyncRun
from tests.integrations.conftest import Bench, People, connect_shop, drain


def test_it_connects_syncs_publishes_ignores_its_own_echo_and_undoes_exactly(
    people: People, shop: Any, site: str, signals: list[Any], access: str
) -> None:
    store = connect_shop(people, shop, access)
    drain()
    assert store.sync_runs.get().state == SyncRun.State.DONE
    assert Product.objects.filter(store=store, status="active").count() == 5
    assert len(signals) == 5
    assert len(shop.state.tables.webhooks) == 4
    bench = Bench(store, signals, shop)
    before = bench.remote("MUG")
    mug = bench.product("MUG")
    hash_before = mug.inputs_hash
    signals.clear()

    publication = bench.publish("MUG", "fine mug")

    after = bench.remote("MUG")
    assert after[0] != before[0]
    assert after[0][1] == "fine mug on white"
    assert after[1:] == before[1:]
    assert shop.deliver_webhooks() >= 1
    drain()
    echo = InboundEvent.objects.get()
    assert (echo.state, echo.note) == ("processed", "our own write-back")
    mug.refresh_from_db()
    assert mug.inputs_hash == hash_before
    assert signals == []
    shown = mug.images.get(is_generated=True)
    assert shown.external_id == str(after[0][0])
    assert mug.images.get(external_id=str(before[0][0])).replaced_by_us

    undone = bench.undo(publication)

    assert (undone.state, undone.differences) == (Publication.State.ROLLED_BACK, [])
    assert bench.remote("MUG") == before
    shop.deliver_webhooks()
    drain()
    mug.refresh_from_db()
    assert mug.inputs_hash == hash_before
    assert signals == []
    assert not SourceImage.objects.filter(is_generated=True).exists()
    assert not SourceImage.objects.filter(replaced_by_us=True).exists()
