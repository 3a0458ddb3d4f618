"""Publishing to a shop and undoing it, as the merchant and the shopper see it."""

from __future__ import annotations

import pytest

from integrations import publish
from integrations.inputs import inputs_hash
from integrations.models import InboundEvent, Publication, PublishedImage, Store
from integrations.models.stores import StoreStatus
from tests.integrations.conftest import drain, hurry, item, picture
from tests.shopify.bench import ShopBench, install, settle
from tests.shopify.shop import delete_file

pytestmark = pytest.mark.postgres
State = Publication.State


def gid(number: int) -> str:
    return f"gid://shopify/MediaImage/{number}"


def test_the_shop_is_mirrored_with_its_variants(bench: ShopBench) -> None:
    mug, hood, red = bench.product("MUG"), bench.product("Hoodie"), bench.product("HOOD-R")
    assert mug.external_id.startswith("gid://shopify/Product/")
    assert (mug.title, mug.type, mug.images.count()) == ("Mug & Saucer", "simple", 2)
    assert (hood.type, red.type, red.parent) == ("parent", "variant", hood)
    assert red.options == {"Color": "Red"}
    assert red.images.get().external_id in hood.images.values_list("external_id", flat=True)


def test_a_picture_takes_the_originals_place_and_its_variants(bench: ShopBench) -> None:
    before, files = bench.remote("Hoodie"), bench.files()
    publication = bench.publish("Hoodie", "one", "two")
    after = bench.remote("Hoodie")
    assert len(after) == len(before)
    assert [alt for _, alt, _ in after[:2]] == ["one on white", "two on white"]
    assert [variants for _, _, variants in after] == [variants for _, _, variants in before]
    assert after[2:] == before[2:]
    # The originals stay in the shop's files.
    assert len(bench.files() - files) == 2
    assert files < bench.files()
    ledger = PublishedImage.objects.filter(publication=publication)
    assert {row.external_id for row in ledger} == {external_id for external_id, _, _ in after[:2]}
    undone = bench.undo(publication)
    assert (undone.state, undone.differences) == (State.ROLLED_BACK, [])
    assert bench.remote("Hoodie") == before
    assert bench.files() == files


@pytest.mark.parametrize("placement", ["first", "last"])
def test_a_picture_stands_beside_the_originals(bench: ShopBench, placement: str) -> None:
    before, files = bench.remote("MUG"), bench.files()
    publication = bench.publish("MUG", "one", placement=placement)
    after = bench.remote("MUG")
    new = after[0 if placement == "first" else -1]
    assert new[1] == "one on white"
    assert [one for one in after if one != new] == before
    assert bench.undo(publication).differences == []
    assert (bench.remote("MUG"), bench.files()) == (before, files)


def test_a_shopper_never_sees_an_empty_gallery(bench: ShopBench) -> None:
    publication = bench.publish("VASE", "one")
    bench.undo(publication)
    steps = [
        next(key for key in ("referencesToAdd", "referencesToRemove") if key in change)
        for write in bench.shopify.writes
        if write.mutation == "fileUpdate"
        for change in write.arguments["files"]  # type: ignore[attr-defined]
    ]
    assert steps == ["referencesToAdd", "referencesToRemove"] * 2


def test_a_variant_shows_its_picture_and_its_own_again(bench: ShopBench) -> None:
    before, files = bench.remote("Hoodie"), bench.files()
    red = bench.product("HOOD-R")
    publication = bench.publish("HOOD-R", "one")
    after = bench.remote("Hoodie")
    (new,) = [one for one in after if one[1] == "one on white"]
    assert new[2] == (red.external_id,)
    assert [one[0] for one in after if one != new] == [one[0] for one in before]
    undone = bench.undo(publication)
    assert (undone.state, undone.differences) == (State.ROLLED_BACK, [])
    assert (bench.remote("Hoodie"), bench.files()) == (before, files)


