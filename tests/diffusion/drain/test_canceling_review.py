"""Pictures that verification holds back, and a person who cancels or approves them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from generation import review, work
from generation.models import Generation
from generation.types import Report, Verdict
from productviz.lib.lease import new_owner
from tests.diffusion.drain.host import Host, Hosts, again, ends, statuses
from tests.diffusion.drain.rows import asked, shop
from tests.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def held_back(host: Host, meanwhile: dict[str, Any] | None = None) -> None:
    """Have it hold every picture back; ``meanwhile`` changes the rows while it looks at them."""

    def judge(prepared: Any, rendered: Any, finished: Any, spec: Any) -> Any:
        Generation.objects.update(**(meanwhile or {"seed": 0}))
        return finished, Report((), Verdict.REVIEW, 40.0)

    host.stages = replace(host.stages, judge=judge)


def test_what_is_approved_is_wanted_whatever_was_said_before(hosts: Hosts) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()
    made = host.stages
    held_back(host)
    host.make()
    assert statuses([row]) == ["awaiting_review"]
    Generation.objects.update(cancel_requested=True, updated_at=timezone.now())

    review.approve(again([row])[0], make_user())

    assert work.poll() == 0, "nothing is left to be stopped"
    work.run_generations(new_owner(), made)
    assert statuses([row]) == ["succeeded"]


def test_what_was_canceled_is_not_shown_to_a_reviewer(hosts: Hosts) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()
    held_back(host, {"cancel_requested": True})

    host.make()

    assert statuses([row]) == ["canceled"]
    assert ends(row) == 1
