"""The document against a live server: requests that fit it and requests that do not.

Whatever comes, the answer is one that the document names: its status, its content type, its
schema and its headers; and never an error of ours. The same requests come in every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings as hypothesis_settings
from pytest_django.live_server_helper import LiveServer
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from productviz.accounts.models import IdempotentAnswer
from tests.api.caller import Caller
from tests.api.operations import DOCUMENT, with_ids
from tests.api.world import World, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
CHECKS: list[Any] = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 12
PARTS = 2
# What is gone cannot be asked again: removals come last.
METHODS = ("get", "post", "put", "patch", "delete")


def operation_of(case: Case) -> str:
    return f"{case.method} {case.formatted_path}"


class Target:
    """The live server, and the one who asks."""

    def __init__(self, url: str, world: World) -> None:
        self.url, self.world = url, world
        self.caller = Caller(world.seed.workspace)
        self.asked = 0

    def check(self, case: Case, *more: Any) -> None:
        """Send the case, often with ids that exist, and hold the answer to the words."""
        self.asked += 1
        if self.asked % 3:
            self._know(case)
        answer = case.call(
            base_url=self.url, headers={"Authorization": f"Bearer {self.caller.text}"}, timeout=60
        )
        assert answer.status_code != 500, f"{operation_of(case)}: {answer.text}"
        # A version that is not meant is refused before anybody looks at the body.
        checks = CHECKS if answer.status_code == 412 else [*CHECKS, *more]
        case.validate_response(answer, checks=checks)

    def _know(self, case: Case) -> None:
        ids = self.world.ids
        case.path_parameters = with_ids(dict(case.path_parameters or {}), ids)
        case.query = with_ids(dict(case.query or {}), ids)
        if isinstance(case.body, dict | list):
            case.body = with_ids(case.body, ids)


@pytest.fixture
def target(live_server: LiveServer, settings: Any) -> Iterator[Target]:
    """A server that does not tire."""
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, (10**12, 60))
    yield Target(live_server.url, make_world("Fuzzed"))
    IdempotentAnswer.objects.all().delete()


def operations(part: int) -> list[Any]:
    """Every other one: two processes share the work."""
    found: list[Any] = [one.ok() for one in SCHEMA.get_all_operations()]  # type: ignore[union-attr]
    ordered = sorted(found, key=lambda one: (METHODS.index(one.method.lower()), one.path))
    return ordered[part::PARTS]


@pytest.mark.parametrize("part", range(PARTS))
def test_it_answers_what_the_document_says(part: int, target: Target) -> None:
    broken = {}
    for operation in operations(part):
        try:
            run(target, operation, GenerationMode.POSITIVE)
            if operation.body or operation.query or operation.headers:
                run(target, operation, GenerationMode.NEGATIVE, negative_data_rejection)
        except (FailureGroup, Failure, AssertionError) as failure:
            broken[operation.label] = str(failure)

    assert not broken, "\n\n".join(f"{name}: {words}" for name, words in broken.items())
    assert target.asked > len(operations(part)) * EXAMPLES / 4


def run(target: Target, operation: Any, mode: GenerationMode, *checks: Any) -> None:
    """Ask one operation some dozen times."""

    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        target.check(case, *checks)

    ask()
