"""What does not fit together in a preset; each function raises ValueError with one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from .painting import Painting
from .parts import MAIN, Arrangement, Kind, Output, Scene

_ALPHA_FORMATS = frozenset({"png", "webp", "avif"})
_MAY_HAVE_SCENE = frozenset({"scene", "group_shot", "flat_lay"})
_MAY_ARRANGE = frozenset({"group_shot", "flat_lay"})
# Which parts of a painting a kind uses: what it needs (one of them) and what it may have.
_NEEDS: dict[str, tuple[str, ...]] = {
    "ai_scene": ("prompt", "reference"),
    "virtual_model": ("person",),
    "edit": ("prompt",),
    "relight": ("light", "prompt"),
    "upscale": ("factor",),
}
_ALSO: dict[str, tuple[str, ...]] = {
    "ai_scene": ("negative_prompt",),
    "virtual_model": ("pose", "prompt", "negative_prompt"),
    "edit": ("reference", "negative_prompt"),
    "relight": ("reference", "negative_prompt"),
    "upscale": (),
}
PAINTED_KINDS = frozenset(_NEEDS)


def painting_parts(kind: Kind) -> frozenset[str]:
    """The fields of a painting that this kind of picture can use; none where nobody paints."""
    if kind not in _NEEDS:
        return frozenset()
    return frozenset({*_NEEDS[kind], *_ALSO[kind], "line_up"})


def refuse_wrong_outputs(outputs: Sequence[Output]) -> None:
    """The first output is main and the largest; the others have its shape and their own names."""
    if not outputs or outputs[0].name != MAIN:
        raise ValueError('The first output must be named "main"; the others are made from it.')
    names = [output.name for output in outputs]
    if len(set(names)) != len(names):
        raise ValueError("Two outputs have the same name; give each its own.")
    for output in outputs[1:]:
        _refuse_other_shape(outputs[0], output)


def refuse_repeated_channels(channels: Sequence[str]) -> None:
    """A channel gets one file."""
    twice = sorted({name for name in channels if channels.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is listed twice; list each channel once.")


def refuse_foreign_parts(
    kind: Kind, *, scene: Scene | None, arrangement: Arrangement | None
) -> None:
    """A kind of picture has only the parts that it can use."""
    if kind == "scene" and scene is None:
        raise ValueError('A scene needs a plate, such as {"plate": "podium"}.')
    if scene is not None and kind not in _MAY_HAVE_SCENE:
        raise ValueError(f'A {kind} has no scene; remove it, or set kind to "scene".')
    if arrangement is not None and kind not in _MAY_ARRANGE:
        raise ValueError(f"A {kind} shows one product; remove the arrangement.")
    if kind == "flat_lay" and scene is not None and scene.view not in ("auto", "top"):
        raise ValueError('A flat lay is seen from above; set the scene\'s view to "top".')


def refuse_wrong_painting(kind: Kind, painting: Painting | None) -> None:
    """A painted picture says what is to be painted, and nothing that its kind cannot use."""
    if kind not in _NEEDS:
        if painting is not None:
            raise ValueError(
                f'Pictures of kind "{kind}" are not painted by a model; remove the painting.'
            )
        return
    if painting is None or not any(getattr(painting, name) for name in _NEEDS[kind]):
        names = " or a ".join(name.replace("_", " ") for name in _NEEDS[kind])
        raise ValueError(f'A picture of kind "{kind}" needs a {names}; add it to the painting.')
    foreign = sorted(set(painting.model_dump(exclude_defaults=True)) - painting_parts(kind))
    if foreign:
        raise ValueError(f'A picture of kind "{kind}" cannot use {", ".join(foreign)}; remove it.')


def refuse_opaque_formats(outputs: Sequence[Output]) -> None:
    """A transparent picture needs formats that can be."""
    for output in outputs:
        if output.format not in _ALPHA_FORMATS:
            raise ValueError(
                f'Output "{output.name}" is a JPEG, which cannot be transparent; '
                "choose png, webp or avif, or another background."
            )


def _refuse_other_shape(main: Output, output: Output) -> None:
    if output.width > main.width or output.height > main.height:
        raise ValueError(
            f'Output "{output.name}" is larger than "main" ({main.width} x {main.height}); '
            "make main the largest."
        )
    fitting_height = output.width * main.height / main.width
    if abs(fitting_height - output.height) > 1:
        raise ValueError(
            f'Output "{output.name}" has another shape than "main"; make it '
            f"{output.width} x {round(fitting_height)}, or use a preset of its own."
        )
