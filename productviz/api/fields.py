"""Serializer fields that take exactly one JSON type, and public ids."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework import serializers

from productviz.lib.ids import parse_public_id, public_id
from productviz.lib.text import rfc3339

# PostgreSQL and Python agree on dates only in between.
_YEARS = range(1970, 9000)


class Strict(serializers.Serializer[Any]):
    """Refuses fields that it does not know: typing errors and mass assignment end here."""

    def to_internal_value(self, data: Any) -> Any:
        """As REST framework's, after a look for strangers."""
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            strangers = [name for name in data if name not in known]
            if strangers:
                raise serializers.ValidationError(
                    {
                        name: serializers.ErrorDetail(
                            "There is no such field here.", "unknown_field"
                        )
                        for name in strangers
                    }
                )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A JSON string."""

    def to_internal_value(self, data: Any) -> str:
        """The text; numbers are none."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """A JSON true or false."""

    def to_internal_value(self, data: Any) -> bool:
        """The value; "true" and 1 are none."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    """A JSON number without a fraction."""

    def to_internal_value(self, data: Any) -> int:
        """The number; "1", 1.0 and true are none."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of some JSON strings."""

    def to_internal_value(self, data: Any) -> Any:
        """The choice; raises for other types instead of stringing them."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=str(data)[:40])
        return super().to_internal_value(data)


class Moment(serializers.DateTimeField):
    """RFC 3339 with a zone; shown in UTC with milliseconds."""

    def to_internal_value(self, value: Any) -> datetime:
        """The moment; raises for one without a zone or in a year nobody means."""
        if not isinstance(value, str) or not _has_zone(value):
            self.fail("invalid", format="RFC 3339, with a zone")
        moment = super().to_internal_value(value)
        if moment.year not in _YEARS:
            self.fail("invalid", format="RFC 3339, in the years 1970 to 8999")
        return moment

    def to_representation(self, value: Any) -> str:
        """As every answer writes times."""
        return rfc3339(value)


def _has_zone(text: str) -> bool:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return False
    return moment is not None and moment.tzinfo is not None


class PublicId(serializers.Field):  # type: ignore[type-arg]
    """The public id of one kind of row."""

    default_error_messages = {"not_found": "There is no such object in this workspace."}

    def __init__(self, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        """The UUID; what is no such id is not found, as is a stranger's."""
        found = parse_public_id(self.prefix, data) if isinstance(data, str) else None
        if found is None:
            self.fail("not_found")
        return found

    def to_representation(self, value: Any) -> str:
        """The id as the API writes it."""
        return public_id(self.prefix, value if isinstance(value, uuid.UUID) else value.pk)


class Owned(PublicId):
    """The row behind a public id, from the rows that the key may see; any other is not found.

    ``rows`` gets the ApiKey.
    """

    def __init__(self, prefix: str, rows: Callable[[Any], QuerySet[Any]], **options: Any) -> None:
        self.rows = rows
        super().__init__(prefix, **options)

    def to_internal_value(self, data: Any) -> Model:
        """The row."""
        pk = super().to_internal_value(data)
        row: Model | None = self.rows(self.context["key"]).filter(pk=pk).first()
        if row is None:
            self.fail("not_found")
        return row


class Several(serializers.ListField):
    """A list that is counted before its entries are looked up: a long one costs no queries."""

    def __init__(self, *, max_length: int, **options: Any) -> None:
        self.most = max_length
        super().__init__(max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> Any:
        """As REST framework's, after a count."""
        if isinstance(data, list) and len(data) > self.most:
            raise serializers.ValidationError(f"At most {self.most} entries.", code="too_long")
        return super().to_internal_value(data)


class Metadata(serializers.DictField):
    """At most 20 pairs of strings, echoed in answers and events."""

    child = Text(max_length=500, allow_blank=True)

    def to_internal_value(self, data: Any) -> Any:
        """The pairs; raises for too many, or too long a name."""
        found = super().to_internal_value(data)
        if len(found) > 20:
            raise serializers.ValidationError("At most 20 pairs.", code="too_long")
        if any(not 0 < len(name) <= 40 for name in found):
            raise serializers.ValidationError("Names have 1 to 40 characters.", code="too_long")
        return found
