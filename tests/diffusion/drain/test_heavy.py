"""Large photographs: as many in hand as fit into memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from generation import painting_work
from generation.models import Generation, GenerationSource
from generation.painting_watch import megapixels
from integrations.models import SourceImage
from productviz import settings as own
from productviz.lib import lease
from tests.diffusion.drain.host import Hosts, again, statuses
from tests.diffusion.drain.rows import asked, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def photographed(rows: Sequence[Generation], side: int) -> None:
    for row in rows:
        image = SourceImage.objects.filter(product=row.product).first()
        assert image is not None
        SourceImage.objects.filter(pk=image.pk).update(width=side, height=side)
        GenerationSource.objects.get_or_create(generation=row, image=image)


def test_it_holds_no_more_than_fit(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = asked(shop(), 6)
    photographed(rows, 8_000)
    host = hosts(most=8)
    host.prepare()
    held: list[int] = []

    def release(back: list[Generation], owner: str) -> None:
        lease.release(back, owner)
        held.append(Generation.objects.exclude(lease_owner="").count())

    monkeypatch.setattr(painting_work, "release", release)

    host.make()

    assert megapixels(rows) == {row.pk: 64.0 for row in rows}
    assert max(held) == 3, "192 of 200 megapixels"
    assert statuses(rows) == ["succeeded"] * 6
    assert {row.attempt for row in again(rows)} == {1}


def test_it_takes_one_alone_however_large(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painting_work, "MOST_MEGAPIXELS", 1.0)
    rows = asked(shop(), 2)
    photographed(rows, 8_000)
    host = hosts()

    host.make()

    assert statuses(rows) == ["succeeded"] * 2


def test_the_limits_of_time_leave_room_for_one_another() -> None:
    from generation.pipeline import LIMITS
    from generation.types import Stage
    from productviz import work
    from productviz.env import Env

    conf: dict[str, Any] = own.Q_CLUSTER
    gpu = conf["ALT_CLUSTERS"]["gpu"]
    longest = Env.model_fields["remote_timeout"].metadata[1].le
    waits = LIMITS[Stage.INFERENCE]
    assert longest < LIMITS[Stage.INFERENCE]
    shift = work.SLICE_SECONDS + painting_work.SHIFT_SECONDS  # begun at the end of a slice
    assert gpu["timeout"] > shift + waits + sum(LIMITS.values())
    assert gpu["retry"] > 3 * gpu["timeout"], "or a wake-up would be given out twice"
