"""The addresses of presets, generations, batches, assets, publications, automations, usage."""

from __future__ import annotations

from django.urls import URLPattern, path

from generation.api import publications

urlpatterns: list[URLPattern] = [
    path("publications", publications.Publications.as_view()),
    path("publications/<str:publication_id>", publications.OnePublication.as_view()),
    path("publications/<str:publication_id>/approve", publications.ApprovePublication.as_view()),
    path("publications/<str:publication_id>/confirm", publications.ConfirmPublication.as_view()),
    path("publications/<str:publication_id>/retry", publications.RetryPublication.as_view()),
    path("publications/<str:publication_id>/rollback", publications.RollBackPublication.as_view()),
    path("publications/<str:publication_id>/cancel", publications.CancelPublication.as_view()),
]
