"""/generations over real requests: asking, following, deciding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any

import pytest
from django.utils import timezone

from generation.api import patience
from generation.api.generation_estimate import EstimateShown
from generation.api.generation_json import GenerationShown
from generation.models import Generation, Lane, PublishMode
from integrations.models import Product
from integrations.models.stores import StoreStatus
from productviz.accounts.models import AuditEntry
from productviz.outbox.models import Event, WebhookEndpoint
from tests.api.caller import Caller
from tests.api.rows import Shop, count, make_shop
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product, make_store
from tests.pictures import photo

pytestmark = pytest.mark.django_db
Drain = Callable[[], int]
LARGE = {"width": 320, "height": 320, "format": "webp"}


def make_endpoint(shop: Shop) -> WebhookEndpoint:
    """A registered address."""
    return WebhookEndpoint.objects.create(
        workspace=shop.caller.workspace, url="https://hooks.example", secret="s"
    )


def test_it_accepts_a_request_with_every_wish() -> None:
    shop = make_shop()
    endpoint = make_endpoint(shop)
    later = (timezone.now() + timedelta(hours=1)).isoformat()

    status, made = shop.ask(
        source_images=[shop.image.public_id],
        preset_version=1,
        count=1,
        outputs=[LARGE, {**LARGE, "width": 160, "height": 160}],
        seed=12345,
        priority="bulk",
        deadline=later,
        publish={"mode": "draft"},
        notify=[endpoint.public_id],
        events_filter=["generation.completed", "generation.*"],
        metadata={"order": "A-17"},
    )

    assert status == 202
    assert shop.caller.last["Location"] == f"/api/v1/generations/{made['id']}"
    assert shop.caller.last["Retry-After"] == "2"
    assert set(made) == set(GenerationShown().fields)
    row = Generation.objects.get()
    assert (row.lane, row.publish, row.seed) == (Lane.BULK, PublishMode.APPROVAL, 12345)
    assert row.audience == {
        "endpoints": [endpoint.public_id],
        "types": ["generation.completed", "generation.*"],
    }
    assert [one.name for one in row.recipe().outputs] == ["main", "output-2"]
    assert made["outputs"][0]["format"] == "webp"
    assert (made["status"], made["stage"], made["progress"]) == ("queued", "intake", 5)
    assert (made["queue_position"], made["attempt"], made["version"]) == (1, 1, 1)
    assert made["publish"] == {"mode": "draft"}
    assert made["metadata"] == {"order": "A-17"}
    assert [stage["name"] for stage in made["stages"]] == [
        "intake", "preprocess", "inference", "postprocess", "store", "deliver",
    ]  # fmt: skip
    assert [stage["status"] for stage in made["stages"]] == ["succeeded"] + ["pending"] * 5
    assert shop.caller.get(f"/generations/{made['id']}") == (200, made)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"count": 2}, "/count", "out_of_range"),
    ({"count": 0}, "/count", "out_of_range"),
    ({"count": "1"}, "/count", "invalid"),
    ({"count": True}, "/count", "invalid"),
    ({"seed": -1}, "/seed", "out_of_range"),
    ({"seed": 1.0}, "/seed", "invalid"),
    ({"seed": 2**53}, "/seed", "out_of_range"),
    ({"priority": "urgent"}, "/priority", "not_one_of"),
    ({"priority": 1}, "/priority", "not_one_of"),
    ({"deadline": "2020-01-01T00:00:00Z"}, "/deadline", "out_of_range"),
    ({"deadline": "9999-12-31T23:59:59Z"}, "/deadline", "invalid"),
    ({"deadline": "0001-01-01T00:00:00Z"}, "/deadline", "invalid"),
    ({"deadline": 1}, "/deadline", "invalid"),
    ({"publish": {"mode": "at once"}}, "/publish/mode", "not_one_of"),
    ({"publish": {"mode": "none", "force": True}}, "/publish/force", "unknown_field"),
    ({"publish": {}}, "/publish/mode", "required"),
    ({"outputs": []}, "/outputs", "too_short"),
    ({"outputs": [{**LARGE, "width": 9000}]}, "/outputs/0/width", "out_of_range"),
    ({"outputs": [{**LARGE, "width": -1}]}, "/outputs/0/width", "out_of_range"),
    ({"outputs": [{**LARGE, "width": "320"}]}, "/outputs/0/width", "invalid"),
    ({"outputs": [{**LARGE, "key": "x"}]}, "/outputs/0/key", "unknown_field"),
    ({"outputs": [LARGE, {**LARGE, "height": 200}]}, "/outputs", "invalid"),
    ({"events_filter": ["generation.complete"]}, "/events_filter/0", "not_one_of"),
    ({"metadata": {"a": 1}}, "/metadata/a", "invalid"),
    ({"metadata": {str(n): "x" for n in range(21)}}, "/metadata", "too_long"),
    ({"source_images": []}, "/source_images", "too_short"),
    ({"source_images": "img_x"}, "/source_images", "not_a_list"),
    ({"preset_version": 2}, "/preset_version", "not_found"),
    ({"preset_version": 10**30}, "/preset_version", "not_found"),
    ({"product": 7}, "/product", "not_found"),
    ({"product": None}, "/product", "required"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "pointer", "code"), WRONG)
def test_it_points_at_what_is_wrong(changes: dict[str, Any], pointer: str, code: str) -> None:
    shop = make_shop()

    status, problem = shop.ask(**changes)

    assert status == 422
    error = problem["errors"][0]
    assert error["pointer"].startswith(pointer)
    assert error["code"] == code
    assert count() == 0


def test_it_shows_the_inputs_that_it_was_asked_for_not_the_present_ones() -> None:
    shop = make_shop()
    Product.objects.update(inputs_hash="a" * 64)
    made = shop.ask()[1]
    Product.objects.update(inputs_hash="b" * 64)

    shown = shop.caller.get(f"/generations/{made['id']}")[1]

    assert made["input_hash"] == shown["input_hash"] == f"sha256:{'a' * 64}"


def test_it_says_how_many_images_one_generation_makes() -> None:
    _, problem = make_shop().ask(count=4)

    assert problem["errors"][0]["max"] == 1


@pytest.mark.parametrize(
    "name", ["id", "status", "workspace", "version", "batch", "is_test", "created_by", "owner"]
)
def test_it_takes_no_field_that_is_not_the_clients(name: str) -> None:
    status, problem = make_shop().ask(**{name: "x"})

    assert (status, problem["code"]) == (422, "unknown_field")
    assert count() == 0


@pytest.mark.parametrize("field", ["product", "preset", "source_images", "notify"])
def test_it_finds_nothing_of_another_workspace_in_a_body(field: str) -> None:
    mine, theirs = make_shop(), make_shop()
    ids: dict[str, Any] = {
        "product": (theirs.product.public_id, f"prd_{'0' * 26}"),
        "preset": (theirs.preset.public_id, f"pre_{'0' * 26}"),
        "source_images": ([theirs.image.public_id], [f"img_{'0' * 26}"]),
        "notify": ([make_endpoint(theirs).public_id], [f"whe_{'0' * 26}"]),
    }

    said = [mine.ask(**{field: value}) for value in ids[field]]

    for status, problem in said:
        assert (status, problem["errors"][0]["code"]) == (422, "not_found")
        assert problem["errors"][0]["pointer"].startswith(f"/{field}")
    assert said[0][1]["errors"] == said[1][1]["errors"]
    assert count() == 0


def test_it_takes_no_photograph_of_another_product() -> None:
    shop = make_shop()
    other = make_product(shop.store)

    status, problem = shop.ask(source_images=[other.images.get().public_id])

    assert (status, problem["errors"][0]["pointer"]) == (422, "/source_images")
    assert count() == 0


def test_it_keeps_other_workspaces_out() -> None:
    mine, theirs = make_shop(), make_shop()
    row = make_generation(theirs.product, preset=theirs.preset)
    nobody = f"/generations/gen_{'0' * 26}"

    for method, tail, body in (
        ("GET", "", None),
        ("POST", "/cancel", {}),
        ("POST", "/retry", {}),
        ("POST", "/review", {"decision": "approve"}),
        ("GET", "/events", None),
    ):
        stranger = mine.caller.ask(method, f"/generations/{row.public_id}{tail}", body)
        none = mine.caller.ask(method, nobody + tail, body)
        assert stranger[0] == none[0] == 404
        assert stranger[1]["detail"] == none[1]["detail"]
    assert mine.caller.get("/generations")[1]["data"] == []
    filtered = mine.caller.get(f"/generations?store={theirs.store.public_id}")
    assert filtered[1]["data"] == []
    row.refresh_from_db()
    assert (row.status, row.version) == ("queued", 1)


def test_it_shows_a_key_of_one_store_nothing_of_another() -> None:
    shop = make_shop()
    hidden = make_generation(shop.product, preset=shop.preset)
    other = make_store(shop.caller.workspace)
    narrow = Caller(shop.caller.workspace, stores=[str(other.pk)])

    assert narrow.get("/generations")[1]["data"] == []
    assert narrow.get(f"/generations/{hidden.public_id}")[0] == 404
    status, problem = narrow.post("/generations", shop.body(), key="a")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/product")
    assert count() == 1


def test_it_asks_for_an_idempotency_key_and_the_right_scope() -> None:
    shop = make_shop()
    reader = Caller(shop.caller.workspace, scopes=["generations:read"])
    writer = Caller(shop.caller.workspace, scopes=["generations:write"])

    missing = shop.caller.post("/generations", shop.body())
    unscoped = reader.post("/generations", shop.body(), key="a")
    publishing = writer.post("/generations", shop.body(publish={"mode": "auto"}), key="a")

    assert (missing[0], missing[1]["code"]) == (400, "idempotency_key_missing")
    assert (unscoped[0], unscoped[1]["required_scopes"]) == (403, ["generations:write"])
    assert (publishing[0], publishing[1]["required_scopes"]) == (403, ["publications:write"])
    assert count() == 0


def test_it_validates_without_making_anything() -> None:
    shop = make_shop()

    status, found = shop.caller.post("/generations?validate_only=true", shop.body(outputs=[LARGE]))
    wrong = shop.caller.post("/generations?validate_only=true", shop.body(count=9))
    typed = shop.caller.post("/generations?validate_only=1", shop.body())

    assert status == 200
    assert set(found) == set(EstimateShown().fields)
    assert found["source_images"] == [shop.image.public_id]
    assert found["outputs"][0]["format"] == "webp"
    assert found["estimate"]["images"] == 1
    assert found["warnings"] == []
    assert wrong[0] == typed[0] == 422
    assert count() == 0
    assert Event.objects.count() == 0


def test_it_refuses_what_could_not_be_made() -> None:
    shop = make_shop()
    scene = make_preset(
        shop.caller.workspace,
        kind="scene",
        scene={"plate": "nowhere"},
        outputs=[{**LARGE, "name": "main"}],
    )
    bare = make_product(shop.store)
    bare.images.all().delete()

    unavailable = shop.ask(preset=scene.public_id)
    no_photo = shop.ask(product=bare.public_id)
    shop.caller.ask("DELETE", f"/presets/{scene.public_id}")
    archived = shop.ask(preset=scene.public_id)
    shop.store.status = StoreStatus.DISCONNECTED
    shop.store.save()
    gone = shop.ask()

    assert (unavailable[0], unavailable[1]["errors"][0]["code"]) == (422, "model_unavailable")
    assert (no_photo[0], no_photo[1]["errors"][0]["code"]) == (422, "no_usable_source")
    assert (archived[0], archived[1]["current_status"]) == (409, "archived")
    assert (gone[0], gone[1]["code"]) == (409, "store_disconnected")
    assert count() == 0


def test_it_takes_no_more_than_a_workspace_may_have_in_flight(settings: Any) -> None:
    settings.API_IN_FLIGHT = 2
    shop, other = make_shop(), make_shop()

    said = [shop.ask(key=str(n)) for n in range(3)]

    assert [status for status, _ in said] == [202, 202, 429]
    assert said[2][1]["code"] == "too_many_in_flight"
    assert shop.caller.last["Retry-After"] == "10"
    assert other.ask()[0] == 202, "another workspace has room of its own"
    second = Caller(shop.caller.workspace).post("/generations", shop.body(), key="3")
    assert (second[0], second[1]["code"]) == (429, "too_many_in_flight"), "whichever key asks"
    first = said[0][1]["id"]
    shop.caller.post(f"/generations/{first}/cancel")
    assert shop.ask(key="2")[0] == 202, "a refusal is not kept, so the same key may try again"
    again = shop.caller.post(f"/generations/{first}/retry")
    assert (again[0], again[1]["code"]) == (429, "too_many_in_flight")


def test_it_takes_nothing_while_the_whole_line_is_full(settings: Any) -> None:
    settings.API_QUEUE = 1
    shop, other = make_shop(), make_shop()
    shop.ask(key="1")
    shop.ask(key="2")

    status, problem = other.ask()

    assert (status, problem["code"]) == (503, "temporary-reduced-capacity")
    assert other.caller.last["Retry-After"] == "30"
    assert count() == 2


def test_it_keeps_only_a_few_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop()
    monkeypatch.setattr(patience, "_places", BoundedSemaphore(1))
    patience._places.acquire()
    headers = {"Idempotency-Key": "a", "Prefer": "wait=30"}

    status, made = shop.caller.ask("POST", "/generations", shop.body(), headers)

    assert (status, made["status"]) == (202, "queued")
    assert "Preference-Applied" not in shop.caller.last, "it was answered at once"


def test_it_tells_the_place_in_the_line() -> None:
    shop = make_shop()
    bulk = shop.ask(key="1", priority="bulk")[1]["id"]
    normal = shop.ask(key="2")[1]["id"]
    urgent = shop.ask(key="3", priority="interactive")[1]["id"]

    places = {
        one: shop.caller.get(f"/generations/{one}")[1]["queue_position"]
        for one in (urgent, normal, bulk)
    }

    assert places == {urgent: 1, normal: 2, bulk: 3}


def test_it_lists_by_what_is_asked() -> None:
    shop = make_shop()
    ids = [shop.ask(key=str(n))[1]["id"] for n in range(3)]
    shop.caller.post(f"/generations/{ids[0]}/cancel")

    def listed(query: str) -> list[str]:
        status, found = shop.caller.get(f"/generations?{query}")
        assert status == 200, found
        return [one["id"] for one in found["data"]]

    assert listed("") == ids[::-1]
    assert listed("order=asc") == ids
    assert listed("status=queued") == [ids[2], ids[1]]
    assert listed("status=queued,canceled") == ids[::-1]
    assert listed(f"product={shop.product.public_id}&limit=1") == [ids[2]]
    assert listed(f"external_id={shop.product.external_id}") == ids[::-1]
    assert listed("external_id=%25") == []
    assert listed(f"preset={shop.preset.public_id}&created_after=2020-01-01T00:00:00Z") == ids[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=-1", "limit=1e2", "limit=99999999999999", "order=up",
        "status=done", "requested_by__password=x", "workspace=1", "created_after=now",
        "batch=1", "store=prd_0",
    ],
)  # fmt: skip
def test_it_knows_the_filters_that_it_knows(query: str) -> None:
    status, problem = make_shop().caller.get(f"/generations?{query}")

    assert (status, problem["errors"][0]["pointer"]) == (422, f"/{query.partition('=')[0]}")


def test_it_takes_a_cursor_only_as_it_gave_it() -> None:
    shop, stranger = make_shop(), make_shop()
    ids = [shop.ask(key=str(n))[1]["id"] for n in range(3)]
    first = shop.caller.get("/generations?limit=2")[1]
    cursor = first["next_cursor"]

    rest = shop.caller.get(f"/generations?limit=2&cursor={cursor}")[1]

    assert [one["id"] for one in first["data"] + rest["data"]] == ids[::-1]
    assert (rest["has_more"], rest["next_cursor"]) == (False, None)
    for query, caller in (
        (f"cursor={cursor[:-1]}x", shop.caller),
        (f"cursor={cursor}&status=queued", shop.caller),
        (f"cursor={cursor}&order=asc", shop.caller),
        (f"cursor={cursor}", stranger.caller),
        ("cursor=", shop.caller),
    ):
        status, problem = caller.get(f"/generations?{query}")
        assert (status, problem["code"]) == (400, "invalid_cursor"), query


def test_it_cancels_once() -> None:
    shop = make_shop()
    path = f"/generations/{shop.ask()[1]['id']}"

    first = shop.caller.post(f"{path}/cancel")
    second = shop.caller.post(f"{path}/cancel")

    assert (first[0], first[1]["status"]) == (200, "canceled")
    assert first[1]["error"]["code"] == "canceled_by_user"
    assert (second[0], second[1]["code"]) == (409, "state_conflict")
    assert second[1]["current_status"] == "canceled"
    assert Event.objects.filter(type="generation.canceled").count() == 1


def test_it_runs_again_under_the_same_id() -> None:
    shop = make_shop()
    made = shop.ask()[1]
    path = f"/generations/{made['id']}"
    early = shop.caller.post(f"{path}/retry")
    shop.caller.post(f"{path}/cancel")

    status, again = shop.caller.post(f"{path}/retry")

    assert (early[0], early[1]["current_status"]) == (409, "queued")
    assert (status, again["id"], again["status"]) == (202, made["id"], "queued")
    assert (again["attempt"], again["error"]) == (2, None)
    assert shop.caller.last["Location"] == f"/api/v1{path}"
    assert count() == 1


def test_it_lists_what_happened() -> None:
    shop = make_shop()
    path = f"/generations/{shop.ask()[1]['id']}"
    shop.caller.post(f"{path}/cancel")

    status, told = shop.caller.get(f"{path}/events")

    assert status == 200
    assert [one["type"] for one in told["data"]] == ["generation.accepted", "generation.canceled"]
    assert [one["sequence"] for one in told["data"]] == [1, 2]
    assert told["data"][1]["data"]["object"]["status"] == "canceled"


def test_it_counts_what_it_makes_against_the_keys_own_limit(settings: Any) -> None:
    settings.API_LIMITS = {**settings.API_LIMITS, "generate": (2, 60)}
    shop = make_shop()
    test = Caller(shop.caller.workspace, is_test=True)

    said = [shop.ask(key=str(n))[0] for n in range(3)]

    assert said == [202, 202, 429]
    assert '"generate";q=2;w=60' in shop.caller.last["RateLimit-Policy"]
    assert test.post("/generations", shop.body(), key="t")[0] == 202
    assert shop.caller.get("/generations")[0] == 200, "reading goes on"


def test_it_publishes_nothing_that_a_test_key_asked_for() -> None:
    shop = make_shop(is_test=True)
    body = shop.body(publish={"mode": "auto"})

    _, checked = shop.caller.post("/generations?validate_only=true", body)
    status, made = shop.caller.post("/generations", body, key="a")

    assert "test key" in checked["warnings"][0]
    assert status == 202
    assert (made["test"], made["publish"]) == (True, {"mode": "none"})
    assert "test key" in made["warnings"][0]
    row = Generation.objects.get()
    assert (row.is_test, row.publish) == (True, PublishMode.NONE)


@pytest.mark.django_db(transaction=True)
def test_it_lets_a_person_decide(photos: Serve, drain: Drain) -> None:
    shop = make_shop(photos("small.jpg", photo(260)))
    preset = make_preset(
        shop.caller.workspace,
        outputs=[{"name": "main", "width": 2000, "height": 2000}],
        composition={"shrink_to_source": False},
    )
    ids = [shop.ask(key=name, preset=preset.public_id)[1]["id"] for name in ("a", "b")]
    drain()
    held = shop.caller.get(f"/generations/{ids[0]}")[1]
    assert (held["status"], held["quality"]["verdict"]) == ("awaiting_review", "review")

    wrong = shop.caller.post(f"/generations/{ids[0]}/review", {"decision": "maybe"})
    approved = shop.caller.post(f"/generations/{ids[0]}/review", {"decision": "approve"})
    rejected = shop.caller.post(f"/generations/{ids[1]}/review", {"decision": "reject"})
    late = shop.caller.post(f"/generations/{ids[1]}/review", {"decision": "approve"})
    drain()

    assert (wrong[0], wrong[1]["errors"][0]["pointer"]) == (422, "/decision")
    assert (approved[0], approved[1]["status"]) == (202, "processing")
    assert (rejected[0], rejected[1]["status"]) == (202, "rejected")
    assert (late[0], late[1]["current_status"]) == (409, "rejected")
    done = shop.caller.get(f"/generations/{ids[0]}")[1]
    assert (done["status"], len(done["assets"])) == ("succeeded", 1)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "generation.approve",
        "generation.reject",
    ]
