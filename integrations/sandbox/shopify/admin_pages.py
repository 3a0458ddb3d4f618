"""The HTML of the simulated admin: shell, log-in, products, the app in its frame."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Response

from .admin_style import STYLE
from .file_reads import image_url
from .registration import COMPLIANCE_TOPICS, AppRegistration
from .state import gid
from .tables import Media, Product, Shop

PAGE_SIZE = 25
_BADGES = {"READY": "", "FAILED": "badge failed"}


def _html(title: str, body: str, *, status: int = 200) -> Response:
    text = (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta name='robots' content='noindex'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )
    return Response(text, status, content_type="text/html; charset=utf-8")


def login(shop: Shop, *, back: str, problem: str = "") -> Response:
    """Return the log-in page; `back` is where to go afterwards."""
    error = f"<p class='problem'>{escape(problem)}</p>" if problem else ""
    body = (
        f"<div class='login'><h1>Log in to {escape(shop.name)}</h1>{error}<form method='post'>"
        f"<input type='hidden' name='back' value='{escape(back)}'>"
        "<label for='login'>User</label>"
        "<input type='text' id='login' name='login' autocomplete='username' required>"
        "<label for='password'>Password</label><input type='password' id='password' "
        "name='password' autocomplete='current-password' required>"
        "<div class='row'><button class='button'>Log in</button></div></form>"
        "<p class='note'>Sandbox shop: log in as <code>admin</code> with "
        "<code>admin-pass-1</code>.</p></div>"
    )
    return _html(f"Log in · {shop.name}", body, status=401 if problem else 200)


def shell(
    shop: Shop, app: AppRegistration, body: str, *, here: str, origin: str, framed: bool = False
) -> Response:
    """Wrap a page in the admin's top bar and navigation."""
    admin = f"{origin}/admin"
    links = [("products", "Products", f"{admin}/products"), ("settings", "Settings", "")]
    entries = "".join(
        f"<a href='{escape(address or admin + '/' + key)}'"
        f"{' class=here' if key == here else ''}>{label}</a>"
        for key, label, address in links
    )
    app_link = f"{admin}/apps/{app.handle}"
    text = (
        f"<header><span class='mark'>{escape(shop.name)}<small>{escape(shop.domain)} · sandbox"
        f"</small></span><form method='post' action='{admin}/logout'><button>Log out</button>"
        f"</form></header><div class='body'><nav>{entries}<a href='{origin}/'>Online store</a>"
        f"<p>Apps</p><a href='{escape(app_link)}'{' class=here' if here == 'app' else ''}>"
        f"{escape(app.name)}</a></nav><main{' class=framed' if framed else ''}>{body}</main></div>"
    )
    return _html(f"{app.name if here == 'app' else here.title()} · {shop.name}", text)


def form(action: str, token: str, label: str, *, look: str = "button", **fields: str) -> str:
    """Return a form of one button that posts a CSRF token and hidden fields."""
    hidden = "".join(
        f"<input type='hidden' name='{escape(name)}' value='{escape(value)}'>"
        for name, value in {"token": token, **fields}.items()
    )
    return (
        f"<form method='post' action='{escape(action)}'>{hidden}"
        f"<button class='{look}'>{escape(label)}</button></form>"
    )


def framed(app: AppRegistration, *, source: str, admin: str, token: str, bridge_home: str) -> str:
    """Return the app's frame with the script that answers it."""
    parts = urlsplit(app.application_url)
    base = f"{admin}/apps/{app.handle}"
    uninstall = form(f"{base}/uninstall", token, "Uninstall", look="button plain")
    return (
        f"<div class='apphead'><span>{escape(app.name)}</span>{uninstall}</div>"
        f"<iframe id='app-frame' title='{escape(app.name)}' src='{escape(source)}' "
        f"data-app-origin='{escape(f'{parts.scheme}://{parts.netloc}')}' "
        f"data-app-base='{escape(parts.path.rstrip('/'))}' "
        f"data-admin-base='{escape(urlsplit(base).path)}' "
        f"data-token-url='{escape(urlsplit(base).path)}/session-token' "
        "allow='clipboard-write'></iframe>"
        f"<script src='{escape(bridge_home)}/admin.js'></script>"
    )


def consent(app: AppRegistration, *, admin: str, token: str) -> str:
    """Return the install page with the scopes that the app asks for."""
    scopes = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in app.scopes)
    install = form(f"{admin}/apps/{app.handle}/install", token, "Install")
    return (
        f"<div class='card'><h1>Install {escape(app.name)}?</h1><p>The app asks for:</p>"
        f"<ul>{scopes}</ul><p class='quiet'>{escape(app.application_url)}</p>"
        f"<div class='row'>{install}</div></div>"
    )