def test_what_was_made_for_a_variant_is_no_new_input_of_its_product(bench: ShopBench) -> None:
    hood = bench.product("Hoodie")
    publication = bench.publish("HOOD-R", "one")
    bench.shopify.deliver_webhooks()
    settle()
    bench.undo(publication)
    bench.shopify.deliver_webhooks()
    settle()
    hood.refresh_from_db()
    assert hood.inputs_hash == inputs_hash(hood)
    assert bench.signals == []


def test_a_product_goes_on_over_a_variants_picture_and_comes_back(bench: ShopBench) -> None:
    before, files = bench.remote("Hoodie"), bench.files()
    first = bench.publish("HOOD-R", "one")
    between = bench.remote("Hoodie")
    second = bench.publish("Hoodie", "two", "three")
    assert bench.signals == []
    assert bench.undo(second).differences == []
    assert bench.remote("Hoodie") == between
    assert bench.undo(first).differences == []
    assert (bench.remote("Hoodie"), bench.files()) == (before, files)


def test_our_own_write_back_ends_at_the_inbox(bench: ShopBench) -> None:
    publication = bench.publish("Hoodie", "one", "two")
    assert bench.shopify.deliver_webhooks() > 0
    settle()
    bench.undo(publication)
    bench.shopify.deliver_webhooks()
    settle()
    events = InboundEvent.objects.filter(topic="products/update")
    assert events.exists()
    assert {event.state for event in events} == {InboundEvent.State.PROCESSED}
    assert bench.signals == []


def test_a_merchants_change_is_heard_all_the_same(bench: ShopBench) -> None:
    bench.publish("MUG", "one")
    # Stamps count whole seconds; a change within one waits for the next sweep.
    bench.clock.turn(2)
    bench.shopify.edit_product("MUG", title="Mug and saucer, new glaze")
    bench.shopify.deliver_webhooks()
    settle()
    assert bench.signals == [bench.product("MUG").pk]


def test_a_variants_new_image_is_heard_at_once(bench: ShopBench) -> None:
    variant = next(row for row in bench.shopify.shop.variants.values() if row.sku == "HOOD-B")
    variant.media = bench.shopify.product("Hoodie").media[:1]
    bench.clock.turn(2)
    bench.touch("Hoodie")
    bench.shopify.deliver_webhooks()
    settle()
    assert bench.signals == [bench.product("HOOD-B").pk]


def test_the_same_picture_for_two_products_is_two_files(bench: ShopBench) -> None:
    vase = bench.remote("VASE")
    first, second = bench.publish("MUG", "one"), bench.publish("VASE", "one")
    mug = bench.remote("MUG")
    assert mug[0][0] != bench.remote("VASE")[0][0]
    assert bench.undo(second).differences == []
    assert bench.remote("VASE") == vase
    assert bench.remote("MUG") == mug
    assert bench.undo(first).state == State.ROLLED_BACK


def test_an_original_gone_before_the_write_is_a_conflict(bench: ShopBench) -> None:
    publication = bench.request("MUG", "one")
    original = bench.remote("MUG")[0][0]
    delete_file(bench.shopify, original)
    edited, files = bench.remote("MUG"), bench.files()
    drain()
    publication.refresh_from_db()
    assert (publication.state, publication.error_code) == (State.CONFLICT, "gallery_changed")
    assert (bench.remote("MUG"), bench.files()) == (edited, files)


def test_a_product_gone_before_the_write_is_said_to_be_gone(bench: ShopBench) -> None:
    publication = bench.request("MUG", "one")
    bench.shopify.delete_product("MUG")
    drain()
    publication.refresh_from_db()
    assert (publication.state, publication.error_code) == (State.CONFLICT, "not_found")


def test_a_manual_edit_stops_the_undo_until_it_is_forced(bench: ShopBench) -> None:
    before = bench.remote("MUG")
    publication = bench.publish("MUG", "one")
    own = bench.add_file("merchants-own")
    bench.shopify.product("MUG").media.append(own.id)
    edited = bench.remote("MUG")
    stopped = bench.undo(publication)
    assert (stopped.state, stopped.error_code) == (State.ROLLBACK_FAILED, "gallery_changed")
    assert bench.remote("MUG") == edited
    forced = bench.undo(publication, force=True)
    assert forced.state == State.ROLLED_BACK
    assert bench.remote("MUG") == [*before, (gid(own.id), "", ())]
    assert forced.differences == ["The image merchants-own.jpg was not there before."]


