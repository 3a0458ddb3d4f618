"""Every address of the installation: dashboard, sign-in, callbacks, files, health, admin."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path

from generation.assets.views import serve_file
from productviz.api.meta import Nowhere, problem_page
from productviz.health import health

# The stock page of the admin counts no wrong passwords; everybody signs in at the same door.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("generation.urls")),
    path("", include("integrations.urls")),
    path("accounts/", include("allauth.urls")),
    path("files/<str:place>/<path:key>", serve_file, name="file"),
    path("api/v1/", include("generation.api.urls")),
    path("api/v1/", include("integrations.api.urls")),
    path("api/v1/", include("productviz.api.urls")),
    re_path(r"^api(/|$)", Nowhere.as_view()),
    path("problems/<str:code>", problem_page, name="problem"),
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
]

handler400 = "productviz.api.errors.bad_request"
handler403 = "productviz.api.errors.forbidden"
handler404 = "productviz.api.errors.not_found"
handler500 = "productviz.api.errors.broken"
