"""The product's own settings with what a test run needs: development keys, a folder of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# A model in each of several processes on few cores: more threads only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("PRODUCTVIZ_MODE", "development")
_models = Path(__file__).resolve().parent.parent / "var" / "test-models"
os.environ.setdefault("PRODUCTVIZ_MODEL_DIR", str(_models))
_data = tempfile.mkdtemp(prefix="productviz-test-")
os.environ["PRODUCTVIZ_DATA_DIR"] = _data
atexit.register(shutil.rmtree, _data, ignore_errors=True)

from productviz.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in production: SQLite's shared in-memory database locks whole tables instead.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
# A signature differs at every signing; the tests of signing switch it on.
CONTENT_CREDENTIALS = "off"
# What a store hints at is looked into at once; the tests of waiting switch it on.
WEBHOOK_QUIET_SECONDS = 0.0
