"""A preset in a merchant's words: its kinds, grounds, shadows, views, channels, plates and paint.

Pages and template tags say the same through it. Nothing here decides what may be asked for:
that is the spec's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import get_args

from django.utils import timezone

from generation import availability, plates
from generation.availability import Outlook
from generation.channels import ChannelRule, rule_for
from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.prompts import scene_letters_read, words_read
from generation.inference.engines.diffusion.targets import Target, target_for
from generation.inference.engines.diffusion.tokens import reads_little, whole
from generation.spec import PAINTED_KINDS, Channel, Kind, Painting, PresetSpec


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a preset: its value, its name, and a line about it."""

    value: str
    title: str
    line: str = ""


KINDS = (
    Choice("packshot", "Packshot", "One product on a plain ground"),
    Choice("scene", "Scene", "One product in a studio set"),
    Choice("group_shot", "Group shot", "Two to eight products side by side"),
    Choice("flat_lay", "Flat lay", "Two to eight products from above"),
    Choice("ghost_mannequin", "Ghost mannequin", "A hollow garment from two photos"),
    Choice("ai_scene", "AI scene", "A scene from your words, around the untouched product"),
    Choice("virtual_model", "Virtual model", "A garment on a person who is painted"),
    Choice("edit", "Edit", "The photo, changed as you say"),
    Choice("relight", "Relight", "The photo in another light"),
    Choice("upscale", "Enlarge", "The photo, larger and sharper"),
)
BACKGROUNDS = (
    Choice("white", "White"),
    Choice("color", "Colour"),
    Choice("gradient", "Gradient"),
    Choice("transparent", "Transparent"),
)
SHAPES = (Choice("radial", "From the middle"), Choice("vertical", "From the floor"))
SHADOWS = (
    Choice("contact", "Contact", "Soft, right under it"),
    Choice("drop", "Drop", "Faint, all around"),
    Choice("natural", "Natural", "To the side, as from a window"),
    Choice("reflection", "Reflection", "As on a glossy table"),
    Choice("none", "None", "Nothing but the product"),
)
# The light of a painted scene decides how any other falls.
SCENE_SHADOWS = (
    Choice("contact", "Right under the product"),
    Choice("none", "None but what is painted"),
)
VIEWS = (
    Choice("auto", "Automatic", "As the photo was taken"),
    Choice("front", "Front", "At the product’s height"),
    Choice("three_quarter", "Three-quarter", "A little from above"),
    Choice("top", "Top", "Straight down"),
)
LAYOUTS = (
    Choice("row", "Row", "Side by side"),
    Choice("cluster", "Cluster", "Some in front"),
    Choice("grid", "Grid", "In rows and columns"),
)
PROPORTIONS = (
    Choice("true", "True to size", "By the heights you tell"),
    Choice("equal", "Equally large", "Each gets the same room"),
)
ANCHORS = (Choice("center", "In the middle"), Choice("bottom", "On the ground"))
LINE_UPS = (
    Choice("fast", "Fast", "For a whole catalog"),
    Choice("balanced", "Balanced", "Finer, and slower"),
    Choice("best", "Best", "For a few pictures that count"),
)
POSES = (
    Choice("", "As it comes"),
    Choice("front", "From the front"),
    Choice("three_quarter", "Turned a little"),
    Choice("side", "From the side"),
    Choice("back", "From behind"),
    Choice("seated", "Seated"),
)
LIGHTS = (
    Choice("", "As you say in words"),
    Choice("left", "From the left"),
    Choice("right", "From the right"),
    Choice("above", "From above"),
    Choice("behind", "From behind"),
    Choice("soft", "Soft, all around"),
)
FACTORS = (Choice("2", "Twice"), Choice("3", "Three times"), Choice("4", "Four times"))
# The kinds whose product pixels are the photo's own; the others may change them.
LOCKED = frozenset(one.value for one in KINDS) - (PAINTED_KINDS - {"ai_scene"})

_GROUNDS = {
    "white": "white ground",
    "white_or_transparent": "white or transparent ground",
    "plain_light": "plain, light ground",
}


def title_of(choices: tuple[Choice, ...], value: str) -> str:
    """The name of a value among its choices."""
    return next(one.title for one in choices if one.value == value)


def kind_title(kind: Kind) -> str:
    """The name of a kind of picture."""
    return title_of(KINDS, kind)


def channels(today: date | None = None) -> tuple[Choice, ...]:
    """Every sales channel with its name and what it wants today."""
    day = today or timezone.localdate()
    rules = [(name, rule_for(name, day)) for name in get_args(Channel)]
    return tuple(Choice(name, rule.title, _wants(rule)) for name, rule in rules)


