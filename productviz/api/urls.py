"""The addresses of /api/v1/; each app brings its own resources."""

from __future__ import annotations

from django.urls import path, re_path

from productviz.api import meta

urlpatterns = [
    path("ping", meta.Ping.as_view(), name="api_ping"),
    path("me", meta.Me.as_view(), name="api_me"),
    re_path(".*", meta.Nowhere.as_view()),
]
