"""Is it up, who am I, and what a problem means."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from productviz.api import limits
from productviz.api.describe import extend_schema
from productviz.api.fields import Moment, PublicId
from productviz.api.problems import PROBLEMS, Problem
from productviz.api.views import ApiView


class Ping(ApiView):
    """Whether the API answers, for monitors."""

    authentication_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Ask nobody who they are."""

    @extend_schema(operation_id="ping", auth=[], responses={204: None}, tags=["meta"])
    def get(self, request: Request) -> Response:
        """Answer nothing, quickly."""
        return Response(status=204)


class _Key(serializers.Serializer[object]):
    id = PublicId("key", source="pk")
    name = serializers.CharField()
    last4 = serializers.CharField()
    is_test = serializers.BooleanField()
    expires_at = Moment(allow_null=True)


class _Workspace(serializers.Serializer[object]):
    id = PublicId("wsp", source="pk")
    name = serializers.CharField()


class MeShown(serializers.Serializer[object]):
    """The caller."""

    key = _Key()
    workspace = _Workspace()
    scopes = serializers.ListField(child=serializers.CharField())
    limits = serializers.CharField()


class Me(ApiView):
    """The key that asks."""

    scopes = {"GET": ""}

    @extend_schema(operation_id="me", responses=MeShown, tags=["meta"])
    def get(self, request: Request) -> Response:
        """The key, its workspace, its scopes and its rate limits."""
        key = self.key
        return Response(
            {
                "key": _Key(key).data,
                "workspace": _Workspace(key.workspace).data,
                "scopes": key.scopes,
                "limits": limits.policy(),
            }
        )


class Nowhere(ApiView):
    """Every address of the API that there is not."""

    scopes = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), "")

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Say so to anyone."""
        raise Problem("not_found", "There is no such address. See /api/v1/docs.")


@require_safe
def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    """What a problem's type resolves to: what it means and what to do."""
    if code not in PROBLEMS:
        raise Http404
    return render(request, "problem.html", {"code": code, "problem": PROBLEMS[code]})
