"""The addresses of the app at Shopify: where its Admin opens it, and where its webhooks go.

Thin: each view reads the request and calls one use case.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from integrations import inbox
from integrations.embedded import ask_again, in_the_frame
from integrations.platforms.shopify.install import patch_page, shop_domain
from integrations.views import raw_body


@require_safe
def home(request: HttpRequest, page: str = "") -> HttpResponse:
    """An address of the app at Shopify: leads on to ``page``; the middleware has let it in."""
    if not settings.SHOPIFY_APP.is_set_up:
        raise Http404("This installation has no app at Shopify.")
    if request.embedded is None:  # type: ignore[attr-defined]
        return ask_again(request)
    return HttpResponseRedirect(f"/{page.lstrip('/')}?{request.GET.urlencode()}")


@require_safe
def session_token(request: HttpRequest) -> HttpResponse:
    """The patch page: App Bridge alone, which loads ``shopify-reload`` again with a token."""
    app, shop = settings.SHOPIFY_APP, shop_domain(request.GET.get("shop"))
    back = request.GET.get("shopify-reload", "")
    # Only back to a page of ours: a token must not travel to another host.
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    if not (app.is_set_up and shop and is_ours):
        raise Http404("Open ProductViz from your Shopify admin.")
    response = HttpResponse(patch_page(app, request.build_absolute_uri()))
    return in_the_frame(response, shop, app)


@csrf_exempt
def webhooks(request: HttpRequest) -> HttpResponse:
    """Shopify's webhooks for every shop; 401 for whatever is not one, as its reviewers ask."""
    if request.method != "POST":
        return HttpResponse(status=401)
    body = raw_body(request, inbox.MAX_BODY)
    headers = {name.lower(): value for name, value in request.headers.items()}
    status = 401 if body is None else inbox.receive_for_app(headers, body)
    response = HttpResponse(status=status)
    if status == 429:
        response["Retry-After"] = "60"
    return response
