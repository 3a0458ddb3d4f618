"""Every address of the installation: dashboard, sign-in, callbacks, files, health, admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from generation.assets.views import serve_file
from productviz.accounts.api import Me, Ping
from productviz.health import health

urlpatterns = [
    path("", include("generation.urls")),
    path("", include("integrations.urls")),
    path("accounts/", include("allauth.urls")),
    path("files/<str:place>/<path:key>", serve_file, name="file"),
    path("api/v1/ping", Ping.as_view(), name="api_ping"),
    path("api/v1/me", Me.as_view(), name="api_me"),
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
]
