"""Keep a candidate and its quality report, so that a person can look and a restart can go on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction

from generation.keeping import still_held
from generation.keys import candidate_key, extension_of
from generation.models import Candidate, Generation, QualityReport
from generation.types import EncodedFile, Finished, Rendered, Report
from productviz.lib import files


def keep(
    generation: Generation, *, rendered: Rendered, finished: Finished, report: Report
) -> Candidate:
    """Write the candidate's files, then its rows. A retry is a new candidate, never an edit.

    Raises LeaseLost, with no row written, where another worker has the generation now.
    """
    kept = [_keep_file(generation, file) for file in finished.files]
    with transaction.atomic():
        still_held(generation)
        candidate = Candidate.objects.create(
            generation=generation,
            number=generation.candidates.count() + 1,
            seed=rendered.seed,
            engine=rendered.engine,
            transform=asdict(rendered.transform),
            files=kept,
            manifest=finished.manifest,
        )
        QualityReport.objects.create(
            candidate=candidate,
            verdict=report.verdict,
            score=report.score,
            checks=[asdict(check) for check in report.checks],
        )
    return candidate


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
