"""People whom models paint: made of words, and kept the same by a portrait.

Nobody's photograph becomes one. A portrait is a picture that was painted here, so that later ones
can refer to it; without one the first picture of the person that is delivered makes it, and the
others wait for that (``generation.first_pictures``): words and a seed alone make another face for
another garment.
"""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from generation.first_pictures import person_of
from generation.inference.engines.diffusion.policy import refuse_words
from generation.models import Asset, Person
from generation.originals import is_of_a_person, keep_asset
from generation.spec import PresetSpec, printable
from productviz.accounts.models import Workspace
from productviz.lib import queue

log = structlog.get_logger(__name__)

LONGEST_NAME, LONGEST_DESCRIPTION = 80, 600
# What every generator of random numbers and every JSON library takes.
_SEEDS = 2**31


class PersonRefused(ValueError):
    """A person who cannot be; ``field`` is at fault, ``code`` the API's, the text a sentence."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code


def create(
    workspace: Workspace,
    *,
    name: str,
    description: str,
    portrait: Asset | None = None,
    metadata: dict[str, str] | None = None,
) -> Person:
    """Make a person with a seed of its own. Raises PersonRefused."""
    person = Person(
        workspace=workspace,
        name=_words("name", name, LONGEST_NAME),
        description=_words("description", description, LONGEST_DESCRIPTION),
        seed=secrets.randbelow(_SEEDS),
        portrait=_portrait(portrait),
        metadata=metadata or {},
    )
    _save(person)
    return person


def change(
    person: Person, *, name: str | None = None, metadata: dict[str, str] | None = None, **also: Any
) -> list[str]:
    """Give a person another name, portrait (``portrait``, an Asset or None) or metadata.

    The fields that are not what they were. Words and seed stay: they are who it is. Raises
    PersonRefused.
    """
    changes: dict[str, Any] = {} if metadata is None else {"metadata": metadata}
    if name is not None:
        changes["name"] = _words("name", name, LONGEST_NAME)
    if "portrait" in also:
        changes["portrait"] = _portrait(also["portrait"])
    other = [field for field, value in changes.items() if getattr(person, field) != value]
    for field, value in changes.items():
        setattr(person, field, value)
    _save(person, update_fields=list(changes))
    queue.wake_soon()  # what waited for a portrait may go on
    return other


def keep_first_portrait(asset: Asset, spec: PresetSpec) -> str:
    """Keep a picture that is to be the portrait of its person; its hash, empty where it is not to.

    That is where the person has none yet. A test's picture is marked as one, and shows nobody.
    Storage that is away is logged and no fault of the delivery: the next picture makes the
    portrait.
    """
    if not _without_portrait(asset, spec).exists():
        return ""
    try:
        return keep_asset(asset)
    except OSError:
        log.exception("portrait not kept", asset=asset.public_id)
        return ""


def set_first_portrait(asset: Asset, spec: PresetSpec, portrait: str) -> None:
    """Let what was kept be the portrait, unless there is one by now; with the delivery itself.

    In one transaction: what waits for the portrait must not begin between the two.
    """
    _without_portrait(asset, spec).update(portrait=portrait)


def _without_portrait(asset: Asset, spec: PresetSpec) -> QuerySet[Person]:
    pk = person_of(spec)
    people = Person.objects.filter(workspace_id=asset.workspace_id, portrait="")
    return people.filter(pk=pk) if pk else people.none()


def archive(person: Person) -> None:
    """Put a person away: its pictures stay, its presets make no new ones."""
    person.archived_at = timezone.now()
    person.save(update_fields=["archived_at"])


def _words(field: str, text: str, longest: int) -> str:
    try:
        plain = printable(text)
    except ValueError as error:
        raise PersonRefused(field, "invalid", str(error)) from None
    if not plain:
        raise PersonRefused(field, "required", f"Give the person a {field}.")
    if len(plain) > longest:
        raise PersonRefused(field, "too_long", f"A {field} has at most {longest} letters.")
    if refusal := refuse_words(plain, shows_people=True):
        raise PersonRefused(field, "content_policy", refusal)
    return plain


def _portrait(asset: Asset | None) -> str:
    if asset is None:
        return ""
    if asset.deleted_at is not None:
        raise PersonRefused("portrait", "asset_expired", "The files of that image were removed.")
    if not is_of_a_person(asset):
        raise PersonRefused(
            "portrait",
            "invalid",
            "Only a picture of a virtual model can be a portrait: nobody's photograph becomes a "
            "person.",
        )
    return keep_asset(asset)


def _save(person: Person, **options: Any) -> None:
    try:
        with transaction.atomic():
            person.save(**options)
    except IntegrityError:
        message = f"There is a person called “{person.name}” already."
        raise PersonRefused("name", "not_unique", message) from None
