"""How many damaged pictures the gates catch, and how many good ones they hold back.

Prints one JSON line. Every second photograph of the demo catalog with its true mask: good pictures
and every kind of fault, through the real files and gates, as `manage.py evaluate_quality` does
over all of them.
"""

from __future__ import annotations

import json
import os

import django

from tests.bench.cutouts import MASKS, pictures

_SIDE = 1000
_EVERY = 2


def main() -> None:
    """Measure."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "productviz.settings")
    django.setup()
    from generation.evaluation import Photo, evaluate
    from generation.management.commands.evaluate_quality import summarise
    from generation.reading import text_reader

    reader = text_reader()
    if reader is None:
        raise SystemExit("Text is not read: run manage.py fetch_model text-finder text-reader.")
    photos = [Photo(path.stem, path, MASKS / f"{path.stem}.png") for path in pictures()[::_EVERY]]
    judged = evaluate(photos, side=_SIDE, reader=reader)
    print(json.dumps(summarise(case for cases in judged for case in cases)))  # noqa: T201


if __name__ == "__main__":
    main()
