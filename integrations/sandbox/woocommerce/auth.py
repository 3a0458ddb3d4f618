"""Who is asking: consumer keys on wc/v3, application passwords on every route.

Only identifies and checks a key's read/write permission; what a role may do is
`require`. Error bodies are as recorded.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from werkzeug.wrappers import Request

from . import oauth
from .replies import ApiError
from .state import State
from .tables import ApiKey, AppPassword, User

STAFF = frozenset({"administrator", "shop_manager"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Identity:
    """The user behind a request, and the credential that proved it."""

    user: User
    key: ApiKey | None = None
    app_password: AppPassword | None = None

    @property
    def staff(self) -> bool:
        """Whether the user may manage products, media and webhooks."""
        return self.user.role in STAFF


def app_passwords_available(state: State, request: Request) -> bool:
    """WordPress offers application passwords on https, or where the environment is local."""
    return request.is_secure or state.policy.application_passwords_over_http


def identify(state: State, request: Request) -> Identity | None:
    """Return the caller, None for a stranger; raise ApiError 401 for a failed attempt."""
    for_woocommerce = _names_woocommerce(request)
    if for_woocommerce:
        key = _consumer_key(state, request)
        if key is not None:
            return Identity(state.tables.users[key.user_id], key=key)
    if not app_passwords_available(state, request):
        return None
    return _application_password(state, request, quiet=for_woocommerce)


def _names_woocommerce(request: Request) -> bool:
    # WooCommerce looks for its prefix anywhere in the URI, the query string included.
    uri = request.full_path
    return "wp-json/wc/" in uri or "wp-json/wc-" in uri


def _consumer_key(state: State, request: Request) -> ApiKey | None:
    if request.is_secure:
        key = _key_and_secret(state, request)
        if key is not None:
            return key
    params = oauth.parameters(
        request.query_string.decode("latin-1"), request.headers.get("Authorization", "")
    )
    return oauth.verify(state, method=request.method, path=request.path, params=params)


def _key_and_secret(state: State, request: Request) -> ApiKey | None:
    name = request.args.get("consumer_key", "")
    secret = request.args.get("consumer_secret", "")
    basic = request.authorization
    if not (name and secret) and basic is not None and basic.type == "basic":
        name, secret = basic.username or "", basic.password or ""
    key = next((k for k in state.tables.keys.values() if k.consumer_key == name), None)
    if key is None:
        return None
    if not hmac.compare_digest(key.consumer_secret.encode(), secret.encode()):
        raise ApiError(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid.")
    return key


def _application_password(state: State, request: Request, *, quiet: bool) -> Identity | None:
    basic = request.authorization
    if basic is None or basic.type != "basic":
        return None
    user = state.user_named(basic.username or "")
    if user is None:
        # On a wc/ route an unknown name falls through to "cannot view" (recorded).
        if quiet:
            return None
        raise ApiError(
            401,
            "invalid_username",
            "<strong>Error:</strong> Unknown username. Check again or try your email address.",
        )
    sent = (basic.password or "").replace(" ", "")
    for row in state.tables.app_passwords.values():
        if row.user_id == user.id and hmac.compare_digest(row.password.encode(), sent.encode()):
            row.last_used, row.last_ip = state.stamps()[0], request.remote_addr
            return Identity(user, app_password=row)
    raise ApiError(
        401,
        "incorrect_password",
        "The provided password is an invalid application password.",
    )


def check_permissions(identity: Identity | None, method: str) -> None:
    """Refuse a read-only key that writes and a write-only key that reads."""
    if identity is None or identity.key is None:
        return
    needed = "read" if method in _READS else "write"
    if needed not in identity.key.permissions:
        raise ApiError(
            401,
            "woocommerce_rest_authentication_error",
            f"The API key provided does not have {needed} permissions.",
        )


_WORDS = {
    "list": ("cannot_view", "Sorry, you cannot list resources."),
    "view": ("cannot_view", "Sorry, you cannot view this resource."),
    "create": ("cannot_create", "Sorry, you are not allowed to create resources."),
    "edit": ("cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "delete": ("cannot_delete", "Sorry, you are not allowed to delete this resource."),
    "batch": ("cannot_batch", "Sorry, you are not allowed to batch manipulate this resource."),
}


def require(identity: Identity | None, action: str) -> Identity:
    """Return a staff identity or raise the recorded refusal: 401 stranger, 403 customer."""
    if identity is not None and identity.staff:
        return identity
    code, message = _WORDS[action]
    raise ApiError(401 if identity is None else 403, f"woocommerce_rest_{code}", message)
