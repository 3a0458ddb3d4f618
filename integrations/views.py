"""Where stores and returning browsers knock: webhooks, issued keys, and the way back from consent.

Thin: each view reads the request and calls one use case. The dashboard's pages are elsewhere.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from integrations import connect, inbox
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.api.audit import by_person

_MAX_KEY_BODY = 16 * 1024
_AFTER = "/stores/"


@csrf_exempt
@require_POST
def hook(request: HttpRequest, token: str) -> HttpResponse:
    """A store webhook; never redirected, since stores do not follow."""
    body = raw_body(request, inbox.MAX_BODY)
    headers = {name.lower(): value for name, value in request.headers.items()}
    status = 413 if body is None else inbox.receive(token, headers, body)
    response = HttpResponse(status=status)
    if status == 429:
        response["Retry-After"] = "60"
    return response


def raw_body(request: HttpRequest, limit: int) -> bytes | None:
    """The raw body, read past Django's own smaller limit; None if it is larger than ``limit``."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > limit:
        return None
    body = request.read(limit + 1)
    return body if len(body) <= limit else None


@csrf_exempt
@require_POST
def key_callback(request: HttpRequest) -> HttpResponse:
    """WooCommerce posts an issued key here and counts exactly 200 as success."""
    body = raw_body(request, _MAX_KEY_BODY)
    return HttpResponse(status=413 if body is None else connect.receive_key(body))


@require_POST
@member(Role.EDITOR)
def begin(request: WorkspaceRequest) -> HttpResponse:
    """Send the browser to the store's consent page."""
    try:
        target = connect.begin(
            request.workspace,
            request.user,
            request.POST.get("platform", ""),
            request.POST.get("base_url", ""),
            request.POST.get("route", "wc-auth"),
            session_key=request.session.session_key or "",
        )
    except connect.CannotConnect as refusal:
        messages.error(request, str(refusal))
        return redirect(_AFTER)
    return redirect(target)


@require_GET
@member(Role.EDITOR)
def key_return(request: WorkspaceRequest) -> HttpResponse:
    """The browser comes back from WooCommerce's consent page; the key came before it."""
    if request.GET.get("success") in ("0", "false"):
        messages.warning(request, "You declined in the store, so nothing was connected.")
        return redirect(_AFTER)
    try:
        store = connect.finished(
            request.GET.get("user_id", ""),
            user=request.user,
            session_key=request.session.session_key or "",
        )
    except connect.CannotConnect as refusal:
        messages.error(request, str(refusal))
    else:
        by_person(request, "store.connected", store, base_url=store.base_url)
        messages.success(request, f"{store} is connected. The first sync has begun.")
    return redirect(_AFTER)


@require_GET
@member(Role.EDITOR)
def password_return(request: WorkspaceRequest) -> HttpResponse:
    """The browser brings an application password in its query: take it and redirect at once."""
    try:
        store = connect.receive_password(
            request.GET.get("state", ""),
            user=request.user,
            session_key=request.session.session_key or "",
            username=request.GET.get("user_login", ""),
            password=request.GET.get("password", ""),
        )
    except connect.CannotConnect as refusal:
        messages.error(request, str(refusal))
    else:
        by_person(request, "store.connected", store, base_url=store.base_url)
        messages.success(request, f"{store} is connected. The first sync has begun.")
    response = redirect(_AFTER)
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response
