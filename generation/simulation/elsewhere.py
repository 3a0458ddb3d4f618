"""A database and a folder for a simulation alone: no worker and no merchant sees its rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test.utils import override_settings

_PLACES = ("work", "assets", "originals")


@contextmanager
def elsewhere() -> Iterator[None]:
    """Work beside the installation: a new database on its server, files in a temporary folder.

    Both are removed afterwards. The database's user must be allowed to create one.
    """
    name = connection.settings_dict["NAME"]
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="simulation-", dir=folder) as files:
        own = f"{files}/db.sqlite3" if connection.vendor == "sqlite" else f"{name}_simulation"
        connection.settings_dict["TEST"]["NAME"] = own
        storages = {place: _folder(f"{files}/{place}") for place in _PLACES}
        with override_settings(STORAGES={**settings.STORAGES, **storages}):
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            try:
                yield
            finally:
                connection.creation.destroy_test_db(str(name), verbosity=0)


def _folder(path: str) -> dict[str, object]:
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": path, "allow_overwrite": True},
    }