def channel_title(channel: str) -> str:
    """The name of a sales channel."""
    return rule_for(channel, timezone.localdate()).title


def _wants(rule: ChannelRule) -> str:
    width, height = rule.recommended
    fixed = rule.shape == "fixed"
    said = [
        _GROUNDS.get(rule.ground, ""),
        f"{width} × {height}" if fixed else "keeps your preset’s shape",
        f"product fills {rule.fill[0]:.0%} to {rule.fill[1]:.0%}" if rule.fill else "",
        "" if rule.ai.allowed else "no AI-made pictures",
    ]
    line = ", ".join(part for part in said if part)
    return line[:1].upper() + line[1:]


def ground(spec: PresetSpec) -> str:
    """What is behind the product: a plate in its colours, the plain ground, or what is painted."""
    if spec.painting is not None:
        return painted(spec)
    if spec.scene is None:
        name = title_of(BACKGROUNDS, spec.background.type)
        colours = [one for one in (spec.background.color, spec.background.color_to) if one]
        return f"{name} {' to '.join(colours)}".strip()
    plate = plates.find(spec.scene.plate)
    if plate is None:
        return spec.scene.plate
    variation = plate.variation(spec.scene.variation)
    return f"{plate.title}, {variation.title}" if variation else plate.title


def painted(spec: PresetSpec) -> str:
    """What a model is asked for, in few words."""
    asked = spec.painting
    if asked is None:
        return ""
    said = [
        title_of(POSES, asked.pose) if asked.pose else "",
        f"light {title_of(LIGHTS, asked.light).lower()}" if asked.light else "",
        f"{title_of(FACTORS, str(asked.factor)).lower()} as large" if asked.factor else "",
        f"“{asked.prompt}”" if asked.prompt else "",
        "the look of a picture" if asked.reference else "",
        f"colours that go with {spec.background.color}" if spec.background.color else "",
    ]
    line = ", ".join(part for part in said if part)
    return line[:1].upper() + line[1:]


def pixels(spec: PresetSpec) -> str:
    """What becomes of the product's own pixels."""
    return "product pixels locked" if spec.kind in LOCKED else "painted: look closely"


def obstacle(spec: PresetSpec, outlook: Outlook | None = None) -> str:
    """Why this installation cannot make the preset's pictures; empty if it can, now or soon.

    ``outlook`` is of a list of recipes with this one among them, to ask once for all.
    """
    if spec.painting is not None:
        return (outlook or availability.outlook([spec])).obstacle(spec)
    if spec.scene is None:
        return ""
    plate = plates.find(spec.scene.plate)
    if plate is None:
        return (
            f"The studio plate “{spec.scene.plate}” is not installed. Choose another plate, or ask "
            "whoever runs this installation to render it."
        )
    if plate.variation(spec.scene.variation) is None:
        return f"“{plate.title}” has no “{spec.scene.variation}” any more. Choose another colour."
    return ""


def delay(spec: PresetSpec, outlook: Outlook | None = None) -> str:
    """Why the preset's pictures are taken on, but have to wait; empty where they need not."""
    return (outlook or availability.outlook([spec])).delay(spec)


def warnings(spec: PresetSpec) -> tuple[str, ...]:
    """What is left out of a recipe that is fine in itself: words that its model does not read."""
    asked, target = spec.painting, _target(spec)
    if asked is None or not asked.prompt or target is None:
        return ()
    family = target.family
    is_edit = target.task == "edit"
    read = words_read(spec, family=family, is_guided=target.is_guided, is_edit=is_edit)
    if len(read) >= len(whole(asked.prompt)):
        return ()
    # Chinese and Japanese words have no spaces between them.
    last, about = " ".join(read.split()[-4:])[-40:], max(10, round(len(read), -1))
    advice = "Choose a slower line-up, which reads more, or say less."
    return (
        f"The {title_of(LINE_UPS, asked.line_up).lower()} line-up reads about the first {about:,}"
        f" letters of the preset’s words, up to “{last}”; the rest is left out."
        f" {advice if reads_little(family) else 'Say less.'}",
    )


def fast_letters() -> int | None:
    """About how many letters of a scene's words the fast line-up reads; None where it reads all."""
    target = _target(PresetSpec(kind="ai_scene", painting=Painting(prompt="-")))
    return scene_letters_read(target.family) if target else None


def _target(spec: PresetSpec) -> Target | None:
    if spec.painting is None:
        return None
    try:
        return target_for(spec)
    except EngineUnavailable:  # which is said elsewhere
        return None
