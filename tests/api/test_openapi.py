"""The document: that it is what the views say, that it is valid, and how it is shown."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.test import Client

from productviz.api.openapi import document
from productviz.api.problems import PROBLEMS
from productviz.outbox.wants import TYPES
from tests.api.operations import DOCUMENT, OPERATIONS, follow
from tests.house.test_house import run


def test_it_is_what_the_views_say() -> None:
    assert document.PATH.read_text() == document.text(), "run `manage.py openapi`"


def test_it_is_valid_and_nothing_in_it_is_a_guess(tmp_path: object) -> None:
    """drf-spectacular's own command, which fails on a warning."""
    call_command("spectacular", "--fail-on-warn", "--validate", file=f"{tmp_path}/openapi.yaml")


def test_it_names_every_operation_once() -> None:
    names = [one.name for one in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(one.spec.get("summary") for one in OPERATIONS)


def test_it_says_of_every_operation_which_problems_it_may_answer() -> None:
    for one in OPERATIONS:
        statuses = {status for status in one.spec["responses"] if status >= "400"}
        assert "500" in statuses
        assert ("401" in statuses) == ("security" in one.spec), one.name
        for status in statuses:
            said = follow(one.spec["responses"][status])
            assert list(said["content"]) == ["application/problem+json"]


def test_it_says_where_to_find_what_was_made() -> None:
    made = [one for one in OPERATIONS if one.name.startswith("create_")]
    assert len(made) > 8
    for one in made:
        answers = one.spec["responses"]
        assert "Location" in (answers.get("201") or answers["202"])["headers"], one.name


def test_it_names_every_problem() -> None:
    words = json.dumps(DOCUMENT["components"]["responses"])
    assert [code for code in PROBLEMS if f"`{code}`" not in words] == []


def test_it_knows_every_webhook() -> None:
    assert set(DOCUMENT["webhooks"]) == {*TYPES, "ping"}


def test_it_is_served_as_it_is_and_not_twice() -> None:
    client = Client()

    whole = client.get("/api/v1/openapi.json")
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": whole["ETag"]})

    assert whole.content == document.PATH.read_bytes()
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
def test_it_is_a_page_for_people_that_needs_no_script() -> None:
    page = Client().get("/api/v1/docs")
    text = page.content.decode()

    assert page.status_code == 200
    assert all(f'id="{one.name}"' in text for one in OPERATIONS)
    assert all(code in text for code in PROBLEMS)
    assert "<script" not in text
    assert " style=" not in text
    assert "default-src 'self'" in page["Content-Security-Policy"]


def test_it_costs_a_web_process_nothing(tmp_path: object) -> None:
    code = (
        "import sys; import productviz.wsgi, productviz.urls;"
        "print([name for name in sys.modules if name in"
        " ('drf_spectacular.openapi', 'drf_spectacular.plumbing', 'rest_framework.test')])"
    )
    done = run(code, PRODUCTVIZ_MODE="development", PRODUCTVIZ_DATA_DIR=str(tmp_path))
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
