"""Addresses that stores call and come back to. Both spellings: a redirect would lose the body."""

from __future__ import annotations

from django.urls import path, re_path

from integrations import app_views, views

urlpatterns = [
    re_path(r"^hooks/(?P<token>[0-9a-f]{64})/?$", views.hook, name="store_hook"),
    re_path(r"^webhooks/shopify/?$", app_views.webhooks, name="shopify_webhooks"),
    re_path(r"^shopify/?$", app_views.home, name="shopify_home"),
    path("shopify/session-token/", app_views.session_token, name="shopify_session_token"),
    path("shopify/<path:page>", app_views.home, name="shopify_page"),
    path("connect/begin/", views.begin, name="connect_begin"),
    re_path(r"^connect/woocommerce/callback/?$", views.key_callback, name="key_callback"),
    re_path(r"^connect/woocommerce/return/?$", views.key_return, name="key_return"),
    re_path(r"^connect/woocommerce/password/?$", views.password_return, name="password_return"),
]
