"""What every storefront adapter must do, as functions over a ``Given``; see test_adapters.py.

A new platform adds one ``Given`` and runs the same suite. Nothing here knows a platform.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.contract import (
    Adapter,
    EventKind,
    GalleryState,
    Gone,
    Image,
    ImageFile,
    ImageGone,
    InboundRequest,
    NeedsMerchant,
    Permanent,
    ProductRef,
    ProductType,
    Retryable,
    SignatureInvalid,
)


@dataclass(frozen=True, slots=True)
class Given:
    """A store with a simple product of two images, a product with two variants, and switches.

    ``nobody`` is a product that never was. ``files`` is how many image files the store keeps;
    ``signed`` makes a webhook about a product; ``fail`` arms one failure: "busy", "page" (a web
    page instead of data), "lost" (the answer to the next write never arrives) or "revoked" (until
    the end).
    """

    adapter: Adapter
    simple: ProductRef
    parent: ProductRef
    variant: ProductRef
    nobody: ProductRef
    new_file: Callable[[str], ImageFile]
    files: Callable[[], int]
    lose: Callable[[Image], None]
    fail: Callable[[str], None]
    signed: Callable[[ProductRef, str], InboundRequest]
    webhooks: Callable[[], list[str]]
    hook_url: str


Check = Callable[[Given], None]
SUITE: list[Check] = []


def check(function: Check) -> Check:
    """Add to the suite."""
    SUITE.append(function)
    return function


def ids(state: GalleryState) -> list[str]:
    return [image.external_id for image in state.images]


def placed(given: Given, name: str) -> Image | ImageFile:
    """A picture as the publication would hand it over: uploaded where that is possible."""
    file = given.new_file(name)
    return given.adapter.put_image(given.simple, file) or file


@check
def it_says_what_the_access_allows(given: Given) -> None:
    found = given.adapter.check()
    assert found.read_products
    assert found.write_images
    assert found.missing == ()


@check
def it_lists_every_product_and_variant_once(given: Given) -> None:
    pages = list(given.adapter.pages(changed_since=None, cursor=None))
    found = [one.external_id for page in pages for one in page.products]
    assert len(found) == len(set(found))
    wanted = (given.simple, given.parent, given.variant)
    assert {ref.external_id for ref in wanted} <= set(found)
    assert pages[-1].cursor is None


@check
def a_parent_comes_before_its_variants_and_names_them(given: Given) -> None:
    products = [
        one
        for page in given.adapter.pages(changed_since=None, cursor=None)
        for one in page.products
    ]
    order = [one.external_id for one in products]
    parent = products[order.index(given.parent.external_id)]
    variant = products[order.index(given.variant.external_id)]
    assert order.index(parent.external_id) < order.index(variant.external_id)
    assert (parent.type, variant.type) == (ProductType.PARENT, ProductType.VARIANT)
    assert variant.external_id in parent.variant_external_ids
    assert variant.ref == given.variant
    assert variant.options


@check
def a_product_read_alone_is_the_product_of_the_list(given: Given) -> None:
    listed = {
        one.external_id: one
        for page in given.adapter.pages(changed_since=None, cursor=None)
        for one in page.products
    }
    for ref in (given.simple, given.parent, given.variant):
        assert given.adapter.product(ref) == listed[ref.external_id]


@check
def a_family_is_what_shares_a_gallery(given: Given) -> None:
    for ref in (given.simple, given.parent, given.variant):
        family = given.adapter.family(ref)
        assert given.adapter.product(ref) in family
        shared = given.adapter.variants_share_gallery and ref != given.simple
        assert {given.parent, given.variant} <= {one.ref for one in family} if shared else True
        assert shared or len(family) == 1


@check
def nothing_changed_after_the_end_of_time(given: Given) -> None:
    late = datetime(2098, 1, 1, tzinfo=UTC)
    pages = list(given.adapter.pages(changed_since=late, cursor=None))
    assert [page.products for page in pages if page.products] == []


@check
def the_ids_are_those_of_top_level_products(given: Given) -> None:
    found = [one for page in given.adapter.ids() for one in page]
    assert given.simple.external_id in found
    assert given.variant.external_id not in found


@check
def an_image_can_be_downloaded(given: Given) -> None:
    image = given.adapter.gallery(given.simple).images[0]
    assert given.adapter.download(image).startswith(b"\xff\xd8\xff")


@check
def uploading_the_same_file_twice_keeps_one(given: Given) -> None:
    before = given.files()
    first = given.adapter.put_image(given.simple, given.new_file("one"))
    second = given.adapter.put_image(given.simple, given.new_file("one"))
    assert given.files() == before + (first is not None)
    assert (first and first.external_id) == (second and second.external_id)


@check
def a_gallery_is_written_exactly_and_restored_exactly(given: Given) -> None:
    before = given.adapter.gallery(given.simple)
    first, second = before.images
    written = given.adapter.write_gallery(given.simple, (placed(given, "one"), second))
    assert ids(written)[1:] == [second.external_id]
    assert ids(written)[0] not in ids(before)
    assert written.images[0].alt == given.new_file("one").alt
    assert given.adapter.gallery(given.simple).same_as(written)
    back = given.adapter.write_gallery(given.simple, (first, second))
    assert back.same_as(before)
    assert given.adapter.gallery(given.simple).same_as(before)


@check
def writing_the_same_gallery_again_makes_no_second_file(given: Given) -> None:
    wanted = (placed(given, "one"), *given.adapter.gallery(given.simple).images)
    first = given.adapter.write_gallery(given.simple, wanted)
    count = given.files()
    assert given.adapter.write_gallery(given.simple, wanted).same_as(first)
    assert given.files() == count


@check
def a_write_without_an_answer_happens_once(given: Given) -> None:
    before = given.files()
    wanted = (placed(given, "one"), *given.adapter.gallery(given.simple).images)
    given.fail("lost")
    try:
        state = given.adapter.write_gallery(given.simple, wanted)
    except Retryable:
        state = given.adapter.write_gallery(given.simple, wanted)
    assert len(state.images) == 3
    assert given.files() == before + 1


@check
def an_upload_without_an_answer_happens_once(given: Given) -> None:
    before = given.files()
    given.fail("lost")
    try:
        image = given.adapter.put_image(given.simple, given.new_file("one"))
    except Retryable:
        image = given.adapter.put_image(given.simple, given.new_file("one"))
    assert given.files() == before + (image is not None)


@check
def the_order_can_be_changed(given: Given) -> None:
    images = given.adapter.gallery(given.simple).images
    reverse = given.adapter.write_gallery(given.simple, tuple(reversed(images)))
    assert ids(reverse) == [image.external_id for image in reversed(images)]


@check
def an_alt_text_can_be_set(given: Given) -> None:
    first, second = given.adapter.gallery(given.simple).images
    state = given.adapter.write_gallery(given.simple, (replace(first, alt="words"), second))
    assert [image.alt for image in state.images] == ["words", second.alt]


@check
def the_same_image_is_never_there_twice(given: Given) -> None:
    first, second = given.adapter.gallery(given.simple).images
    state = given.adapter.write_gallery(given.simple, (first, second, first))
    assert ids(state) == [first.external_id, second.external_id]


@check
def a_gallery_is_not_emptied_by_mistake(given: Given) -> None:
    before = given.adapter.gallery(given.simple)
    with pytest.raises(Permanent):
        given.adapter.write_gallery(given.simple, ())
    assert given.adapter.gallery(given.simple).same_as(before)
    assert given.adapter.write_gallery(given.simple, (), allow_empty=True).images == ()
    assert given.adapter.gallery(given.simple).images == ()


@check
def an_image_that_is_no_more_is_named(given: Given) -> None:
    first, second = given.adapter.gallery(given.simple).images
    given.lose(first)
    with pytest.raises(ImageGone) as caught:
        given.adapter.write_gallery(given.simple, (first, second))
    assert caught.value.external_id == first.external_id
    assert ids(given.adapter.gallery(given.simple)) == [second.external_id]


@check
def a_variant_has_a_gallery_of_its_own(given: Given) -> None:
    before = given.adapter.gallery(given.variant)
    parent = given.adapter.gallery(given.parent)
    file = given.new_file("one")
    entry = given.adapter.put_image(given.variant, file) or file
    written = given.adapter.write_gallery(given.variant, (entry,))
    assert len(written.images) == 1
    assert ids(written) != ids(before)
    assert given.adapter.gallery(given.variant).same_as(written)
    meanwhile = ids(given.adapter.gallery(given.parent))
    assert [one for one in meanwhile if one in ids(parent)] == ids(parent)
    assert given.adapter.write_gallery(given.variant, before.images).same_as(before)
    if given.adapter.variants_share_gallery:
        assert isinstance(entry, Image)
        assert given.adapter.delete_image(entry)
    assert given.adapter.gallery(given.parent).same_as(parent)


@check
def the_variants_that_show_an_image_are_told_and_written(given: Given) -> None:
    before = given.adapter.gallery(given.parent)
    shown = {one for image in before.images for one in image.variant_ids}
    if not given.adapter.variants_share_gallery:
        assert not shown
        return
    assert given.variant.external_id in shown
    everything = replace(before.images[0], variant_ids=tuple(sorted(shown)))
    others = tuple(replace(image, variant_ids=()) for image in before.images[1:])
    written = given.adapter.write_gallery(given.parent, (everything, *others))
    assert set(written.images[0].variant_ids) == shown
    assert ids(given.adapter.gallery(given.variant)) == [everything.external_id]
    assert given.adapter.write_gallery(given.parent, before.images).same_as(before)


@check
def a_picture_takes_over_the_variants_of_the_one_it_replaces(given: Given) -> None:
    if not given.adapter.variants_share_gallery:
        return
    before = given.adapter.gallery(given.parent)
    new = given.adapter.put_image(given.parent, given.new_file("one"))
    assert new is not None
    wanted = [
        replace(new, variant_ids=image.variant_ids)
        if given.variant.external_id in image.variant_ids
        else image
        for image in before.images
    ]
    written = given.adapter.write_gallery(given.parent, tuple(wanted))
    assert ids(written) == [image.external_id for image in wanted]
    assert ids(given.adapter.gallery(given.variant)) == [new.external_id]
    assert given.adapter.write_gallery(given.parent, before.images).same_as(before)


@check
def deleting_our_file_says_whether_it_is_gone(given: Given) -> None:
    before = given.files()
    image = given.adapter.put_image(given.simple, given.new_file("one"))
    if image is None:
        assert not given.adapter.delete_image(given.adapter.gallery(given.simple).images[0])
        assert given.files() == before
        return
    assert given.adapter.delete_image(image)
    assert given.adapter.delete_image(image)
    assert given.files() == before


@check
def a_product_that_is_gone_is_gone(given: Given) -> None:
    nobody = given.nobody
    calls: tuple[Callable[[], Any], ...] = (
        lambda: given.adapter.product(nobody),
        lambda: given.adapter.family(nobody),
        lambda: given.adapter.gallery(nobody),
        lambda: given.adapter.write_gallery(nobody, (Image("1", ""),)),
    )
    for call in calls:
        with pytest.raises(Gone):
            call()


@check
def a_busy_store_is_retryable(given: Given) -> None:
    for kind in ("busy", "page"):
        given.fail(kind)
        with pytest.raises(Retryable):
            given.adapter.product(given.simple)
    assert given.adapter.product(given.simple).external_id == given.simple.external_id


@check
def revoked_access_needs_the_merchant(given: Given) -> None:
    given.fail("revoked")
    with pytest.raises(NeedsMerchant):
        given.adapter.product(given.simple)
    with pytest.raises(NeedsMerchant):
        given.adapter.check()


@check
def subscribing_twice_keeps_one_webhook_a_topic(given: Given) -> None:
    first = given.adapter.subscribe(url=given.hook_url, secret="s")
    assert given.adapter.subscribe(url=given.hook_url, secret="s") == first
    assert sorted(given.webhooks()) == sorted(first)
    given.adapter.unsubscribe(url=given.hook_url)
    assert given.webhooks() == []


@check
def a_signed_webhook_names_its_product(given: Given) -> None:
    for ref in (given.simple, given.variant):
        event = given.adapter.parse_event(given.signed(ref, "secret"), secret="secret")
        hint = given.parent if given.adapter.variants_share_gallery else ref
        named = hint if ref == given.variant else ref
        assert (event.kind, event.refs) == (EventKind.PRODUCT_CHANGED, (named,))


@check
def a_webhook_of_somebody_else_is_refused(given: Given) -> None:
    request = given.signed(given.simple, "secret")
    forged = (
        given.signed(given.simple, "other"),
        replace(request, body=request.body + b" "),
        replace(request, headers={}),
    )
    for one in forged:
        with pytest.raises(SignatureInvalid):
            given.adapter.parse_event(one, secret="secret")
