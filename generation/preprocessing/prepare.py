"""Stage 2: from a source image in a store to upright sRGB pixels and a cut-out, kept for ever.

Nothing is computed twice: the original's bytes are kept by hash, and a cut-out by
(source hash, model, strokes). Preparing again is how a restarted worker gets its input back.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from PIL import Image

from generation.errors import Permanent
from generation.imaging.pixels import ImageRejected, Upright
from generation.imaging.strokes import Strokes
from generation.keeping import still_held
from generation.keys import cutout_key, outline_key
from generation.models import Cutout, CutoutEdit, Generation, GenerationSource
from generation.preprocessing import cutout as matting, weights
from generation.preprocessing.cutout_names import VERSION
from generation.preprocessing.decode import decode
from generation.preprocessing.fetch import fetch
from generation.preprocessing.goods import lies_flat
from generation.preprocessing.looks import looks_of
from generation.preprocessing.own import refuse_our_own
from generation.preprocessing.previews import PREVIEW_SIDE, keep_preview
from generation.preprocessing.told import told_of
from generation.types import CutoutResult, Item, Prepared
from integrations import images
from productviz.lib import files
from productviz.lib.queue import GPU


def prepare(generation: Generation) -> Prepared:
    """Fetch, decode and cut out every source of the generation.

    Raises Permanent, Retryable or ImageRejected: an API code and a sentence for the merchant.
    LeaseLost, with no row written, where another worker has the generation now.
    """
    spec = generation.recipe()
    told = told_of(generation, spec)
    looks = looks_of(generation, spec, told)
    sources = generation.sources.select_related("image__product").order_by("position")
    return Prepared(tuple(_item(generation, source) for source in sources), told, looks)


def _item(generation: Generation, source: GenerationSource) -> Item:
    is_new = source.image.width is None
    image = decode(fetch(source.image, workspace=generation.workspace_id))
    if is_new:
        refuse_our_own(source.image, image)
    sha256 = source.image.sha256
    keep_preview(generation.workspace_id, sha256, image)
    images.seen(source.image, width=image.width, height=image.height)
    return Item(
        source_sha256=sha256,
        image=image,
        cutout=cut_out(generation, sha256, image),
        role=source.role,
        height_cm=source.height_cm,
        lies_flat=lies_flat(source.image.product.title),
    )


def cut_out(generation: Generation, source_sha256: str, image: Upright) -> CutoutResult:
    """The source's cut-out by the current model and as a person corrected it: kept, else new."""
    edit = CutoutEdit.objects.filter(
        workspace_id=generation.workspace_id, source_sha256=source_sha256
    ).first()
    suffix = edit.suffix if edit else ""
    model = _model(generation, source_sha256, suffix)

    def found() -> CutoutResult:
        return _kept_or_made(
            generation, source_sha256, image, model=model, make=lambda: matting.cut_out(image)
        )

    if edit is None:
        return found()
    return _kept_or_made(
        generation,
        source_sha256,
        image,
        model=model + suffix,
        make=lambda: _corrected(_found_or_empty(found, image), image, edit),
    )


def _model(generation: Generation, source_sha256: str, suffix: str) -> str:
    """What cuts out here; after a change of hands, what did where the row was prepared.

    A painter's machine may lack those networks: it takes what it finds prepared (that was used
    last), so that the picture and its fingerprint are those of the machine that handed it over.
    """
    if generation.queue == GPU:
        kept = Cutout.objects.filter(
            workspace_id=generation.workspace_id, source_sha256=source_sha256
        )
        names = kept.order_by("-used_at").values_list("model", flat=True)
        for end in dict.fromkeys((suffix, "")):  # corrected meanwhile: from what there was
            name = names.filter(model__endswith=f"@{VERSION}{end}").first()
            if name is not None:
                return name.removesuffix(end)
    return matting.current_model()


def _kept_or_made(
    generation: Generation,
    source_sha256: str,
    image: Upright,
    *,
    model: str,
    make: Callable[[], CutoutResult],
) -> CutoutResult:
    kept = Cutout.objects.filter(
        workspace_id=generation.workspace_id, source_sha256=source_sha256, model=model
    ).first()
    if kept is not None and files.exists("work", kept.key):
        result = _unpack(kept, image)
        Cutout.objects.filter(pk=kept.pk).update(hits=F("hits") + 1, used_at=timezone.now())
    else:
        result = make()
        _keep_cutout(generation, source_sha256, image, result)
    _keep_outline(generation, source_sha256, result)
    return result