def unreachable(app: AppRegistration) -> str:
    """Return what stands in place of an app without an address."""
    return (
        f"<div class='card'><h1>{escape(app.name)}</h1><p class='problem'>The app has no address. "
        "Start the sandbox with <code>--app-url</code>.</p></div>"
    )


def products(shop: Shop, *, origin: str, number: int) -> str:
    """Return one page of the product list, newest change first, with galleries."""
    rows = sorted(shop.products.values(), key=lambda row: (-int(row.updated), row.id))
    last = max(1, -(-len(rows) // PAGE_SIZE))
    number = min(max(1, number), last)
    shown = rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    cards = "".join(_product(shop, row, origin) for row in shown)
    links = " ".join(
        f"<a href='?{urlencode({'page': target})}'>{label}</a>"
        for target, label in ((number - 1, "Previous"), (number + 1, "Next"))
        if 1 <= target <= last
    )
    pages = f"<p class='pages'>Page {number} of {last} {links}</p>" if last > 1 else ""
    return f"<h1>Products <span class='quiet'>{len(rows)}</span></h1>{cards}{pages}"


def _product(shop: Shop, row: Product, origin: str) -> str:
    look = "badge active" if row.status == "ACTIVE" else "badge"
    pictures = "".join(
        _picture(shop, row, shop.media[media], place, origin)
        for place, media in enumerate(row.media, 1)
    )
    gallery = (
        f"<ol class='gallery'>{pictures}</ol>" if row.media else "<p class='quiet'>No media</p>"
    )
    variants = len(row.variants)
    return (
        f"<section class='card product' id='product-{row.id}'><div>"
        f"<a class='title' href='{origin}/products/{escape(row.handle)}'>{escape(row.title)}</a>"
        f"<span class='quiet'>{variants} variant{'' if variants == 1 else 's'} · "
        f"{escape(row.vendor)}</span><span class='{look}'>{row.status.title()}</span>"
        f"<span class='quiet'>{gid('Product', row.id)}</span></div>{gallery}</section>"
    )


def _picture(shop: Shop, row: Product, media: Media, place: int, origin: str) -> str:
    url = escape(image_url(origin, media))
    alt = escape(media.alt)
    holders = [shop.variants[v] for v in row.variants if media.id in shop.variants[v].media]
    chips = "".join(f"<span class='chip'>{escape(one.title)}</span>" for one in holders)
    if media.status == "READY":
        inside = f"<a href='{url}'><img src='{url}&amp;width=264' alt='{alt}' loading='lazy'></a>"
    else:
        look = _BADGES.get(media.status, "badge wait")
        inside = f"<span class='{look}'>{media.status.title()}</span>"
    problems = "".join(f"<span class='alt'>{escape(one['code'])}</span>" for one in media.errors)
    return (
        f"<li data-media='{gid('MediaImage', media.id)}'><div class='frame'>{inside}"
        f"<b>{place}</b></div><span class='alt'>{alt or '<i class=quiet>no alt text</i>'}</span>"
        f"{problems}{chips}</li>"
    )


def settings(
    shop: Shop,
    app: AppRegistration,
    *,
    admin: str,
    token: str,
    deliveries: list[Mapping[str, object]],
) -> str:
    """Return the page of what a person cannot do in a real admin: compliance requests, queue."""
    base = f"{admin}/apps/{app.handle}"
    buttons = "".join(
        form(f"{base}/comply", token, f"Send {topic}", look="button plain", topic=topic)
        for topic in COMPLIANCE_TOPICS
    )
    change = (
        form(f"{base}/uninstall", token, f"Uninstall {app.name}", look="button danger")
        if shop.installed
        else form(f"{base}/install", token, f"Install {app.name}")
    )
    rows = "".join(
        f"<li><code>{escape(str(one['topic']))}</code> → {one['status']} "
        f"<span class='quiet'>{escape(str(one['webhook_id']))}</span></li>"
        for one in deliveries
    )
    return (
        f"<h1>Settings</h1><section class='card'><h2>App</h2><p>{escape(app.name)}: "
        f"{'installed' if shop.installed else 'not installed'}, "
        f"{escape(', '.join(shop.granted)) or 'no scopes'}</p><div class='row'>{change}</div>"
        f"</section><section class='card'><h2>Compliance requests</h2><div class='row'>{buttons}"
        f"</div></section><section class='card'><h2>Webhooks sent</h2><ul>"
        f"{rows or '<li>None yet</li>'}</ul></section>"
    )
