"""What a painter is told beside the photographs, from rows alone: names, and a virtual model.

The web process asks too, to say what a result would be called; `looks` has the pictures.
"""

from __future__ import annotations

from generation.errors import Permanent
from generation.models import Generation, Person
from generation.spec import PAINTED_KINDS, PresetSpec
from generation.types import Persona, Told
from productviz.lib.ids import parse_public_id

# An enlarged photograph has no prompt, so that no rename makes it another request.
_WORDLESS = frozenset({"upscale"})


def told_of(generation: Generation, spec: PresetSpec) -> Told | None:
    """The product's name, where in the store it stands, and the preset's person.

    None for kinds that are told nothing. Raises Permanent for a person that this workspace has not.
    """
    if spec.kind not in PAINTED_KINDS or spec.kind in _WORDLESS:
        return None
    product = generation.product
    return Told(
        title=product.title, category=product.category_path, persona=_persona(generation, spec)
    )


def _persona(generation: Generation, spec: PresetSpec) -> Persona | None:
    wanted = spec.painting.person if spec.painting else None
    if wanted is None:
        return None
    row = parse_public_id(Person.PREFIX, wanted)
    mine = Person.objects.filter(workspace_id=generation.workspace_id)
    person = mine.filter(pk=row).first() if row else None
    if person is None:
        raise Permanent(
            "person_not_found",
            "The preset's virtual model is not one of this workspace. Choose another one in the "
            "preset.",
        )
    return Persona(person.description, person.seed, person.portrait)
