"""A model field for credentials: JSON in Python, encrypted text in the database.

The database can neither search nor compare such a field, and forms leave it out. A value's
``repr`` is hidden, so that a log line or an error page that prints a row gives nothing away.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from productviz.lib import crypto

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Expression

    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField

# Tells an exported value (dumpdata) from a plain string on the way back in (loaddata).
_EXPORTED = "encrypted:"


class _Hidden:
    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


class _HiddenDict(_Hidden, dict[str, Any]):
    pass


class _HiddenList(_Hidden, list[Any]):
    pass


class _HiddenStr(_Hidden, str):
    __slots__ = ()


def _hide(value: Any) -> Any:
    if isinstance(value, dict):
        return _HiddenDict(value)
    if isinstance(value, list):
        return _HiddenList(value)
    return _HiddenStr(value) if isinstance(value, str) else value


class _HidingAttribute(DeferredAttribute):
    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = _hide(value)


class EncryptedJSONField(_TextField):
    """Any JSON value, or None where ``null=True``; reading raises crypto.DecryptionError."""

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    descriptor_class = _HidingAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Leave out what the field always sets."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, list(args), dict(kwargs)

    def get_prep_value(self, value: Any) -> str | None:
        """Encrypt on the way into the database."""
        return None if value is None else crypto.encrypt(json.dumps(value).encode())

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> Any:
        """Decrypt on the way out, for whole rows and for ``values()`` alike."""
        return None if value is None else _hide(json.loads(crypto.decrypt(value)))

    def value_to_string(self, obj: models.Model) -> Any:
        """Exports hold the encrypted text."""
        token = self.get_prep_value(self.value_from_object(obj))
        return None if token is None else f"{_EXPORTED}{token}"

    def to_python(self, value: Any) -> Any:
        """Read what an export holds; anything else is a value already."""
        if isinstance(value, str) and value.startswith(_EXPORTED):
            return json.loads(crypto.decrypt(value.removeprefix(_EXPORTED)))
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        """Only ``isnull`` means anything: equal values are never stored as equal texts."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
