"""The addresses of /api/v1/; each app brings its own resources."""

from __future__ import annotations

from django.urls import path, re_path

from productviz.api import audit_log, events, keys, meta, webhooks
from productviz.api.openapi.docs import docs
from productviz.api.openapi.served import openapi

urlpatterns = [
    path("ping", meta.Ping.as_view(), name="api_ping"),
    path("health", meta.Health.as_view(), name="api_health"),
    path("me", meta.Me.as_view(), name="api_me"),
    path("openapi.json", openapi, name="api_openapi"),
    path("docs", docs, name="api_docs"),
    path("api-keys", keys.Keys.as_view()),
    path("api-keys/<str:pk>", keys.OneKey.as_view()),
    path("api-keys/<str:pk>/roll", keys.Roll.as_view()),
    path("audit-log", audit_log.AuditLog.as_view()),
    path("events", events.Events.as_view()),
    path("events/<str:pk>", events.OneEvent.as_view()),
    path("webhook-endpoints", webhooks.Endpoints.as_view()),
    path("webhook-endpoints/<str:pk>", webhooks.OneEndpoint.as_view()),
    path("webhook-endpoints/<str:pk>/rotate-secret", webhooks.RotateSecret.as_view()),
    path("webhook-endpoints/<str:pk>/test", webhooks.SendTest.as_view()),
    path("webhook-endpoints/<str:pk>/recover", webhooks.Recover.as_view()),
    path("webhook-endpoints/<str:pk>/deliveries", webhooks.Deliveries.as_view()),
    path("deliveries/<str:pk>/redeliver", webhooks.Redeliver.as_view()),
    re_path(".*", meta.Nowhere.as_view()),
]
