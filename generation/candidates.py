"""Keep a candidate and its quality report, so that a person can look and a restart can go on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import Count, Subquery
from django.db.models.functions import Coalesce

from generation.keeping import still_held
from generation.keys import candidate_key, extension_of
from generation.models import Candidate, Generation, QualityReport
from generation.types import EncodedFile, Finished, Rendered, Report
from productviz.lib import files


def keep_files(generation: Generation, finished: Finished) -> list[dict[str, Any]]:
    """Write a candidate's files; what the row says of them."""
    return [_keep_file(generation, file) for file in finished.files]


def keep(
    generation: Generation,
    rendered: Rendered,
    kept: list[dict[str, Any]],
    manifest: dict[str, Any],
    report: Report,
) -> Candidate:
    """Write the rows of a candidate whose files are ``kept``, in the caller's transaction.

    A retry is a new candidate, never an edit. Raises LeaseLost, with no row written, where another
    worker has the generation now.
    """
    still_held(generation)
    candidate = Candidate(
        generation=generation,
        number=_next_number(generation),
        seed=rendered.seed,
        engine=rendered.engine,
        transform=asdict(rendered.transform) if rendered.placed else {},
        files=kept,
        manifest=manifest,
    )
    candidate.save(force_insert=True)
    candidate.report = QualityReport.objects.create(
        candidate=candidate,
        verdict=report.verdict,
        score=report.score,
        checks=[asdict(check) for check in report.checks],
    )
    return candidate


def _next_number(generation: Generation) -> Any:
    """Counted by the database as it inserts; only the worker that holds the row adds any."""
    earlier = Candidate.objects.filter(generation=generation).order_by().values("generation")
    count = earlier.annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(count), 0) + 1


def latest(generation: Generation) -> Candidate:
    """The candidate that stages 5 and 6, and the reviewer, look at."""
    return generation.candidates.select_related("report").order_by("-number")[0]


def _keep_file(generation: Generation, file: EncodedFile) -> dict[str, Any]:
    key = candidate_key(generation.workspace_id, file.sha256, extension_of(file.format))
    files.put("work", key, file.data)
    facts = {
        field: getattr(file, field) for field in ("name", "format", "width", "height", "sha256")
    }
    return {**facts, "bytes": len(file.data), "key": key}
