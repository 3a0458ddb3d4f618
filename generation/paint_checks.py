"""What a painted recipe may name and say: its workspace's own people and pictures, decent words.

The one place where words meet the policy: presets, requests and people all come through here.
"""

from __future__ import annotations

from collections.abc import Iterator

from generation import originals
from generation.inference.engines.diffusion.policy import (
    may_show_people,
    paints_people,
    refuse_unwanted,
    refuse_words,
)
from generation.keys import original_key
from generation.models import Person
from generation.spec import (
    PAINTED_KINDS,
    Background,
    Fault,
    Painting,
    PresetSpec,
    Shadow,
    SpecError,
)
from productviz.accounts.models import Workspace
from productviz.lib import files
from productviz.lib.ids import parse_public_id


def refuse_paint(workspace: Workspace, spec: PresetSpec) -> None:
    """Raise `SpecError` for words that are not painted, and for what is not the workspace's own."""
    if spec.painting is not None:
        faults = list(_faults(workspace, spec.painting, spec.kind))
        if faults:
            raise SpecError(faults)


def refuse_unused(spec: PresetSpec) -> None:
    """Raise `SpecError` for a ground and a shadow that this kind of painted picture cannot have.

    For presets as they are saved: one that was saved before this was asked still makes pictures.
    """
    faults = list(_unused(spec)) if spec.kind in PAINTED_KINDS else []
    if faults:
        raise SpecError(faults)


def _unused(spec: PresetSpec) -> Iterator[Fault]:
    if spec.kind != "ai_scene":
        for part, asked, usual in (
            ("background", spec.background, Background()),
            ("shadow", spec.shadow, Shadow()),
        ):
            if asked != usual:
                yield Fault((part,), "invalid", f'A picture of kind "{spec.kind}" has no {part} of '
                            "its preset's; leave it out.")  # fmt: skip
        return
    if spec.background.type == "transparent":
        yield Fault(
            ("background", "type"),
            "invalid",
            "A painted scene has no transparent ground. Leave the background out, or give it the "
            'colours that the scene is to go with; for a cut-out choose the kind "packshot".',
        )
    if spec.shadow.type not in ("contact", "none"):
        yield Fault(
            ("shadow", "type"),
            "invalid",
            "The light of a painted scene decides how its shadow falls. Set the shadow to "
            '"contact", or to "none".',
        )


def _faults(workspace: Workspace, asked: Painting, kind: str) -> Iterator[Fault]:
    if refusal := refuse_words(asked.prompt, shows_people=paints_people(kind)):
        yield Fault(("painting", "prompt"), "content_policy", refusal)
    # What a merchant does not want to see may be named, but for what undresses a person.
    if refusal := refuse_unwanted(asked.negative_prompt) if may_show_people(kind) else None:
        yield Fault(("painting", "negative_prompt"), "content_policy", refusal)
    if asked.person is not None and not _is_ours(workspace, asked.person):
        yield _nowhere("person", "There is no such person in this workspace.")
    if asked.reference is not None:
        yield from _reference_faults(workspace, asked.reference)


def _reference_faults(workspace: Workspace, sha256: str) -> Iterator[Fault]:
    if not _is_kept(workspace, sha256):
        yield _nowhere(
            "reference",
            "No picture of this workspace has that hash; upload it first, or choose another.",
        )
    elif refusal := originals.refusal(workspace, sha256):
        yield Fault(("painting", "reference"), "invalid", refusal)


def _nowhere(name: str, sentence: str) -> Fault:
    return Fault(("painting", name), "not_found", sentence)


def _is_ours(workspace: Workspace, person: str) -> bool:
    pk = parse_public_id(Person.PREFIX, person)
    return pk is not None and workspace.people.filter(pk=pk, archived_at=None).exists()


def _is_kept(workspace: Workspace, sha256: str) -> bool:
    # Originals lie in their workspace's folder: another's picture of the same hash is not there.
    return files.exists("originals", original_key(workspace.pk, sha256))
