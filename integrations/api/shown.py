"""What answers share: the word that names an object, and the columns that all objects have.

Types of parts are hints alone: the OpenAPI document is made from them.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from productviz.api.fields import Moment


class Shown(serializers.Serializer[Any]):
    """An object of an answer."""

    created_at = Moment()
    updated_at = Moment()
    version = serializers.IntegerField()
    metadata = serializers.DictField(child=serializers.CharField())


def word(name: str) -> serializers.CharField:
    """The ``object`` of an answer."""
    return serializers.CharField(default=name, read_only=True)
