"""Going on with a generation takes what asking for it took."""

from __future__ import annotations

from typing import Any

import pytest

from generation.models import Generation
from productviz.accounts.keys import SCOPES
from tests.api.caller import Caller
from tests.api.rows import make_shop

pytestmark = pytest.mark.django_db


def test_a_test_key_decides_about_its_own_alone() -> None:
    shop = make_shop()
    test = Caller(shop.caller.workspace, is_test=True)
    live, own = shop.ask()[1]["id"], test.post("/generations", shop.body(), key="t")[1]["id"]

    refused = test.post(f"/generations/{live}/cancel")
    done = test.post(f"/generations/{own}/cancel")

    assert (refused[0], refused[1]["code"]) == (403, "insufficient_scope")
    assert (done[0], done[1]["status"]) == (200, "canceled")
    assert shop.caller.get(f"/generations/{live}")[1]["status"] == "queued"


@pytest.mark.parametrize(
    ("status", "path", "body"),
    [("awaiting_review", "review", {"decision": "approve"}), ("failed", "retry", None)],
)
def test_going_on_takes_the_right_that_asking_took(status: str, path: str, body: Any) -> None:
    shop = make_shop()
    weak = Caller(shop.caller.workspace, scopes=SCOPES - {"publications:write"})
    made = shop.ask(publish={"mode": "auto"})[1]["id"]
    Generation.objects.update(status=status)

    answered, problem = weak.post(f"/generations/{made}/{path}", body)

    assert (answered, problem.get("required_scopes")) == (403, ["publications:write"])
    assert Generation.objects.get().status == status
    assert weak.post(f"/generations/{made}/cancel")[0] in (200, 409), "to stop it takes none"
