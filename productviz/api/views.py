"""The base of every address under /api/v1/: who asks, may they, how often, and in what form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, ClassVar, cast

import structlog
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from productviz.accounts.authentication import BadKey
from productviz.accounts.keys import looks_like_key
from productviz.accounts.models import ApiKey, Workspace
from productviz.api import limits
from productviz.api.audit import address_of
from productviz.api.filters import Filter
from productviz.api.forms import Json, JsonNegotiation
from productviz.api.parsing import StrictJSONParser
from productviz.api.problems import Problem, field_problem
from productviz.api.reach import LIVE_ONLY, refuse_test_key
from productviz.api.versions import etag, is_known
from productviz.lib.rows import VersionedModel

log = structlog.get_logger(__name__)

_CREDENTIAL_NAMES = frozenset({"api_key", "apikey", "access_token", "token", "authorization"})


class ApiView(APIView):
    """One address. ``scopes`` names the scope that each method needs; "" takes any key.

    A tuple of scopes takes a key with any of them. ``kinds`` names what a method counts as for the
    rate limits; GET reads, all others write. ``filters`` are those of a list.
    """

    scopes: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}
    kinds: ClassVar[Mapping[str, str]] = {}
    filters: ClassVar[Mapping[str, Filter]] = {}
    parser_classes: Sequence[type[BaseParser]] = (StrictJSONParser,)
    renderer_classes = (Json,)
    content_negotiation_class = JsonNegotiation
    permission_classes = ()
    metadata_class = None
    http_method_names = ("get", "post", "put", "patch", "delete", "head")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what must be refused, the cheapest questions first. Raises Problem."""
        self.left: dict[str, limits.Left] = {}
        _refuse_credentials_in_url(request)
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(
            request
        )
        request.version, request.versioning_scheme = None, None
        self._authenticate(request)
        self._require_permission(request)
        self._refuse_unknown_query(request)
        self.charge(self.kinds.get(str(request.method), _kind(request)))
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise Problem("unsupported_media_type")
        if "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length"):
            raise Problem("length_required")

    def _refuse_unknown_query(self, request: Request) -> None:
        """Where an address names its parameters, any other is a mistake; lists have filters."""
        method = getattr(self, str(request.method).lower(), None)
        asks = getattr(method, "described", {}).get("asks", ())
        known = {one["name"] for one in asks if one["in"] == "query"}
        for name in request.query_params if known else ():
            if name not in known:
                raise field_problem(f"/{name}", "unknown_field", "There is no such parameter.")

    def _authenticate(self, request: Request) -> None:
        address = address_of(request)
        limits.refuse_guessing(address)
        try:
            known = isinstance(request.auth, ApiKey)
        except BadKey as bad:
            limits.count_failed_key(address)
            raise Problem(bad.code, headers=_challenge("invalid_token")) from None
        if not known:
            raise Problem("unauthenticated", headers=_challenge(""))

    def _require_permission(self, request: Request) -> None:
        key = self.key
        if key.workspace.suspended_at is not None:
            raise Problem("workspace_suspended")
        if key.allowed_cidrs and not _is_inside(address_of(request), key.allowed_cidrs):
            raise Problem("ip_not_allowed")
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in self.scopes:
            raise exceptions.MethodNotAllowed(method)
        needed = needed_scopes(self.scopes[method])
        if needed and not needed.intersection(key.scopes):
            raise Problem("insufficient_scope", required_scopes=sorted(needed))
        if needed & LIVE_ONLY:
            refuse_test_key(key, needed)

    @property
    def key(self) -> ApiKey:
        """The key that asks."""
        return cast("ApiKey", self.request.auth)

    @property
    def workspace(self) -> Workspace:
        """The key's workspace: every query starts here."""
        return self.key.workspace

    def charge(self, kind: str, amount: int = 1) -> None:
        """Count requests of a kind against the key's limits. Raises Problem."""
        self.left[kind] = limits.spend(self.key, kind, amount)

    def read(self, serializer: type[BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        """The request's body, checked; fields may ask for the key in their context."""
        reader = serializer(
            data=self.request.data, context={"key": self.key, "request": self.request}, **options
        )
        reader.is_valid(raise_exception=True)
        return cast("dict[str, Any]", reader.validated_data)

    def show(
        self,
        row: VersionedModel,
        data: Mapping[str, Any],
        *,
        status: int = 200,
        moving: object = None,
    ) -> Response:
        """One object with its ETag; 304 where the client has this version.

        ``moving`` is what changes without a version and belongs to the ETag all the same.
        """
        headers = {"ETag": etag(row, moving)}
        if is_known(self.request, headers["ETag"]):
            return Response(status=304, headers=headers)
        return Response(data, status=status, headers=headers)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Every answer tells the limits, is kept by no cache, and is taken for nothing else."""
        if getattr(request, "accepted_renderer", None) is None:
            request.accepted_renderer = Json()
            request.accepted_media_type = Json.media_type
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        final["RateLimit-Policy"] = limits.policy()
        left = getattr(self, "left", {})
        if left:
            final["RateLimit"] = ", ".join(
                f'"{one.kind}";r={one.remaining};t={one.seconds}' for one in left.values()
            )
        return final


def needed_scopes(named: str | tuple[str, ...]) -> frozenset[str]:
    """The scopes of which a key needs one; none where any key will do."""
    return frozenset((named,) if isinstance(named, str) else named) - {""}


def _kind(request: Request) -> str:
    return "read" if request.method in ("GET", "HEAD") else "write"


def _challenge(error: str) -> dict[str, str]:
    return {"WWW-Authenticate": f'Bearer error="{error}"' if error else "Bearer"}


def _refuse_credentials_in_url(request: Request) -> None:
    for name, values in request.query_params.lists():
        if name.lower() in _CREDENTIAL_NAMES or any(looks_like_key(text) for text in values):
            log.warning("a credential came in an address", path=request.path)
            raise Problem("credential_in_url")


def _is_inside(address: str, networks: Sequence[str]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(network) for network in networks)
