"""What is said to a model: the merchant's words, what the kind needs, and the product's name.

The name comes last, in quotes, after everything that instructs: it is data (see `fence`). Text
encoders weigh what comes first, and cut what is too long at the end: so the merchant's words come
first, and are cut here to leave room for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from generation.imaging.colour_names import nearest_name
from generation.spec import Painting, PresetSpec
from generation.types import Told

from .fence import called, named
from .policy import refuse_words
from .tokens import LETTERS_A_TOKEN, SHORT_NAME, cut, most_tokens, reads_little, tokens_in

# CLIP paints whatever is named: "without people" brings people.
_HEARS_NO_NOT = frozenset({"sdxl"})
_MOST_UNWANTED = 60

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


# Beside them the least is read of a merchant's words.
_LONGEST_CAMERA = "flat lay seen straight from above, on one flat surface"
_LONG_NAME = Told(title="n" * 80, category="n" * 24)


@dataclass(frozen=True, slots=True)
class Words:
    """A prompt and a negative prompt, ready for a model; of the wish it reads ``room`` tokens."""

    prompt: str
    negative: str
    room: int


def words_read(spec: PresetSpec, *, family: str, is_guided: bool, is_edit: bool = False) -> str:
    """The part of a merchant's words that is read, whatever the product is called.

    A virtual model's own description takes more of the room; it is the person's, not the preset's.
    """
    room = _least_room(spec, family=family, is_guided=is_guided, is_edit=is_edit)
    return cut(_painting(spec).prompt, room, family)


def scene_letters_read(family: str) -> int | None:
    """About how many letters of English words for a scene are read where little is; else None."""
    scene = PresetSpec(kind="ai_scene", painting=Painting(prompt="-"))
    room = _least_room(scene, family=family, is_guided=False, is_edit=False)
    return int(round(room * LETTERS_A_TOKEN, -1)) if reads_little(family) else None


def _least_room(spec: PresetSpec, *, family: str, is_guided: bool, is_edit: bool) -> int:
    if spec.kind == "ai_scene":
        return scene_words(
            spec,
            _LONG_NAME,
            camera=_LONGEST_CAMERA,
            family=family,
            is_guided=is_guided,
            is_edit=is_edit,
        ).room
    if spec.kind == "virtual_model":
        return model_words(
            spec, _LONG_NAME, has_portrait=True, garments=2, family=family, is_guided=is_guided
        ).room
    if spec.kind == "edit":
        return edit_words(spec, _LONG_NAME, family=family, is_guided=is_guided).room
    words = relight_words(spec, _LONG_NAME, family=family, is_guided=is_guided)
    return words.room - tokens_in(_light(spec), family)


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
    if reads_little(family):
        needed = ["product photograph", camera, _shadow(spec), _tones(spec), "realistic"]
    else:
        needed = [
            "replace the grey background of picture 1 by this scene; keep the product's place, "
            "size, shape and colours"
            if is_edit
            else "",
            "product photograph",
            camera,
            " and casts a ".join(
                part for part in ("the product in the middle stays as it is", _shadow(spec)) if part
            ),
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
    wish = ", ".join(part for part in (_light(spec), painting.prompt) if part)
    needed = [
        "the same photograph as picture 1 in this light",
        "same product, same colours, same framing, same camera",
        "light as in picture 2" if painting.reference else "",
    ]
    never = f"{_NEVER}, colour cast, overexposed" if is_guided else None
    return _words(wish, needed, told, spec, never, family)


def _light(spec: PresetSpec) -> str:
    light = _painting(spec).light
    return _LIGHTS[light] if light else ""


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
    most = most_tokens(family)
    unwanted = _painting(spec).negative_prompt
    said = _without(unwanted) if never is None and family not in _HEARS_NO_NOT else ""
    fixed = ". ".join(part.strip(" .") for part in (*needed, said) if part) + "."
    name = _short_name(told, spec, family) if reads_little(family) else named(told, spec)
    room = most - tokens_in(fixed, family) - tokens_in(name, family) - 1  # a full stop
    room = max(room, most // 3)
    prompt = f"{cut(wish, room, family)}. {fixed} {name}".strip()
    negative = ", ".join(part for part in (unwanted, never) if part) if never else ""
    return Words(prompt, cut(negative, most, family), room)


def _without(unwanted: str) -> str:
    """What a merchant does not want, as words of a prompt.

    A model without guidance makes one pass and never hears a negative prompt. What is not painted
    in any case is better not mentioned to it: it might paint what it reads.
    """
    parts = [part.strip() for part in unwanted.split(",") if part.strip()]
    harmless = [part for part in parts if not refuse_words(f"without {part}", shows_people=True)]
    return f"without {cut(', '.join(harmless), _MOST_UNWANTED)}" if harmless else ""


def _short_name(told: Told | None, spec: PresetSpec, family: str) -> str:
    """What the product is called, in few tokens: its quotes and its full stop among them."""
    title, category = called(told, spec)
    name = cut(title or category, SHORT_NAME - 1, family)
    return f'"{name}".' if name else ""


def _shadow(spec: PresetSpec) -> str:
    return "" if spec.shadow.type == "none" else "soft contact shadow"


def _palette(spec: PresetSpec) -> str:
    """The brand's colours, where the preset has some: its background's."""
    names = _colours(spec)
    return f"colours that go with {names}" if names else ""


def _tones(spec: PresetSpec) -> str:
    """The same in few tokens."""
    names = _colours(spec)
    return f"{names} tones" if names else ""


def _colours(spec: PresetSpec) -> str:
    color = spec.background.rgb if spec.background.type == "color" else None
    found = spec.background.gradient or ((color,) if color else ())
    return " and ".join(dict.fromkeys(nearest_name(rgb) for rgb in found))
