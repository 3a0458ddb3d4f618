"""Undo: the gallery exactly as it was, whatever happened in between."""

from __future__ import annotations

import pytest

from integrations import publish
from integrations.contract import Permanent
from integrations.inputs import inputs_hash
from integrations.models import Publication, PublishedImage
from integrations.sandbox.woocommerce import library
from tests.integrations.conftest import Bench, drain, picture

State = Publication.State


def upload(bench: Bench, name: str) -> int:
    """The merchant's own new image; its attachment id."""
    row = library.add_attachment(
        bench.shop.state, name=name, data=picture(name), mime_type="image/jpeg", author=1
    )
    return row.id


def test_it_restores_ids_order_and_alt_texts_and_removes_our_file(bench: Bench) -> None:
    attachments = bench.shop.state.tables.attachments
    first, second = bench.shop.product("MUG").image_ids
    attachments[first].alt, attachments[second].alt = "front & “side”", ""
    before, media = bench.remote("MUG"), bench.media()
    publication = bench.publish("MUG", "one", "two")
    undone = bench.undo(publication)
    assert (undone.state, undone.differences) == (State.ROLLED_BACK, [])
    assert bench.remote("MUG") == before
    assert bench.media() == media
    assert not PublishedImage.objects.exists()


def test_with_keys_only_the_gallery_is_restored_and_our_file_stays_behind(
    key_bench: Bench,
) -> None:
    before, media = key_bench.remote("MUG"), key_bench.media()
    undone = key_bench.undo(key_bench.publish("MUG", "one"))
    assert (undone.state, undone.differences) == (State.ROLLED_BACK, [])
    assert key_bench.remote("MUG") == before
    assert len(key_bench.media() - media) == 1


def test_undoing_twice_changes_nothing(bench: Bench) -> None:
    publication = bench.undo(bench.publish("MUG", "one"))
    writes = len(bench.shop.writes)
    assert publish.undo(publication).state == State.ROLLED_BACK
    drain()
    assert len(bench.shop.writes) == writes


def test_a_manual_edit_stops_the_undo_until_it_is_forced(bench: Bench) -> None:
    before = bench.remote("MUG")
    publication = bench.publish("MUG", "one")
    added = upload(bench, "merchants-own.jpg")
    bench.shop.product("MUG").image_ids.append(added)
    edited = bench.remote("MUG")

    stopped = bench.undo(publication)

    assert (stopped.state, stopped.error_code) == (State.ROLLBACK_FAILED, "gallery_changed")
    assert bench.remote("MUG") == edited
    forced = bench.undo(publication, force=True)
    assert forced.state == State.ROLLED_BACK
    assert bench.remote("MUG") == [*before, (added, "")]
    assert forced.differences == ["The image merchants-own was not there before."]
    assert added in bench.media()


def test_a_changed_alt_text_counts_as_an_edit(bench: Bench) -> None:
    before = bench.remote("MUG")
    publication = bench.publish("MUG", "one")
    kept = bench.shop.product("MUG").image_ids[1]
    bench.shop.state.tables.attachments[kept].alt = "the merchant's words"
    assert bench.undo(publication).error_code == "gallery_changed"
    assert bench.undo(publication, force=True).differences == []
    assert bench.remote("MUG") == before


def test_an_original_deleted_meanwhile_is_uploaded_again(bench: Bench) -> None:
    before = bench.remote("MUG")
    hash_of_bytes = picture("mug")
    hash_before = bench.product("MUG").inputs_hash
    publication = bench.publish("MUG", "one")
    row = bench.shop.state.tables.attachments[before[0][0]]
    library.remove_attachment(bench.shop.state, row)

    undone = bench.undo(publication)

    assert undone.state == State.ROLLED_BACK, undone.error
    assert "uploaded again" in undone.differences[0]
    new, kept = bench.remote("MUG")
    assert kept == before[1]
    back = bench.shop.state.tables.attachments[new[0]]
    assert (bench.shop.state.uploads / back.file).read_bytes() == hash_of_bytes
    assert back.alt == before[0][1]
    mug = bench.product("MUG")
    assert mug.inputs_hash == inputs_hash(mug) == hash_before
    assert [image.is_generated for image in mug.images.all()] == [False, False]
    assert bench.signals == []


def test_with_keys_only_a_deleted_original_is_fetched_from_us(key_bench: Bench) -> None:
    before = key_bench.remote("MUG")
    publication = key_bench.publish("MUG", "one")
    row = key_bench.shop.state.tables.attachments[before[0][0]]
    library.remove_attachment(key_bench.shop.state, row)
    undone = key_bench.undo(publication)
    assert undone.state == State.ROLLED_BACK, undone.error
    assert len(key_bench.remote("MUG")) == 2
    assert key_bench.remote("MUG")[1] == before[1]


def test_an_image_that_another_product_shows_is_not_deleted(bench: Bench) -> None:
    publication = bench.publish("MUG", "one")
    ours = bench.remote("MUG")[0][0]
    vase = bench.shop.product("VASE")
    vase.image_ids.append(ours)
    bench.shop.application.hooks.updated(vase, vase.status)
    bench.shop.deliver_webhooks()
    drain()
    assert bench.undo(publication).state == State.ROLLED_BACK
    assert ours in bench.media()


def test_a_gallery_that_was_empty_is_emptied_again(bench: Bench) -> None:
    bench.shop.product("VASE").image_ids.clear()
    product = bench.product("VASE")
    product.images.all().delete()
    from tests.integrations.conftest import item

    publication = publish.request(
        product=product,
        items=[item(product, "one", placement="first")],
        approved_by=None,
        needs_approval=False,
    )
    drain()
    assert len(bench.remote("VASE")) == 1
    assert bench.undo(publication).differences == []
    assert bench.remote("VASE") == []


def test_a_run_is_undone_newest_first(bench: Bench) -> None:
    before = {sku: bench.remote(sku) for sku in ("MUG", "VASE")}
    run = [
        bench.publish("MUG", "one"),
        bench.publish("VASE", "two"),
        bench.publish("MUG", "three", placement="last"),
    ]
    publish.undo_run(run)
    drain()
    assert {sku: bench.remote(sku) for sku in before} == before
    assert not Publication.objects.exclude(state=State.ROLLED_BACK).exists()


def test_what_was_never_written_cannot_be_undone(bench: Bench) -> None:
    publication = bench.request("MUG", "one", approve=True)
    with pytest.raises(Permanent, match="not possible"):
        publish.undo(publication)
    publish.cancel(publication)
    with pytest.raises(Permanent, match="not possible"):
        publish.undo(publication)


def test_undoing_a_product_that_is_gone_says_so(bench: Bench) -> None:
    publication = bench.publish("MUG", "one")
    del bench.shop.state.tables.products[bench.shop.product("MUG").id]
    failed = bench.undo(publication)
    assert (failed.state, failed.error_code) == (State.ROLLBACK_FAILED, "not_found")
