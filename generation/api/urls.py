"""The addresses of presets, people, generations, batches, assets and more under /api/v1/."""

from __future__ import annotations

from django.urls import path

from generation.api import (
    assets,
    automations,
    batches,
    generation_events,
    generations,
    people,
    presets,
    publications,
    usage,
)

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
    path("people", people.PersonList.as_view(), name="api_people"),
    path("people/<str:pk>", people.PersonDetail.as_view(), name="api_person"),
    path("generations", generations.GenerationList.as_view(), name="api_generations"),
    path("generations/<str:pk>", generations.GenerationDetail.as_view(), name="api_generation"),
    path("generations/<str:pk>/cancel", generations.Cancel.as_view(), name="api_cancel"),
    path("generations/<str:pk>/retry", generations.Retry.as_view(), name="api_retry"),
    path("generations/<str:pk>/review", generations.Review.as_view(), name="api_review"),
    path("generations/<str:pk>/events", generation_events.EventList.as_view(), name="api_events"),
    path("batches", batches.BatchList.as_view(), name="api_batches"),
    path("batches/<str:pk>", batches.BatchDetail.as_view(), name="api_batch"),
    path("batches/<str:pk>/items", batches.ItemList.as_view(), name="api_batch_items"),
    path("batches/<str:pk>/cancel", batches.CancelBatch.as_view(), name="api_batch_cancel"),
    path("batches/<str:pk>/retry-failed", batches.RetryFailed.as_view(), name="api_batch_retry"),
    path("batches/<str:pk>/pause", batches.PauseBatch.as_view(), name="api_batch_pause"),
    path("batches/<str:pk>/resume", batches.ResumeBatch.as_view(), name="api_batch_resume"),
    path("batches/<str:pk>/undo", batches.UndoBatch.as_view(), name="api_batch_undo"),
    path("assets", assets.AssetList.as_view(), name="api_assets"),
    path("assets/<str:pk>", assets.AssetDetail.as_view(), name="api_asset"),
    path("assets/<str:pk>/content", assets.Content.as_view(), name="api_asset_content"),
    path("usage", usage.Usage.as_view(), name="api_usage"),
    path("publications", publications.Publications.as_view()),
    path("publications/<str:publication_id>", publications.OnePublication.as_view()),
    path("publications/<str:publication_id>/approve", publications.ApprovePublication.as_view()),
    path("publications/<str:publication_id>/confirm", publications.ConfirmPublication.as_view()),
    path("publications/<str:publication_id>/retry", publications.RetryPublication.as_view()),
    path("publications/<str:publication_id>/rollback", publications.RollBackPublication.as_view()),
    path("publications/<str:publication_id>/cancel", publications.CancelPublication.as_view()),
    path("automations", automations.Automations.as_view()),
    path("automations/<str:pk>", automations.OneAutomation.as_view()),
    path("automations/<str:pk>/simulate", automations.Simulate.as_view()),
]
