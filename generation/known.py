"""Answer a request at once where an equal one was answered before: no worker, no waiting.

The web process knows the photographs' hashes and the names of cut-outs and engines, so it can say
what a result would be called without making it. What it cannot say is left to the workers, who
look again when they have prepared the photographs.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from generation.delivery.deliver import deliver
from generation.errors import Permanent, Retryable
from generation.inference.versions import heard, version_of
from generation.intake import reuse
from generation.intake.fingerprint import Input, fingerprint_of
from generation.intake.sources import Source
from generation.models import Asset, Cutout, CutoutEdit, Generation
from generation.preprocessing.cutout_names import SOURCE_ALPHA, best_method, current_model
from generation.preprocessing.goods import lies_flat
from generation.preprocessing.told import told_of
from generation.types import Told


def answer(generation: Generation, sources: Sequence[Source]) -> bool:
    """Deliver the asset that an equal request made, in the transaction that accepts this one.

    Whether there was one.
    """
    asset = _made_before(generation, sources)
    if asset is None:
        return False
    try:
        with transaction.atomic():
            deliver(generation, asset, owner="", reused=True)
    except Retryable:  # its time was over at this moment; the workers make it again
        generation.refresh_from_db()
        return False
    return True


def _made_before(generation: Generation, sources: Sequence[Source]) -> Asset | None:
    spec = generation.recipe()
    engine = version_of(spec)
    if engine is None or not all(source.image.sha256 for source in sources):
        return None
    models = _cutout_models(generation, [source.image.sha256 for source in sources])
    if models is None:
        return None
    try:
        told = told_of(generation, spec)
    except Permanent:  # the workers say why it cannot be made
        return None
    inputs = [
        Input(
            source.image.sha256,
            models[source.image.sha256],
            source.role,
            source.height_cm,
            lies_flat(source.image.product.title),
        )
        for source in sources
    ]
    today = timezone.now().date()

    def named(told: Told | None) -> str:
        return fingerprint_of(
            inputs=inputs, spec=spec, engine=engine, seed=generation.seed, today=today, told=told
        )

    found = reuse.look_up(generation.workspace_id, named, heard(told, spec))
    generation.fingerprint, asset = found
    return asset


def _cutout_models(generation: Generation, hashes: list[str]) -> dict[str, str] | None:
    """What the workers would call each photograph's cut-out.

    None on a web machine without networks, which cannot know what the workers' machines have.
    """
    if not best_method():
        return None
    where = {"workspace_id": generation.workspace_id, "source_sha256__in": hashes}
    own = Cutout.objects.filter(model__startswith=SOURCE_ALPHA, **where)
    models = dict.fromkeys(hashes, current_model())
    models |= dict.fromkeys(own.values_list("source_sha256", flat=True), SOURCE_ALPHA)
    for edit in CutoutEdit.objects.filter(**where):
        models[edit.source_sha256] += edit.suffix
    return models
