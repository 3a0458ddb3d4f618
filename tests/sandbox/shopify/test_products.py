"""Galleries and variants: attaching, ordering, detaching, limits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.shopify.conftest import Client, document
from tests.sandbox.shopify.test_files import codes, update

NOWHERE = "gid://shopify/Product/9"


def test_a_catalog_row_becomes_a_product(client: Client) -> None:
    product = client.run("06", id=client.product())["product"]

    assert (product["title"], product["handle"]) == ("Stone Mug", "stone-mug")
    assert product["descriptionHtml"] == "<p>Thrown by hand.</p>"
    assert product["options"][0]["values"] == ["Chalk", "Ocean", "Black"]
    assert [v["sku"] for v in product["variants"]["nodes"]] == ["MUG-C", "MUG-O", "MUG-B"]
    shown = [[m["id"] for m in v["media"]["nodes"]] for v in product["variants"]["nodes"]]
    assert shown == [[client.gallery()[0]], [client.gallery()[1]], []]
    assert product["featuredMedia"]["id"] == client.gallery()[0]


def test_a_simple_product_has_its_default_variant(client: Client) -> None:
    product = client.run("06", id=client.product("TOTE"))["product"]

    assert product["title"] == "Tote & Bag"
    assert [v["title"] for v in product["variants"]["nodes"]] == ["Default Title"]


def test_an_added_reference_comes_last_and_only_once(client: Client) -> None:
    new, before = client.file(), client.gallery()

    update(client, id=new, referencesToAdd=[client.product()])
    update(client, id=new, referencesToAdd=[client.product()])

    assert client.gallery() == [*before, new]


def test_a_removed_reference_leaves_gallery_and_variant_but_stays_a_file(client: Client) -> None:
    first = client.gallery()[0]

    update(client, id=first, referencesToRemove=[client.product()])

    assert first not in client.gallery()
    variants = client.run("06", id=client.product())["product"]["variants"]["nodes"]
    assert variants[0]["media"]["nodes"] == []
    assert client.status(first)["fileStatus"] == "READY"


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        (NOWHERE, "REFERENCE_TARGET_DOES_NOT_EXIST"),
        ("gid://shopify/Collection/1", "UNSUPPORTED_FILE_REFERENCE"),
    ],
)
def test_a_reference_must_be_a_product_that_exists(
    client: Client, reference: str, code: str
) -> None:
    assert codes(update(client, id=client.file(), referencesToAdd=[reference])) == [code]


def test_one_wrong_input_leaves_the_others_undone(client: Client) -> None:
    new, before = client.file(), client.gallery()
    inputs = [
        {"id": new, "referencesToAdd": [client.product()]},
        {"id": new, "referencesToAdd": [NOWHERE]},
    ]

    payload = client.run("11", files=inputs)["fileUpdate"]

    assert payload["userErrors"][0]["field"] == ["files", "1", "referencesToAdd"]
    assert client.gallery() == before


def test_a_product_holds_250_media(client: Client) -> None:
    row = client.shopify.product("MUG-C")
    more = [client.file(name=f"more-{place}.jpg") for place in range(2)]
    row.media += [row.media[0]] * (249 - len(row.media))

    assert update(client, id=more[0], referencesToAdd=[client.product()])["userErrors"] == []
    refused = update(client, id=more[1], referencesToAdd=[client.product()])

    assert codes(refused) == ["PRODUCT_MEDIA_LIMIT_EXCEEDED"]


def reorder(client: Client, *moves: tuple[str, str]) -> dict[str, Any]:
    sent = [{"id": media, "newPosition": place} for media, place in moves]
    return dict(client.run("13", id=client.product(), moves=sent)["productReorderMedia"])


def test_a_reorder_is_done_when_its_job_is(client: Client) -> None:
    first, second, third = client.gallery()

    job = reorder(client, (third, "0"))["job"]

    assert job["done"] is False
    assert client.gallery() == [first, second, third]
    client.clock.turn(1)
    assert client.run("14", id=job["id"])["job"]["done"] is True
    assert client.gallery() == [third, first, second]


def test_moves_are_applied_one_after_the_other(client: Client) -> None:
    first, second, third = client.gallery()

    reorder(client, (first, "2"), (third, "0"), (second, "99"))
    client.clock.turn(1)

    assert client.gallery() == [third, first, second]


def test_only_the_products_own_media_can_be_moved(client: Client) -> None:
    stranger = client.gallery("TOTE")[0]

    for media, code in (
        (stranger, "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"),
        ("gid://shopify/MediaImage/9", "MEDIA_DOES_NOT_EXIST"),
    ):
        payload = reorder(client, (media, "0"))
        assert payload["job"] is None
        assert [error["code"] for error in payload["mediaUserErrors"]] == [code]
    gone = client.run("13", id=NOWHERE, moves=[])["productReorderMedia"]
    assert gone["mediaUserErrors"][0]["code"] == "PRODUCT_DOES_NOT_EXIST"


def pair(client: Client, name: str, *pairs: tuple[str, list[str]]) -> dict[str, Any]:
    sent = [{"variantId": variant, "mediaIds": media} for variant, media in pairs]
    data = client.run(name, productId=client.product(), variantMedia=sent)
    return dict(next(iter(data.values())))


def test_a_variants_media_is_changed_by_detaching_then_appending(client: Client) -> None:
    chalk, first, third = client.variant("MUG-C"), client.gallery()[0], client.gallery()[2]
    assert codes(pair(client, "15", (chalk, [third]))) == ["PRODUCT_VARIANT_ALREADY_HAS_MEDIA"]

    assert pair(client, "16", (chalk, [first]))["userErrors"] == []
    payload = pair(client, "15", (chalk, [third]))

    assert payload["userErrors"] == []
    assert payload["productVariants"][0]["media"]["nodes"] == [{"id": third}]


def test_pairs_that_cannot_be(client: Client) -> None:
    black, tote = client.variant("MUG-B"), client.variant("TOTE")
    first, second, _ = client.gallery()
    wrong: list[tuple[str, list[tuple[str, list[str]]], str]] = [
        ("15", [(tote, [first])], "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT"),
        ("15", [(black, [first, second])], "TOO_MANY_MEDIA_PER_INPUT_PAIR"),
        ("15", [(black, client.gallery("TOTE"))], "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"),
        ("16", [(black, [first])], "MEDIA_IS_NOT_ATTACHED_TO_VARIANT"),
        ("15", [(black, [first])] * 101, "MAXIMUM_VARIANT_MEDIA_PAIRS_EXCEEDED"),
        ("15", [(black, [first])] * 2, "PRODUCT_VARIANT_SPECIFIED_MULTIPLE_TIMES"),
    ]

    for name, pairs, code in wrong:
        assert codes(pair(client, name, *pairs)) == [code]
    assert client.shopify.shop.variants[int(black.rsplit("/", 1)[1])].media == []


def test_media_that_are_not_ready_cannot_go_to_a_variant(client: Client) -> None:
    media = [{"originalSource": client.upload(), "mediaContentType": "IMAGE"}]
    client.run("12", productId=client.product(), media=media)

    payload = pair(client, "15", (client.variant("MUG-B"), [client.gallery()[-1]]))

    assert codes(payload) == ["NON_READY_MEDIA"]


def test_product_update_appends_media_that_are_processed_afterwards(client: Client) -> None:
    before = client.gallery()
    media = [{"originalSource": client.upload(), "mediaContentType": "IMAGE", "alt": "New"}]

    product = client.run("12", productId=client.product(), media=media)["productUpdate"]["product"]

    added = product["media"]["nodes"][-1]
    assert (added["alt"], added["status"]) == ("New", "UPLOADED")
    assert client.gallery() == [*before, added["id"]]
    client.clock.turn(1)
    assert client.status(added["id"])["status"] == "READY"


def test_every_write_moves_updated_at(client: Client) -> None:
    def updated() -> str:
        return str(client.run("22", productId=client.product())["product"]["updatedAt"])

    new, seen = client.file(), [updated()]
    client.clock.turn(5)
    update(client, id=new, referencesToAdd=[client.product()])
    seen.append(updated())
    client.clock.turn(5)
    reorder(client, (new, "0"))
    client.clock.turn(5)
    seen.append(updated())
    pair(client, "15", (client.variant("MUG-B"), [new]))
    client.clock.turn(5)
    update(client, id=new, alt="Other")
    seen.append(updated())

    assert len(set(seen)) == 4
    assert seen == sorted(seen)


def test_what_the_sandbox_cannot_change_is_refused_and_not_ignored(client: Client) -> None:
    sent = {"product": {"id": client.product(), "seo": {"title": "x"}}, "media": []}

    answer = client.post(document("12b"), sent).json()

    assert "does not change a product's seo" in answer["errors"][0]["message"]


def test_many_workers_at_once(client: Client) -> None:
    source, product = client.upload(), client.product()

    def work(number: int) -> list[str]:
        made = client.create(source, f"worker-{number}.jpg")["files"][0]["id"]
        client.clock.turn(1)
        client.run("05", first=10)
        client.run("10", query=f"filename:worker-{number}.jpg")
        client.status(made)
        return [str(e) for e in update(client, id=made, referencesToAdd=[product])["userErrors"]]

    with ThreadPoolExecutor(8) as pool:
        problems = list(pool.map(work, range(24)))

    assert problems == [[]] * 24
    assert len(client.gallery()) == 3 + 24
