"""The addresses of presets, generations, batches, assets, automations, usage under /api/v1/."""

from __future__ import annotations

from django.urls import path

from generation.api import presets

urlpatterns = [
    path("presets", presets.PresetList.as_view(), name="api_presets"),
    path("presets/<str:pk>", presets.PresetDetail.as_view(), name="api_preset"),
    path("presets/<str:pk>/versions", presets.VersionList.as_view(), name="api_preset_versions"),
    path(
        "presets/<str:pk>/versions/<int:number>",
        presets.VersionDetail.as_view(),
        name="api_preset_version",
    ),
    path("presets/<str:pk>/preview", presets.Preview.as_view(), name="api_preset_preview"),
]
