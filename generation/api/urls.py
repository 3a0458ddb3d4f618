"""The addresses of presets, generations, batches, assets, automations, usage under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
