"""What the steps of a publication share: the rows, the store, and saving under the lease."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from integrations.contract import Adapter, ImageFile, ProductRef
from integrations.gallery import Piece
from integrations.inputs import STEM_LENGTH
from integrations.models import Publication, PublicationItem
from productviz.lib import files
from productviz.lib.lease import held


class LeaseLost(Exception):
    """Another worker has this publication now; whatever was about to be saved is dropped."""


@dataclass(slots=True)
class Job:
    """One claimed publication on its way through the steps."""

    publication: Publication
    owner: str
    adapter: Adapter

    @property
    def ref(self) -> ProductRef:
        """The product's address in its store."""
        product = self.publication.product
        parent = product.parent
        return ProductRef(product.external_id, parent.external_id if parent else "")

    def keep_alive(self) -> None:
        """Note progress, so that only claims without any count as lost; raises LeaseLost."""
        self.save(attempt=0, retries=0)

    def must_hold(self) -> None:
        """Ask before the store is changed; raises LeaseLost. It is no progress."""
        if not held(self.publication, self.owner).exists():
            raise LeaseLost

    def save(self, **changes: Any) -> None:
        """Update the publication while it is ours; raises LeaseLost."""
        if not held(self.publication, self.owner).update(**changes):
            raise LeaseLost

    def pieces(self) -> list[Piece]:
        """The publication's pictures without their bytes."""
        return pieces_of(self.publication)


def pieces_of(publication: Publication) -> list[Piece]:
    """A publication's pictures without their bytes, but for those that the store refused."""
    items = publication.items.filter(refused="").select_related("replaces").order_by("pk")
    return [_piece(item, b"") for item in items]


def file_of(item: PublicationItem, data: bytes) -> ImageFile:
    """The picture as a file for the store, named after its content."""
    extension = item.storage_key.rpartition(".")[2]
    public_url = import_string(settings.PUBLIC_FILE_URL)
    return ImageFile(
        filename=f"{item.sha256[:STEM_LENGTH]}.{extension}",
        content_type=item.content_type,
        data=data,
        public_url=public_url(item.storage_key, extension),
        alt=item.alt,
    )


def _piece(item: PublicationItem, data: bytes) -> Piece:
    return Piece(
        file=file_of(item, data),
        placement=item.placement,
        original=item.replaces.external_id if item.replaces else "",
        external_id=item.external_id,
    )


def asset_bytes(item: PublicationItem) -> bytes:
    """The picture itself; raises FileNotFoundError."""
    return files.get("assets", item.storage_key)
