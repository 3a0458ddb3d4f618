"""An equal request is answered at once, in the request itself, where no pixels are needed to know.

The worker finds a finished asset by a fingerprint over what it has prepared. Here the same
fingerprint is worked out from rows alone, so a hit is exactly what the worker would have found:

- A source's pixels are known by the hash of its original, as long as we keep it: the worker reads
  what is kept and asks the store for nothing. Without it the store may show another photo by now.
- Its cut-out is known by the name of the model that made it, or by a person's strokes. It must be
  of the model that is current here, and the newest cut-out of the installation must be too:
  otherwise the workers may have other networks than this process can see.
- Recipe, engine, seed and the channels' rules are values; see ``intake.fingerprint``.

Whatever is not known leaves the request to the workers; nothing here decodes, fetches or renders.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generation.delivery.deliver import deliver
from generation.errors import StageError
from generation.inference.versions import version_of
from generation.intake import reuse
from generation.intake.fingerprint import SourceFacts, fingerprint_of
from generation.keys import original_key
from generation.models import Cutout, CutoutEdit, Generation, GenerationSource
from generation.preprocessing.goods import lies_flat
from generation.preprocessing.methods import current_model, own_alpha_model
from integrations.errors import PlatformError
from productviz.lib import files

_STROKES = "+strokes:"


def answer(generation: Generation) -> bool:
    """Settle a generation that was accepted in this transaction, if its result is there already."""
    key = _fingerprint(generation)
    asset = reuse.find(generation.workspace_id, key) if key else None
    if asset is None:
        return False
    try:
        with transaction.atomic():
            rows = Generation.objects.filter(pk=generation.pk)
            rows.update(fingerprint=key, version=F("version"))
            generation.fingerprint = key
            deliver(generation, asset, owner="", reused=True)
    except (StageError, PlatformError):
        return False  # a worker takes it up, and says what is wrong if it still is
    return True


def _fingerprint(generation: Generation) -> str:
    """What the worker would look the result up by; empty where that is not known yet."""
    spec = generation.recipe()
    engine = version_of(spec)
    sources = list(generation.sources.select_related("image__product").order_by("position"))
    models = _models(generation, sources)
    if engine is None or models is None:
        return ""
    return fingerprint_of(
        [
            SourceFacts(
                sha256=source.image.sha256,
                model=models[source.image.sha256],
                role=source.role,
                height_cm=source.height_cm,
                lies_flat=lies_flat(source.image.product.title),
            )
            for source in sources
        ],
        spec=spec,
        engine=engine,
        seed=generation.seed,
        today=timezone.now().date(),
        is_test=generation.is_test,
    )


def _models(generation: Generation, sources: Sequence[GenerationSource]) -> dict[str, str] | None:
    """The model of each source's cut-out, by hash; None unless all are known and current."""
    hashes = {source.image.sha256 for source in sources}
    if not all(hashes) or not _are_current():
        return None
    rows = {"workspace": generation.workspace_id, "source_sha256__in": hashes}
    edits = {edit.source_sha256: edit.suffix for edit in CutoutEdit.objects.filter(**rows)}
    found = {
        sha256: model
        for sha256, model in Cutout.objects.filter(**rows).values_list("source_sha256", "model")
        if model in {name + edits.get(sha256, "") for name in _current_models()}
    }
    kept = all(
        sha256 in found and files.exists("originals", original_key(generation.workspace_id, sha256))
        for sha256 in hashes
    )
    return found if kept else None


def _are_current() -> bool:
    newest = Cutout.objects.order_by("-pk").values_list("model", flat=True).first()
    return newest is not None and newest.partition(_STROKES)[0] in _current_models()


def _current_models() -> set[str]:
    return {current_model(), own_alpha_model()}
