"""Is it up, who am I, and what a problem means."""

from __future__ import annotations

from django.db import DatabaseError, connection
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


class HealthShown(serializers.Serializer[object]):
    """Whether it works; nothing of why not."""

    status = serializers.ChoiceField(["ok"])


class Health(Ping):
    """Whether the API and its database work, for load balancers."""

    @extend_schema(
        operation_id="health",
        auth=[],
        responses=HealthShown,
        tags=["meta"],
        problems=("temporary-reduced-capacity",),
    )
    def get(self, request: Request) -> Response:
        """Say ok, or 503 where the database does not answer."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            raise Problem("temporary-reduced-capacity", headers={"Retry-After": "5"}) from None
        return Response({"status": "ok"})


class KeyOfMe(serializers.Serializer[object]):
    id = PublicId("key", source="pk")
    name = serializers.CharField()
    last4 = serializers.CharField()
    is_test = serializers.BooleanField()
    expires_at = Moment(allow_null=True)


class WorkspaceOfMe(serializers.Serializer[object]):
    id = PublicId("wsp", source="pk")
    name = serializers.CharField()


class MeShown(serializers.Serializer[object]):
    """The caller."""

    key = KeyOfMe()
    workspace = WorkspaceOfMe()
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
                "key": KeyOfMe(key).data,
                "workspace": WorkspaceOfMe(key.workspace).data,
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
