"""Around the documents: versions, tokens, scopes, cost, paging, search."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.shopify.conftest import Client, document

SHOP = "{ shop { id } }"


def test_a_wrong_token_is_401_with_shopifys_body(client: Client) -> None:
    answer = client.post(SHOP, token="shpat_wrong")

    assert answer.status_code == 401
    words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    assert answer.json() == {"errors": words}


def test_a_request_without_a_query_is_400(client: Client) -> None:
    url = f"{client.shopify.admin}/admin/api/2026-10/graphql.json"
    headers = {"X-Shopify-Access-Token": client.token}

    for body in ("not json", '{"variables": {}}', "[]"):
        answer = requests.post(url, data=body, headers=headers, timeout=10)
        assert answer.status_code == 400
        assert answer.json() == {"errors": {"query": "Required parameter missing or invalid"}}


def test_a_shop_that_is_not_here_is_404(client: Client) -> None:
    url = f"{client.shopify.url}/none.myshopify.com/admin/api/2026-10/graphql.json"

    assert requests.post(url, json={"query": SHOP}, timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("version", "status", "served"),
    [
        ("2026-10", 200, "2026-10"),
        ("2026-07", 200, "2026-07"),
        ("2024-01", 200, "2026-01"),
        ("2027-01", 404, None),
        ("2026-11", 404, None),
    ],
)
def test_versions(client: Client, version: str, status: int, served: str | None) -> None:
    answer = client.post(SHOP, version=version)

    assert answer.status_code == status
    assert answer.headers.get("X-Shopify-API-Version") == served


def test_a_field_without_its_scope_is_denied_at_200(client: Client) -> None:
    client.shopify.app.scopes = ("write_products",)
    client.shopify.install()
    source = "https://example.com/a.jpg"

    answer = client.post(document("08"), {"files": [{"originalSource": source}]})

    (error,) = answer.json()["errors"]
    assert answer.status_code == 200
    assert answer.json()["data"] == {"fileCreate": None}
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["path"] == ["fileCreate"]
    assert "`write_files`" in error["message"]


def test_writing_implies_reading(client: Client) -> None:
    data = client.run("20")["currentAppInstallation"]["accessScopes"]

    assert [one["handle"] for one in data] == ["write_products", "write_files"]
    assert client.run("05", first=1)["products"]["nodes"]


def cost(answer: requests.Response) -> dict[str, Any]:
    return dict(answer.json()["extensions"]["cost"])


def test_an_answer_tells_its_cost(client: Client) -> None:
    answer = cost(client.post(document("06"), {"id": client.product()}))

    # The contract's own estimate of this document is "about 400".
    assert 350 <= answer["requestedQueryCost"] <= 450
    assert 0 < answer["actualQueryCost"] < answer["requestedQueryCost"]
    status = answer["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (2000.0, 100.0)
    assert status["currentlyAvailable"] == 2000 - answer["actualQueryCost"]


def test_a_query_of_more_than_1000_points_is_refused(client: Client) -> None:
    answer = client.post(document("05"), {"first": 100})

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (200, "MAX_COST_EXCEEDED")
    assert error["extensions"]["maxCost"] == 1000
    assert error["extensions"]["cost"] == cost(answer)["requestedQueryCost"]


def test_an_empty_bucket_throttles_at_200_and_fills_again(client: Client) -> None:
    client.shopify.state.bucket_size = 600.0
    detail = {"id": client.product()}
    client.post(SHOP)
    client.shopify.state.buckets["demo.myshopify.com"].available = 300.0

    refused = client.post(document("06"), detail)

    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["extensions"]["code"]) == (200, "THROTTLED")
    assert cost(refused)["actualQueryCost"] is None
    wait = (
        cost(refused)["requestedQueryCost"] - cost(refused)["throttleStatus"]["currentlyAvailable"]
    )
    client.clock.turn(wait / 100)
    assert "errors" not in client.post(document("06"), detail).json()


def pages(client: Client, size: int, **variables: object) -> list[str]:
    titles, after = [], None
    while True:
        page = client.run("05", first=size, after=after, **variables)["products"]
        titles += [one["title"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return titles


def test_pages_follow_one_another(client: Client) -> None:
    assert pages(client, 1) == pages(client, 40) == ["Stone Mug", "Tote & Bag", "Bare Board"]


def test_a_page_goes_on_after_a_row_that_changed_meanwhile(client: Client) -> None:
    first = client.run("05", first=1)["products"]
    client.clock.turn(60)
    client.shopify.edit_product("Stone Mug", title="Stone Mug, blue")

    rest = client.run("05", first=9, after=first["pageInfo"]["endCursor"])["products"]

    assert [one["title"] for one in rest["nodes"]] == [
        "Tote & Bag",
        "Bare Board",
        "Stone Mug, blue",
    ]


def test_a_cursor_that_is_none_is_refused(client: Client) -> None:
    answer = client.post(document("05"), {"first": 1, "after": "nonsense"})

    assert "Invalid cursor" in answer.json()["errors"][0]["message"]


def test_updated_at_finds_what_changed_since(client: Client) -> None:
    client.clock.turn(3000)
    client.shopify.edit_product("BOARD", title="Oak Board")
    since = "updated_at:>='2026-11-30T01:00:00Z'"

    assert pages(client, 5, query=since) == ["Oak Board"]
    assert pages(client, 5, query="-tag:Kitchen") == ["Tote & Bag", "Oak Board"]
    assert pages(client, 5, query="sku:MUG-O status:active") == ["Stone Mug"]
    assert pages(client, 5, query="oak") == ["Oak Board"]


def test_a_search_that_the_sandbox_cannot_read_is_an_error(client: Client) -> None:
    answer = client.post(document("05"), {"first": 1, "query": "title:a OR title:b"})

    assert "cannot read this search" in answer.json()["errors"][0]["message"]


def test_nodes_keep_their_places(client: Client) -> None:
    gone = "gid://shopify/MediaImage/9"

    nodes = client.run("09", ids=[client.gallery()[1], gone, client.product()])["nodes"]

    assert [one and one["__typename"] for one in nodes] == ["MediaImage", None, "Product"]


def test_several_shops_live_on_one_server(client: Client) -> None:
    other = client.shopify.add_shop("other.myshopify.com", [{"name": "Lamp"}])
    client.shopify.application.install(other)

    there = f"{client.shopify.url}/other.myshopify.com/admin/api/2026-10/graphql.json"
    headers = {"X-Shopify-Access-Token": client.token}
    answer = requests.post(there, json={"query": SHOP}, headers=headers, timeout=10)

    assert answer.status_code == 401
    with pytest.raises(ValueError, match=r"myshopify\.com"):
        client.shopify.add_shop("evil.example")
