"""What a client may ask for, read and checked to the last id before anything is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from generation import preset_words
from generation.api.generation_json import MODES
from generation.api.owned import endpoints_of, living_products_of, photos_of, presets_of
from generation.api.preset_json import status_of, unavailable
from generation.api.presets import version_of
from generation.api.refusals import conflict, told, wrong_recipe
from generation.intake.accept import Refused, Wishes, accept
from generation.intake.sources import Source, choose_sources, given_sources, refuse_unusable
from generation.models import Generation, Lane, PresetVersion, PublishMode
from generation.paint_checks import refuse_paint
from generation.spec import MAIN, MAX_GROUP, PresetSpec, SpecError, parse_spec
from integrations.models import Product, SourceImage, Store
from integrations.models.stores import StoreStatus
from productviz.accounts.models import ApiKey
from productviz.api.fields import Choice, Metadata, Moment, Owned, Several, Strict, Whole
from productviz.api.problems import Problem, field_problem
from productviz.outbox.wants import GROUPS

# A number that every JSON library reads exactly; two further seeds may be tried.
_LARGEST_SEED = 2**53 - 10
_EVENTS = ["generation.*", *GROUPS["generation"]]
FORCED = "A test key publishes nothing, so publish.mode is none; the image will be marked."


class PublishWanted(Strict):
    """What happens to a verified image: nothing, a draft to approve, or publication."""

    mode = Choice(choices=list(MODES))


class GenerationWanted(Strict):
    """A request for one image. Without ``source_images`` the preset's kind chooses among the
    product's photographs; ``outputs`` replace the preset's, the first being the main one.
    ``painting`` changes those fields of the preset's painting that it names (null: none)."""

    product = Owned("prd", living_products_of)
    preset = Owned("pre", presets_of)
    preset_version = Whole(min_value=1, required=False)
    source_images = Several(
        child=Owned("img", photos_of), min_length=1, max_length=MAX_GROUP, required=False
    )
    count = Whole(default=1)
    outputs = serializers.ListField(
        child=serializers.DictField(), min_length=1, max_length=20, required=False
    )
    painting = serializers.DictField(required=False)
    seed = Whole(min_value=0, max_value=_LARGEST_SEED, default=0)
    priority = Choice(choices=[lane.name.lower() for lane in Lane], default="normal")
    deadline = Moment(required=False, allow_null=True)
    publish = PublishWanted(required=False)
    notify = Several(child=Owned("whe", endpoints_of), max_length=20, required=False)
    events_filter = Several(child=Choice(choices=_EVENTS), max_length=len(_EVENTS), required=False)
    metadata = Metadata(required=False)

    def validate_count(self, count: int) -> int:
        """The studio makes one picture of a request; another seed changes none of its pixels."""
        return only_one(count)

    def validate_deadline(self, deadline: datetime | None) -> datetime | None:
        """A deadline lies ahead."""
        if deadline is not None and deadline <= timezone.now():
            raise field_problem("/deadline", "out_of_range", "The deadline has passed already.")
        return deadline


def only_one(count: int) -> int:
    """The only number of images there is. Raises Problem."""
    if count != 1:
        raise field_problem(
            "/count", "out_of_range", "One generation makes one image.", min=1, max=1
        )
    return count


@dataclass(frozen=True, slots=True)
class Order:
    """A request that can be accepted as it stands."""

    key: ApiKey
    product: Product
    version: PresetVersion
    recipe: PresetSpec
    sources: tuple[Source, ...]
    publish: PublishMode
    lane: Lane
    wishes: Wishes
    warnings: tuple[str, ...] = ()

    def place(self) -> Generation:
        """Accept it, in the caller's transaction. Raises Problem."""
        with told("/product"):
            return accept(
                product=self.product,
                version=self.version,
                publish=self.publish,
                lane=self.lane,
                requested_by=self.key.created_by,
                sources=self.sources,
                wishes=self.wishes,
            )


def order_of(key: ApiKey, asked: Mapping[str, Any]) -> Order:
    """What the checked fields add up to. Raises Problem where they do not go together."""
    product, version = asked["product"], pinned_version(asked)
    recipe = _recipe(version, asked)
    refuse_unready(product.store, recipe)
    mode = MODES[asked.get("publish", {}).get("mode", "none")]
    require_right(key, mode)
    return Order(
        key=key,
        product=product,
        version=version,
        recipe=recipe,
        sources=_sources(product, recipe, asked.get("source_images")),
        publish=PublishMode.NONE if key.is_test else mode,
        lane=Lane[asked["priority"].upper()],
        wishes=_wishes(key, asked, recipe),
        warnings=(*forced(key, mode), *cautions(recipe)),
    )


