"""One-legged OAuth 1.0a as WooCommerce checks it on plain http (RFC 5849 with its own quirks).

Verifies signature, time window and nonce; it never issues anything. The base URI is the
store's home URL plus the path, whatever host the request named.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

from .replies import ApiError
from .state import State
from .tables import ApiKey

WINDOW_SECONDS = 15 * 60
_NAMES = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)


def parameters(query_string: str, authorization: str) -> dict[str, str]:
    """Collect query and header parameters as PHP sees them: the last of a name wins."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query_string, keep_blank_values=True):
        key = f"{name[:-2]}[0]" if name.endswith("[]") else name
        found[key] = value
    if authorization.startswith("OAuth "):
        for part in authorization[6:].split(","):
            name, _, value = part.strip().partition("=")
            found.update(parse_qsl(f"{name}={value.strip(chr(34))}", keep_blank_values=True))
    return found


def verify(state: State, *, method: str, path: str, params: Mapping[str, str]) -> ApiKey | None:
    """Return the key that signed the request, None where OAuth was not tried.

    Raises ApiError 401 for a missing parameter, an unknown key, a wrong signature,
    a timestamp outside the window or a nonce seen before.
    """
    missing = [name for name in _NAMES if not params.get(name)]
    if len(missing) == len(_NAMES):
        return None
    if missing:
        names = ", ".join(missing)
        plural = "s" if len(missing) > 1 else ""
        raise ApiError(
            401,
            "woocommerce_rest_authentication_missing_parameter",
            f"Missing OAuth parameter{plural} {names}",
        )
    key = _key(state, params["oauth_consumer_key"])
    _check_signature(key, method=method, uri=state.home + path.rstrip("/"), params=params)
    _check_freshness(state, key, params)
    return key


def _key(state: State, consumer_key: str) -> ApiKey:
    for key in state.tables.keys.values():
        if hmac.compare_digest(key.consumer_key, consumer_key):
            return key
    raise _refused("Consumer key is invalid.")


def _check_signature(key: ApiKey, *, method: str, uri: str, params: Mapping[str, str]) -> None:
    kind = params["oauth_signature_method"]
    algorithms = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
    if kind not in algorithms:
        raise _refused("Invalid signature - signature method is invalid.")
    base = "&".join((method.upper(), _encode(uri), _encode(_normalised(params))))
    secret = f"{key.consumer_secret}&".encode()
    digest = hmac.new(secret, base.encode(), algorithms[kind]).digest()
    sent = params["oauth_signature"].replace(" ", "+")
    if not hmac.compare_digest(base64.b64encode(digest).decode(), sent):
        raise _refused("Invalid signature - provided signature does not match.")


def _normalised(params: Mapping[str, str]) -> str:
    pairs = sorted(
        (_encode(name), _encode(value))
        for name, value in params.items()
        if name != "oauth_signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _check_freshness(state: State, key: ApiKey, params: Mapping[str, str]) -> None:
    now = state.now()
    if abs(now - _seconds(params["oauth_timestamp"])) > WINDOW_SECONDS:
        raise _refused("Invalid timestamp.")
    nonce = f"{key.id}:{params['oauth_nonce']}"
    with state.lock:
        if nonce in state.nonces:
            raise _refused("Invalid nonce - nonce has already been used.")
        state.nonces = {
            seen: at for seen, at in state.nonces.items() if now - at <= 2 * WINDOW_SECONDS
        }
        state.nonces[nonce] = now


def _seconds(value: str) -> float:
    return float(value) if value.isdigit() else 0.0


def _encode(value: str) -> str:
    return quote(value, safe="~")


def _refused(message: str) -> ApiError:
    return ApiError(401, "woocommerce_rest_authentication_error", message)
