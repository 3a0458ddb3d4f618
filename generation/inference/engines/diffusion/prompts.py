"""What is said to a model: the merchant's words, what the kind needs, and the product's name.

The name comes last, in quotes, after everything that instructs: it is data (see `fence`). Text
encoders weigh what comes first, and cut what is too long at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from generation.imaging.colour_names import nearest_name
from generation.spec import Painting, PresetSpec
from generation.types import Told

from .fence import named
from .policy import refuse_words

# What text encoders read, with a margin: CLIP 77 tokens, the others 512.
_MOST_TOKENS = {"sdxl": 72}
_USUAL_TOKENS = 480
# CLIP paints whatever is named: "without people" brings people.
_HEARS_NO_NOT = frozenset({"sdxl"})
_MOST_UNWANTED = 60
_LETTERS_A_TOKEN, _TOKENS_A_WORD = 4.0, 1.3

_POSES = {
    "front": "standing, facing the camera, arms relaxed",
    "three_quarter": "standing, turned a little to the side, looking at the camera",
    "side": "standing, seen from the side",
    "back": "standing, seen from behind",
    "seated": "sitting upright on a plain stool, facing the camera",
}
_LIGHTS = {
    "left": "soft light from a large window on the left, gentle shadows to the right",
    "right": "soft light from a large window on the right, gentle shadows to the left",
    "above": "soft light from straight above, shadows under the object",
    "behind": "light from behind, a bright rim around the object",
    "soft": "even, diffuse light from all sides, hardly any shadow",
}
_NEVER = (
    "text, letters, watermark, logo, frame, border, collage, low quality, blurry, jpeg artifacts"
)
_NEVER_A_PRODUCT = "second product, duplicate object, floating object, hands, people"
_NEVER_A_PERSON = (
    "child, teenager, nudity, underwear only, extra fingers, deformed hands, distorted face, "
    "two people, changed garment, changed print"
)
_ADULT = "an adult over 25 years old"


@dataclass(frozen=True, slots=True)
class Words:
    """A prompt and a negative prompt, ready for a model."""

    prompt: str
    negative: str


def scene_words(
    spec: PresetSpec,
    told: Told | None,
    *,
    camera: str,
    family: str,
    is_guided: bool,
    is_edit: bool = False,
) -> Words:
    """Words for a scene around a product that is in the picture already.

    ``is_edit``: the model has no mask and is told what to leave alone.
    """
    painting = _painting(spec)
    wish = painting.prompt or "a scene in the style, colours and light of the reference picture"
    needed = [
        "replace the grey background of picture 1 by this scene; keep the product's place, size, "
        "shape and colours"
        if is_edit
        else "",
        "product photograph",
        camera,
        "the product in the middle stays as it is and casts a soft contact shadow",
        _palette(spec),
        "natural light, realistic, sharp",
    ]
    never = f"{_NEVER}, {_NEVER_A_PRODUCT}" if is_guided else None
    return _words(wish, needed, told, spec, never, family)


def model_words(
    spec: PresetSpec,
    told: Told | None,
    *,
    has_portrait: bool,
    garments: int,
    family: str,
    is_guided: bool,
) -> Words:
    """Words for a person who wears a garment: picture 1 is the person where there is a portrait."""
    painting = _painting(spec)
    first = 2 if has_portrait else 1
    who = f"the same person as in picture 1, {_ADULT}" if has_portrait else _ADULT
    persona = told.persona if told else None
    shown = " and ".join(f"picture {number}" for number in range(first, first + garments))
    needed = [
        "fashion photograph of " + who,
        persona.description if persona else "",
        f"wearing exactly the garment of {shown}, same colour, cut, print and fabric",
        _POSES[painting.pose or "front"],
        "whole garment visible, one person, natural skin, realistic",
    ]
    wish = painting.prompt or "plain light grey studio background"
    never = f"{_NEVER}, {_NEVER_A_PERSON}" if is_guided else None
    return _words(wish, needed, told, spec, never, family)


def edit_words(spec: PresetSpec, told: Told | None, *, family: str, is_guided: bool) -> Words:
    """Words for one change of a photograph: picture 1; picture 2 is the reference."""
    painting = _painting(spec)
    needed = [
        "change nothing else in picture 1: same product, same framing, same camera",
        "follow the look of picture 2" if painting.reference else "",
        "realistic photograph",
    ]
    never = _NEVER if is_guided else None
    return _words(painting.prompt, needed, told, spec, never, family)


def relight_words(spec: PresetSpec, told: Told | None, *, family: str, is_guided: bool) -> Words:
    """Words for another light on the same photograph."""
    painting = _painting(spec)
    light = _LIGHTS[painting.light] if painting.light else ""
    wish = ", ".join(part for part in (light, painting.prompt) if part)
    needed = [
        "the same photograph as picture 1 in this light",
        "same product, same colours, same framing, same camera",
        "light as in picture 2" if painting.reference else "",
    ]
    never = f"{_NEVER}, colour cast, overexposed" if is_guided else None
    return _words(wish, needed, told, spec, never, family)


def tokens_in(text: str) -> int:
    """About how many tokens a text encoder makes of a text; rather too many than too few."""
    return math.ceil(max(_TOKENS_A_WORD * len(text.split()), len(text) / _LETTERS_A_TOKEN))


def _painting(spec: PresetSpec) -> Painting:
    return spec.painting or Painting()


def _words(
    wish: str,
    needed: list[str],
    told: Told | None,
    spec: PresetSpec,
    never: str | None,
    family: str,
) -> Words:
    """``never`` is what no picture of the kind shows; None where the model hears no such list."""
    most = _MOST_TOKENS.get(family, _USUAL_TOKENS)
    unwanted = _painting(spec).negative_prompt
    said = _without(unwanted) if never is None and family not in _HEARS_NO_NOT else ""
    fixed = ". ".join(part.strip(" .") for part in (*needed, said) if part) + "."
    room = most - tokens_in(fixed)
    prompt = f"{_cut(wish, max(room, most // 3))}. {fixed}"
    name = named(told, spec)
    if name and tokens_in(f"{prompt} {name}") <= most:
        prompt = f"{prompt} {name}"
    negative = ", ".join(part for part in (unwanted, never) if part) if never else ""
    return Words(prompt, _cut(negative, most))


def _without(unwanted: str) -> str:
    """What a merchant does not want, as words of a prompt.

    A model without guidance makes one pass and never hears a negative prompt. What is not painted
    in any case is better not mentioned to it: it might paint what it reads.
    """
    parts = [part.strip() for part in unwanted.split(",") if part.strip()]
    named = [part for part in parts if not refuse_words(f"without {part}", shows_people=True)]
    return f"without {_cut(', '.join(named), _MOST_UNWANTED)}" if named else ""


def _palette(spec: PresetSpec) -> str:
    """The brand's colour, where the preset has one: its background's."""
    color = spec.background.rgb if spec.background.type == "color" else None
    ends = spec.background.gradient
    rgb = color or (ends[0] if ends else None)
    return f"colours that go with {nearest_name(rgb)}" if rgb else ""


def _cut(text: str, most: int) -> str:
    words = text.strip(" .").split()
    while words and tokens_in(" ".join(words)) > most:
        words.pop()
    return " ".join(words).rstrip(" .,;")
