"""Both kinds of storage for tests: folders on disk, and a bucket behind a real S3 API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer

KINDS = ("folder", "bucket")
PLACES = ("work", "assets", "originals")
_KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Bucket:
    """A real S3 API that can go away and come back, with what was in it."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        """Answer, on the same port as before."""
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self.server.start()
        self.port = self.server.get_host_and_port()[1]

    def stop(self) -> None:
        """Refuse every connection."""
        self.server.stop()
        if self.server._server is not None:  # it would go on taking connections, unanswered
            self.server._server.server_close()


@contextmanager
def storage_of(kind: str, settings: Any, folder: Path) -> Iterator[Bucket | None]:
    """Every place on that kind of storage, empty; gives the bucket's server where there is one."""
    if kind == "folder":
        backend = "django.core.files.storage.FileSystemStorage"
        settings.STORAGES = {
            **settings.STORAGES,
            **{name: _storage(backend, location=folder / name) for name in PLACES},
        }
        yield None
        return
    server = Bucket()
    endpoint = f"http://127.0.0.1:{server.port}"
    bucket = f"shop-{uuid4().hex}"  # the server's memory outlives it within a process
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **_KEYS)
    client.create_bucket(Bucket=bucket)
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
    }
    backend = "storages.backends.s3.S3Storage"
    settings.STORAGES = {
        **settings.STORAGES,
        **{name: _storage(backend, location=name, **options) for name in PLACES},
    }
    yield server
    server.stop()


def _storage(backend: str, **options: Any) -> dict[str, Any]:
    return {"BACKEND": backend, "OPTIONS": options}
