"""/assets: finished images, their files, and their end."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from generation import retention
from generation.api.asset_json import AssetShown, assets_json, with_files
from generation.api.owned import assets_of
from generation.api.refusals import conflict
from generation.assets.cdn import DAY, HOUR, signed_url
from generation.models import Asset, Rendition
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.filters import CHANGES, by_id, narrowed
from productviz.api.paging import page
from productviz.api.problems import Problem, field_problem
from productviz.api.reach import find, refuse_live
from productviz.api.versions import require_match
from productviz.api.views import ApiView

SHORTEST, LONGEST = 60, 7 * DAY
FILTERS = {
    **CHANGES,
    "generation": by_id("generations", "gen"),
    "product": by_id("product", "prd"),
    "store": by_id("product__store", "str"),
}

_EXPIRES_IN = {"expires_in": {"type": "integer", "minimum": SHORTEST, "maximum": LONGEST}}


class AssetView(ApiView):
    """What the addresses of images have in common."""

    def seconds(self) -> int:
        """How long addresses are to be good: an hour, or what the client asks for."""
        text = self.request.query_params.get("expires_in", str(HOUR))
        is_number = text.isascii() and text.isdigit() and len(text) <= 9
        if not is_number or not SHORTEST <= int(text) <= LONGEST:
            raise field_problem(
                "/expires_in",
                "out_of_range",
                "Seconds, from a minute to seven days.",
                min=SHORTEST,
                max=LONGEST,
            )
        return int(text)

    def ready(self, pk: str) -> Asset:
        """The image, whose files are there. Raises Problem, ``asset_expired`` for one that was."""
        row = find(assets_of(self.key).select_related("product"), pk)
        if row.deleted_at is not None or not row.renditions.filter(name="main").exists():
            raise Problem("asset_expired")
        return row


class AssetList(AssetView):
    """All images."""

    scopes = {"GET": "assets:read"}
    filters = FILTERS

    @extend_schema(operation_id="list_assets", responses=AssetShown(many=True), tags=["assets"])
    def get(self, request: Request) -> Response:
        """List the images that are there, the newest first; their addresses hold an hour."""
        rows = narrowed(request, with_files(assets_of(self.key)), self.filters)
        listed = page(request, rows)
        return Response(listed.body(assets_json(listed.rows, seconds=HOUR)))


class AssetDetail(AssetView):
    """One image."""

    scopes = {"GET": "assets:read", "DELETE": "assets:delete"}

    @extend_schema(
        operation_id="get_asset",
        problems=("asset_expired",),
        query=_EXPIRES_IN,
        responses=AssetShown,
        tags=["assets"],
    )
    def get(self, request: Request, pk: str) -> Response:
        """Show an image; its address holds an hour, or ``?expires_in=`` seconds up to 7 days."""
        row = self.ready(pk)
        return self.show(row, assets_json([row], seconds=self.seconds())[0])

    @extend_schema(
        operation_id="delete_asset",
        problems=("state_conflict",),
        responses={204: None},
        tags=["assets"],
    )
    def delete(self, request: Request, pk: str) -> Response:
        """Remove an image that no store shows; an equal request makes it anew."""
        row = find(assets_of(self.key), pk)
        refuse_live(self.key, is_test=bool(row.manifest.get("test")))
        require_match(request, row)
        if row.deleted_at is None:
            try:
                retention.delete(row)
            except retention.NotDeletable as error:
                raise conflict(str(error), "published") from None
            audit(request, "asset.deleted", row.public_id)
        return Response(status=204)


class Content(AssetView):
    """The bytes of an image."""

    scopes = {"GET": "assets:read"}

    @extend_schema(
        operation_id="get_asset_content",
        query={"rendition": {"type": "string", "default": "main"}, **_EXPIRES_IN},
        problems=("asset_expired",),
        responses={302: None},
        tags=["assets"],
    )
    def get(self, request: Request, pk: str) -> Response:
        """Send the client on to a file by its signed address; ``?rendition=`` names another."""
        row, seconds = self.ready(pk), self.seconds()
        url, _ = signed_url(self._file(row).key, seconds=seconds)
        return Response(status=302, headers={"Location": url})

    def _file(self, row: Asset) -> Rendition:
        name = self.request.query_params.get("rendition", "main")
        for file in row.renditions.all():
            if file.name == name:
                return file
        raise field_problem("/rendition", "not_found", "This image has no such rendition.")