def _found_or_empty(found: Callable[[], CutoutResult], image: Upright) -> CutoutResult:
    """What was found; a person may also paint where nothing was."""
    try:
        return found()
    except ImageRejected as refusal:
        if refusal.code != "subject_not_found":
            raise
        return matting.nothing_found(image)


def _corrected(found: CutoutResult, image: Upright, edit: CutoutEdit) -> CutoutResult:
    """What was found, as a person painted it: no network runs again."""
    strokes = _strokes(edit, image)
    result = matting.finish(image, found, strokes=strokes, see_through=edit.see_through)
    return replace(result, model=found.model + edit.suffix)


def _strokes(edit: CutoutEdit, image: Upright) -> Strokes:
    """The painted labels at the picture's size; nearest, so that every pixel keeps one label."""
    try:
        painted = files.get("work", edit.strokes_key)
    except FileNotFoundError as error:
        raise Permanent(
            "source_correction_lost",
            "The strokes of this photo's correction are gone from storage. Paint them again, or "
            "forget the correction on the photo's page.",
        ) from error
    with Image.open(io.BytesIO(painted), formats=("PNG",)) as picture:
        labels = np.asarray(picture.resize((image.width, image.height), Image.Resampling.NEAREST))
    return Strokes(
        keep=np.where(labels == edit.KEEP, 255, 0).astype(np.uint8),
        remove=np.where(labels == edit.REMOVE, 255, 0).astype(np.uint8),
    )


def licence_of(model: str) -> str:
    """The licences of the networks that a cut-out model's name lists; else our own."""
    names = model.partition("@")[0].split("+")
    folder = Path(settings.MODEL_DIR)
    licences = {weights.licence_of(name, folder) for name in names} - {None}
    return ", ".join(sorted(filter(None, licences))) or "Apache-2.0"


def _keep_outline(generation: Generation, source_sha256: str, result: CutoutResult) -> None:
    """The alpha at the preview's size, for the page where a person corrects it."""
    key = outline_key(generation.workspace_id, source_sha256, result.model)
    if files.exists("work", key):
        return
    picture = Image.fromarray(result.alpha)
    picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "PNG")
    files.put("work", key, out.getvalue())


def _keep_cutout(
    generation: Generation, source_sha256: str, image: Upright, result: CutoutResult
) -> None:
    """Alpha whole, colour only where it differs from the source: inside the soft edge."""
    own = (result.alpha > 0) & (result.foreground != image.rgb).any(axis=2)
    arrays = {"alpha": result.alpha, "own": own, "colour": result.foreground[own]}
    if result.transmission is not None:
        arrays["transmission"] = result.transmission
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    key = cutout_key(generation.workspace_id, source_sha256, result.model)
    files.put("work", key, out.getvalue())
    with transaction.atomic():
        still_held(generation)
        Cutout.objects.update_or_create(
            workspace_id=generation.workspace_id,
            source_sha256=source_sha256,
            model=result.model,
            defaults={
                "used_at": timezone.now(),
                "key": key,
                "confidence": result.confidence,
                "agreement": result.agreement,
                "coverage": result.coverage,
                "needs_review": result.needs_review,
                "reasons": list(result.reasons),
            },
        )


def _unpack(kept: Cutout, image: Upright) -> CutoutResult:
    with np.load(io.BytesIO(files.get("work", kept.key)), allow_pickle=False) as stored:
        alpha, own, colour = stored["alpha"], stored["own"], stored["colour"]
        transmission = stored.get("transmission")
    foreground = image.rgb.copy()
    foreground[own] = colour
    return CutoutResult(
        alpha=alpha,
        foreground=foreground,
        model=kept.model,
        confidence=kept.confidence,
        agreement=kept.agreement,
        coverage=kept.coverage,
        needs_review=kept.needs_review,
        reasons=tuple(kept.reasons),
        transmission=transmission,
    )
