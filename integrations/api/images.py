"""Photographs of products, and files that will be such."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from integrations import images, uploads
from integrations.api.access import images_of, product_of
from integrations.api.image_serializers import (
    ImageFile,
    ImageNamed,
    ImageNew,
    ImageShown,
    UploadFile,
    UploadShown,
)
from integrations.api.receiving import FileView, FormParser, is_form
from integrations.api.refusals import refusals
from integrations.images import NewImage
from integrations.models import Product, SourceImage
from productviz.api.describe import extend_schema
from productviz.api.filters import TIMES, by_choice, by_text, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.paging import page
from productviz.api.parsing import StrictJSONParser
from productviz.api.problems import Problem, field_problem
from productviz.api.reach import find
from productviz.api.versions import require_match
from productviz.api.views import ApiView
from productviz.lib import http

Origin = SourceImage.Origin
_FORM_AND_JSON = {"multipart/form-data": ImageFile, "application/json": ImageNew}


class ProductImages(FileView):
    """The images of one product."""

    scopes = {"GET": "products:read", "POST": "images:write"}
    kinds = {"POST": "upload"}
    parser_classes = (StrictJSONParser, FormParser)
    filters = {
        **TIMES,
        "status": by_choice("status", SourceImage.Status.values),
        "external_id": by_text("external_id"),
    }

    @extend_schema(
        operation_id="list_product_images", responses=ImageShown(many=True), tags=["images"]
    )
    def get(self, request: Request, product_id: str) -> Response:
        """List the images that a product has now; ``position`` is their place in its gallery."""
        product = product_of(self.key, product_id)
        rows = images_of(self.key).filter(product=product).select_related("arrival")
        found = page(request, narrowed(request, rows, self.filters), newest_first=False)
        return Response(found.body(list(ImageShown(found.rows, many=True).data)))

    @extend_schema(
        operation_id="create_product_image",
        request=_FORM_AND_JSON,
        responses={202: ImageShown},
        tags=["images"],
    )
    def post(self, request: Request, product_id: str) -> Response:
        """Add an image, which a worker looks at: ``image.ready`` or ``image.rejected`` follows."""
        product = product_of(self.key, product_id)
        with refusals(current_status=lambda: product.store.status):
            images.require_pushed(product.store)
        if not is_form(request):
            return self._add(request, product, None)
        self.charge_bytes(request)
        # Before the transaction: neither a slow client nor the storage may hold it open.
        return self._add(request, product, self._from_form(product))

    post.idempotency_required = False  # type: ignore[attr-defined]

    @idempotent()
    def _add(self, request: Request, product: Product, new: NewImage | None) -> Response:
        return _added(product, new or _from_json(self.read(ImageNew)))

    def _from_form(self, product: Product) -> NewImage:
        asked = self.read(ImageFile)
        with refusals(pointer="/file"):
            sha256, _ = uploads.keep_bytes(product.store.workspace_id, asked.pop("file"))
        _require_same(asked.get("sha256"), sha256)
        return NewImage(origin=Origin.UPLOAD, **_about(asked, sha256=sha256))


class Images(ApiView):
    """Images that name their product in the body."""

    scopes = {"POST": "images:write"}
    kinds = {"POST": "upload"}

    @extend_schema(
        operation_id="create_image",
        request=ImageNamed,
        responses={202: ImageShown},
        tags=["images"],
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Add an image to the product that the body names."""
        if "product" not in request.data:
            raise field_problem(
                "/product",
                "required",
                "An image belongs to a product here. Name one; or send the file to /uploads and"
                " use it within 24 hours.",
            )
        asked = self.read(ImageNamed)
        return _added(asked.pop("product"), _from_json(asked))


class OneImage(ApiView):
    """One image."""

    scopes = {"GET": "products:read", "DELETE": "images:write"}

    @extend_schema(operation_id="get_image", responses=ImageShown, tags=["images"])
    def get(self, request: Request, image_id: str) -> Response:
        """Show an image."""
        image = find(images_of(self.key).select_related("arrival"), image_id)
        return self.show(image, ImageShown(image).data)

    @extend_schema(operation_id="delete_image", responses={204: None}, tags=["images"])
    def delete(self, request: Request, image_id: str) -> Response:
        """Take an image out of a custom store's product."""
        rows = images_of(self.key).select_related("product__store")
        image = find(rows, image_id)
        require_match(request, image)
        with refusals(current_status=lambda: image.product.store.status):
            images.remove(image)
        return Response(status=204)


class Uploads(FileView):
    """Files to be used soon."""

    scopes = {"POST": "images:write"}
    kinds = {"POST": "upload"}
    parser_classes = (FormParser,)

    @extend_schema(
        operation_id="create_upload",
        request={"multipart/form-data": UploadFile},
        responses={201: UploadShown},
        tags=["images"],
    )
    def post(self, request: Request) -> Response:
        """Keep a file of at most 25 MiB for a day, to be used once."""
        self.charge_bytes(request)
        file = self.read(UploadFile)["file"]
        with refusals(pointer="/file"):
            sha256, size = uploads.keep_bytes(self.workspace.pk, file)
        return self._note(request, sha256, size)

    post.idempotency_required = False  # type: ignore[attr-defined]

    @idempotent()
    def _note(self, request: Request, sha256: str, size: int) -> Response:
        upload = uploads.note(self.workspace, sha256, size)
        return Response(UploadShown(upload).data, status=201)


def _from_json(asked: dict[str, Any]) -> NewImage:
    if "url" in asked:
        try:
            http.check_url(asked["url"])
        except http.OutboundError as error:
            fault = {"pointer": "/url", "code": error.code, "detail": str(error)}
            raise Problem(error.code, str(error), errors=[fault]) from error
        return NewImage(origin=Origin.URL, url=asked["url"], **_about(asked))
    upload = asked["upload"]
    _require_same(asked.get("sha256"), upload.sha256)
    with refusals(pointer="/upload"):
        sha256 = uploads.use(upload)
    return NewImage(origin=Origin.UPLOAD, **_about(asked, sha256=sha256))


def _about(asked: dict[str, Any], *, sha256: str = "") -> dict[str, Any]:
    names = ("external_id", "role", "alt", "position")
    told = {name: asked[name] for name in names if name in asked}
    return {**told, "sha256": sha256, "expected": asked.get("sha256", "")}


def _require_same(told: str | None, found: str) -> None:
    if told is not None and told != found:
        raise field_problem("/sha256", "sha256_differs", "The file has another hash.")


def _added(product: Product, new: NewImage) -> Response:
    with refusals(current_status=lambda: product.store.status):
        image = images.add(product, new)
    answer = Response(ImageShown(image).data, status=202)
    answer["Location"] = f"/api/v1/images/{image.public_id}"
    return answer