def pinned_version(asked: Mapping[str, Any]) -> PresetVersion:
    """The asked-for version of a preset that is still in use, the newest by default."""
    preset = asked["preset"]
    if preset.archived_at is not None:
        raise conflict(f"The preset “{preset}” is archived. Choose another.", status_of(preset))
    number = asked.get("preset_version")
    version: PresetVersion = (
        preset.latest if number is None else version_of(preset, number, "/preset_version")
    )
    return version


def _recipe(version: PresetVersion, asked: Mapping[str, Any]) -> PresetSpec:
    parts = _own_parts(version, asked)
    if not parts:
        return version.parsed()
    try:
        recipe = parse_spec({**version.spec, **parts}, strict=True)
        refuse_paint(version.preset.workspace, recipe)
    except SpecError as error:
        # What does not go together, such as a JPEG that is to be transparent, has no path.
        at = ("painting" if "painting" in parts else "outputs",)
        faults = [replace(fault, path=fault.path or at) for fault in error.faults]
        raise wrong_recipe(SpecError(faults), "") from None
    return recipe


def _own_parts(version: PresetVersion, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of the recipe that this request has its own of, whole."""
    parts: dict[str, Any] = {}
    if "outputs" in asked:
        parts["outputs"] = [
            {"name": _name(at), **output} for at, output in enumerate(asked["outputs"])
        ]
    if "painting" in asked:
        parts["painting"] = _painting(version.spec.get("painting") or {}, asked["painting"])
    return parts


def _painting(preset: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Null is as good as not given, whatever the preset has there."""
    return {name: value for name, value in {**preset, **asked}.items() if value is not None}


def _name(at: int) -> str:
    return f"output-{at + 1}" if at else MAIN


def refuse_unready(store: Store, recipe: PresetSpec) -> None:
    """Refuse what could not be made now whatever its photographs. Raises Problem."""
    if store.status == StoreStatus.DISCONNECTED:
        raise Problem("store_disconnected")
    found = unavailable(recipe)
    if found and not found["waits"]:
        raise field_problem("/preset", found["code"], found["message"])


def cautions(recipe: PresetSpec) -> tuple[str, ...]:
    """Warnings where it is taken on, but no host can make it now, or its model leaves words out."""
    found = unavailable(recipe)
    return (*((found["message"],) if found else ()), *preset_words.warnings(recipe))


def forced(key: ApiKey, mode: str) -> tuple[str, ...]:
    """A warning where a test key asks for what only a live one gets."""
    return (FORCED,) if key.is_test and mode != PublishMode.NONE else ()


def require_right(key: ApiKey, mode: str) -> None:
    """What changes a store without a person's approval needs the right to publish; else Problem."""
    if mode == PublishMode.AUTO and "publications:write" not in key.scopes:
        raise Problem("insufficient_scope", required_scopes=["publications:write"])


def _sources(
    product: Product, recipe: PresetSpec, images: Sequence[SourceImage] | None
) -> tuple[Source, ...]:
    chosen = (
        choose_sources(product, recipe.kind)
        if images is None
        else given_sources(images, recipe.kind)
    )
    with told("/product" if images is None else "/source_images"):
        if len({source.image.pk for source in chosen}) != len(chosen):
            raise Refused("invalid_request", "An image is listed twice; list each once.")
        refuse_unusable(product, recipe.kind, chosen)
    return tuple(chosen)


def _wishes(key: ApiKey, asked: Mapping[str, Any], recipe: PresetSpec) -> Wishes:
    own = recipe.model_dump(mode="json", include={"outputs", "painting"} & asked.keys())
    audience = {
        "endpoints": [endpoint.public_id for endpoint in asked.get("notify", ())],
        "types": list(dict.fromkeys(asked.get("events_filter", ()))),
    }
    return Wishes(
        overrides=own,
        seed=asked["seed"],
        deadline=asked.get("deadline"),
        audience={name: chosen for name, chosen in audience.items() if chosen},
        metadata=asked.get("metadata", {}),
        is_test=key.is_test,
    )