def test_a_variant_that_was_given_another_image_counts_as_an_edit(bench: ShopBench) -> None:
    before = bench.remote("Hoodie")
    publication = bench.publish("Hoodie", "one", "two")
    variant = next(row for row in bench.shopify.shop.variants.values() if row.sku == "HOOD-R")
    variant.media = [bench.shopify.product("Hoodie").media[0]]
    assert bench.undo(publication).error_code == "gallery_changed"
    assert bench.undo(publication, force=True).differences == []
    assert bench.remote("Hoodie") == before


def test_an_original_deleted_meanwhile_is_uploaded_again_with_its_variants(
    bench: ShopBench,
) -> None:
    before, hood = bench.remote("Hoodie"), bench.product("Hoodie")
    publication = bench.publish("Hoodie", "one", "two")
    delete_file(bench.shopify, before[1][0])
    undone = bench.undo(publication)
    assert undone.state == State.ROLLED_BACK, undone.error
    assert len(undone.differences) == 1
    assert "uploaded again" in undone.differences[0]
    after = bench.remote("Hoodie")
    assert [one[1:] for one in after] == [one[1:] for one in before]
    assert [one[0] for one in after if one not in before] == [after[1][0]]
    back = bench.shopify.shop.media[int(after[1][0].rpartition("/")[2])]
    assert (bench.shopify.state.uploads / back.file).read_bytes() == picture("red")
    bench.shopify.deliver_webhooks()
    settle()
    hood.refresh_from_db()
    assert hood.inputs_hash == inputs_hash(hood)
    assert bench.signals == []
    # A second round finds the file that the first one brought back.
    again = bench.publish("Hoodie", "three", "four")
    assert bench.undo(again).differences == []
    assert bench.remote("Hoodie") == after


def test_a_variant_that_is_no_more_is_passed_over(bench: ShopBench) -> None:
    publication = bench.publish("Hoodie", "one", "two")
    number = next(row.id for row in bench.shopify.shop.variants.values() if row.sku == "HOOD-R")
    bench.shopify.product("Hoodie").variants.remove(number)
    del bench.shopify.shop.variants[number]
    undone = bench.undo(publication, force=True)
    assert undone.state == State.ROLLED_BACK, undone.error
    assert undone.differences == ["The image red.jpg is shown by other variants than before."]


def test_access_that_ends_disconnects_the_shop_and_the_next_visit_goes_on(
    bench: ShopBench,
) -> None:
    publication, before = bench.request("MUG", "one"), bench.remote("MUG")
    bench.shopify.uninstall()
    drain()
    publication.refresh_from_db()
    store = Store.objects.get()
    assert store.status == StoreStatus.DISCONNECTED
    assert publication.state in (State.QUEUED, State.IN_PROGRESS)
    assert publication.lease_owner == ""
    assert bench.remote("MUG") == before
    hurry()
    assert drain() == 0
    bench.shopify.reinstall()
    install(bench.shopify)
    settle()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED, publication.error
    assert Store.objects.get().status == StoreStatus.CONNECTED
    assert [alt for _, alt, _ in bench.remote("MUG")] == ["one on white", ""]


def test_a_publication_of_a_variant_waits_for_its_products(bench: ShopBench) -> None:
    hood, red = bench.product("Hoodie"), bench.product("HOOD-R")
    first = bench.request("Hoodie", "one")
    second = publish.request(
        product=red,
        items=[item(red, "two", replaces=red.images.get())],
        approved_by=None,
        needs_approval=False,
    )
    assert first.family_id == second.family_id == hood.pk
    Publication.objects.filter(pk=first.pk).update(state=State.IN_PROGRESS, lease_owner="other")
    assert list(publish.waiting().filter(lease_owner="")) == []
    Publication.objects.filter(pk=first.pk).update(state=State.QUEUED, lease_owner="")
    drain()
    assert {row.state for row in Publication.objects.all()} == {State.PUBLISHED}
