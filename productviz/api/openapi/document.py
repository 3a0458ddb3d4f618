"""Makes the whole document; the file in docs/ is what it gave last, and what is served."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from productviz.api.openapi import extensions, known
from productviz.api.openapi.examples import example
from productviz.api.openapi.served import PATH
from productviz.api.openapi.webhooks import webhooks

Json = dict[str, Any]

__all__ = ["PATH", "extensions", "finish", "make", "text"]


def make() -> Json:
    """The document, from the views as they are. Raises ValueError for what cannot be described."""
    generator: Any = SchemaGenerator
    document: Json = generator(urlconf="productviz.urls").get_schema(None, public=True)
    if GENERATOR_STATS:
        GENERATOR_STATS.emit_summary()
        raise ValueError("drf-spectacular has warned; see above.")
    return document


def text() -> str:
    """The document as the file holds it."""
    return json.dumps(make(), indent=1, ensure_ascii=False) + "\n"


def finish(result: Json, **kwargs: Any) -> Json:
    """Add the parts that all share, webhooks and examples; a POSTPROCESSING_HOOK."""
    components = result["components"]
    schemas = {**components.get("schemas", {}), **known.SCHEMAS}
    components["schemas"] = dict(sorted(schemas.items()))
    components["parameters"] = dict(known.PARAMETERS)
    components["headers"] = dict(known.HEADERS)
    components["responses"] = known.problem_responses()
    result["webhooks"] = webhooks()
    for operations in result["paths"].values():
        for operation in operations.values():
            _add_examples(operation, components["schemas"])
    return result


def _add_examples(operation: Json, schemas: Json) -> None:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if media_type == "application/json" and not {"example", "examples"} & set(content):
            content["example"] = example(content["schema"], schemas)
