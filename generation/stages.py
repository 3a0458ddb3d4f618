"""What each stage does, as one value, so that a measurement can put stand-ins in place of pixels.

``pipeline`` knows the order and what is durable when; claiming, leases, rows, events and storage
are the real ones with whatever stages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from generation.assets.store import store
from generation.delivery.deliver import deliver
from generation.inference.render import compatibility, engine_version, render
from generation.models import Asset, Generation
from generation.postprocessing.finish import finish
from generation.postprocessing.stamp import stamped
from generation.preprocessing.prepare import licence_of, prepare
from generation.provenance.installation import installation_identity
from generation.quality.channels import without_refused
from generation.quality.verify import verify
from generation.reading import text_reader
from generation.sizing import fit_to_source
from generation.spec import PresetSpec
from generation.types import Finished, Prepared, Rendered, Report


@dataclass(frozen=True, slots=True)
class Stages:
    """The work of stages 2 to 6; ``judge`` gives the files that may be released, and the report.

    ``compatibility`` is empty for pictures that no model paints: whoever prepares them goes on.
    """

    prepare: Callable[[Generation], Prepared]
    engine_version: Callable[[PresetSpec], str]
    compatibility: Callable[[PresetSpec], str]
    fit: Callable[[PresetSpec, Prepared], PresetSpec]
    render: Callable[[Prepared, PresetSpec, int], Rendered]
    finish: Callable[[Prepared, Rendered, PresetSpec], Finished]
    judge: Callable[[Prepared, Rendered, Finished, PresetSpec], tuple[Finished, Report]]
    store: Callable[..., Asset]
    deliver: Callable[..., None]


def _finish(prepared: Prepared, rendered: Rendered, spec: PresetSpec) -> Finished:
    identity = installation_identity()
    today = timezone.now().date()
    return finish(rendered, spec, _facts(prepared), identity=identity, today=today)


def _judge(
    prepared: Prepared, rendered: Rendered, finished: Finished, spec: PresetSpec
) -> tuple[Finished, Report]:
    today = timezone.now().date()
    report = verify(prepared, rendered, finished, spec, today=today, reader=text_reader())
    released = without_refused(finished, report.checks, today)
    return (stamped(released) if spec.is_test else released), report


def _facts(prepared: Prepared) -> dict[str, object]:
    """What the manifest tells of the inputs."""
    models = list(dict.fromkeys(item.cutout.model for item in prepared.items))
    return {
        "sources": [item.source_sha256 for item in prepared.items],
        "cutout_model": ", ".join(models),
        "cutout_licence": ", ".join(dict.fromkeys(licence_of(model) for model in models)),
    }


REAL = Stages(
    prepare=prepare,
    engine_version=engine_version,
    compatibility=compatibility,
    fit=fit_to_source,
    render=render,
    finish=_finish,
    judge=_judge,
    store=store,
    deliver=deliver,
)
