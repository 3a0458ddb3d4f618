"""Two clients who change one gallery at the same moment."""

from __future__ import annotations

import uuid
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from integrations import images
from integrations.models import SourceImage
from tests.api.caller import Caller
from tests.api.shops import Shop, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def test_two_images_of_one_product_can_be_deleted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    product = shop.photographed("MUG-1", "a", "b", "c")
    both, tell = Barrier(2), images._tell

    def tell_together(pk: uuid.UUID) -> None:
        with suppress(BrokenBarrierError):  # the second waits for the first, and meets nobody here
            both.wait(timeout=1)
        tell(pk)

    monkeypatch.setattr(images, "_tell", tell_together)
    answers: list[int] = []

    def delete(image: SourceImage) -> None:
        try:
            path = f"/images/{image.public_id}"
            answers.append(Caller(shop.caller.workspace).ask("DELETE", path)[0])
        finally:
            connection.close()

    first, second, kept = product.images.order_by("position")
    threads = [Thread(target=delete, args=(image,)) for image in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [204, 204]
    assert list(product.images.all()) == [kept]
    assert told(product.pk).count("product.inputs_changed") >= 2
