"""The types that can be asked for are those that are told of, no more and no less."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from generation.models import Generation
from integrations.models import Publication
from integrations.models.stores import StoreStatus
from productviz.outbox.models import Event
from productviz.outbox.wants import DISABLED, GROUPS, TYPES
from tests.factories import make_workspace
from tests.outbox.rows import tell

ROOT = Path(settings.BASE_DIR)
# Which functions tell of what, by a word among their arguments.
TELLERS = {
    "generation.events.record": "generation",
    "generation.events.tell": "generation",
    "generation.events.told": "generation",
    "generation.batches.errands._tell": "generation",
    "generation.batches.told.tell": "batch",
    "generation.events.record_asset": "asset",
    "integrations.events.publication": "publication",
    "integrations.events.image": "image",
    "integrations.events.sync": "sync",
    "integrations.events.store": "store",
    "integrations.events.change_of": "product",
}
# What is passed on to them in a variable: a state, or what became of a product.
PASSED_ON = {
    "generation": set(Generation.Status.values),
    "publication": set(Publication.State.values),
    "store": set(StoreStatus.values),
    "product": {"created", "updated", "inputs_changed"},
}


def told_literally() -> dict[str, set[str]]:
    """The words in the source, by group."""
    found: dict[str, set[str]] = defaultdict(set)
    for top in ("generation", "integrations", "productviz"):
        for path in (ROOT / top).rglob("*.py"):
            tree = ast.parse(path.read_text())
            here = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for group, word in _words(tree, here):
                found[group].add(word)
    return found


def _words(tree: ast.Module, here: str) -> Iterator[tuple[str, str]]:
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, dot, rest = ast.unparse(node.func).partition(".")
            group = TELLERS.get(names.get(first, f"{here}.{first}") + dot + rest)
            for argument in node.args[1:2]:
                if group and isinstance(argument, ast.Constant):
                    yield group, str(argument.value)
        elif isinstance(node, ast.keyword) and node.arg == "type":
            group, _, word = ast.unparse(node.value).strip("'").partition(".")
            yield group, word


def test_everything_that_is_told_can_be_asked_for() -> None:
    literally = told_literally()
    told = {f"{group}.{word}" for group in GROUPS for word in literally[group]}

    assert told - TYPES == set()
    assert {"generation.approved", "generation.retried", "batch.progress"} <= told


def test_everything_that_can_be_asked_for_is_told() -> None:
    told = told_literally()
    told["webhook_endpoint"].add(DISABLED.partition(".")[2])

    never = {
        name
        for group, names in GROUPS.items()
        for name in names
        if name.partition(".")[2] not in told[group] | PASSED_ON.get(group, set())
    }
    assert never == set()


def test_the_guide_lists_them() -> None:
    guide = (ROOT / "docs" / "webhooks.md").read_text().partition("## Types")[2]
    words = set(re.findall(r"`(?:[a-z_]+)?\.([a-z_]+)`", guide.partition("## For")[0]))

    assert words == {name.partition(".")[2] for name in TYPES}


@pytest.mark.django_db
def test_it_tells_of_nothing_that_nobody_could_have_asked_for() -> None:
    with pytest.raises(ValueError, match=r"generation\.dreamt"):
        tell(make_workspace(), "generation.dreamt")
    assert not Event.objects.exists()
