"""Staged uploads: the place to put bytes before a file is made of them.

Shopify answers with an address of Google's storage and form fields that must come before the
file. Here the address is on this server and the policy is signed and checked.
"""

from __future__ import annotations

import hmac
import re
import secrets
from html import escape
from pathlib import Path
from typing import cast
from urllib.parse import quote, unquote

from werkzeug.wrappers import Request, Response

from .resolve import Arguments, Context, field
from .state import State, iso
from .tables import Json, Shop, StagedTarget

LIFE_SECONDS = 86_400.0
# An image may have 20 MB; a little more gets in, so that processing can refuse it.
BODY_LIMIT = 64 * 1024 * 1024
_RESOURCES = ("IMAGE", "FILE", "PRODUCT_IMAGE")
_NAME = re.compile(r'name="([^"]*)"')


@field("Mutation", "stagedUploadsCreate")
def stage(row: object, context: Context, arguments: Arguments) -> object:
    """Give one target for each input, or a user error for the input that cannot have one."""
    inputs = cast("list[Json]", arguments["input"])
    errors = [error for place, one in enumerate(inputs) for error in _problems(one, place)]
    if errors:
        return {"stagedTargets": [], "userErrors": errors}
    targets = [_target(context, one) for one in inputs]
    return {"stagedTargets": targets, "userErrors": []}


def _problems(one: Json, place: int) -> list[Json]:
    problems = []
    if str(one["resource"]) not in _RESOURCES:
        problems.append(("resource", "The sandbox takes images and files only"))
    if "/" in str(one["filename"]) or not str(one["filename"]).strip():
        problems.append(("filename", "Filename is invalid"))
    if str(one["resource"]) != "FILE" and not str(one["mimeType"]).startswith("image/"):
        problems.append(("mimeType", f"{one['mimeType']} is not a recognized format"))
    return [{"field": ["input", str(place), name], "message": text} for name, text in problems]


def _target(context: Context, one: Json) -> Json:
    state, shop = context.state, context.shop
    now = state.now()
    target = StagedTarget(
        key=f"tmp/{shop.id}/{one['resource']}/{secrets.token_hex(8)}/{one['filename']}",
        filename=str(one["filename"]),
        mime_type=str(one["mimeType"]),
        resource=str(one["resource"]),
        policy=secrets.token_urlsafe(48),
        expires=now - 1 if context.faults.take("staged_expired") else now + LIFE_SECONDS,
        method=str(one.get("httpMethod") or "PUT"),
    )
    with state.lock:
        shop.staged[target.key] = target
    base = f"{context.origin}/staged"
    resource_url = f"{base}/{quote(target.key)}"
    if target.method == "PUT":
        url = f"{resource_url}?policy={target.policy}"
        return {"url": url, "resourceUrl": resource_url, "parameters": []}
    return {
        "url": f"{base}/",
        "resourceUrl": resource_url,
        "parameters": [
            {"name": name, "value": value} for name, value in _parameters(target, now).items()
        ],
    }


def _parameters(target: StagedTarget, now: float) -> dict[str, str]:
    stamp = iso(now).replace("-", "").replace(":", "")
    return {
        "Content-Type": target.mime_type,
        "success_action_status": "201",
        "acl": "private",
        "key": target.key,
        "x-goog-date": stamp,
        "x-goog-algorithm": "GOOG4-RSA-SHA256",
        "x-goog-signature": target.policy[:32],
        "policy": target.policy,
    }


def content_of(state: State, target: StagedTarget) -> Path:
    """Return where the bytes of a staged upload lie."""
    return state.uploads / "staged" / target.policy


def receive(state: State, shop: Shop, request: Request, key: str) -> Response:
    """Take an upload: a form POST to the root, or a PUT of the bytes to the target itself."""
    if request.method == "PUT":
        return _put(state, shop, request, key)
    if request.method == "POST" and not key:
        return _post(state, shop, request)
    return _refused(405, "MethodNotAllowed", "The specified method is not allowed.")


def _put(state: State, shop: Shop, request: Request, key: str) -> Response:
    target = shop.staged.get(unquote(key))
    given = request.args.get("policy", "")
    if target is None or not hmac.compare_digest(target.policy, given):
        return _refused(403, "AccessDenied", "Access denied.")
    if target.expires < state.now():
        return _refused(400, "ExpiredToken", "The provided token has expired.")
    return _store(state, target, request.get_data(), status=200)


def _post(state: State, shop: Shop, request: Request) -> Response:
    if (request.content_length or 0) > BODY_LIMIT:
        return _refused(400, "EntityTooLarge", "Your proposed upload is too large.")
    # The fields must come before the file; the parser forgets the order, so look at the raw body.
    names = [name.decode() for name in re.findall(_NAME.pattern.encode(), _heads(request))]
    upload = request.files.get("file")
    target = shop.staged.get(request.form.get("key", ""))
    if upload is None or "file" not in names or names[-1] != "file":
        return _refused(400, "InvalidArgument", "The file must be the last field of the form.")
    if target is None or target.method != "POST":
        return _refused(403, "AccessDenied", "Access denied.")
    wanted = _parameters(target, 0)
    wanted.pop("x-goog-date")
    wrong = [name for name, value in wanted.items() if request.form.get(name) != value]
    if wrong or "x-goog-date" not in request.form:
        detail = f"The policy does not allow this form: {', '.join(wrong) or 'x-goog-date'}."
        return _refused(403, "AccessDenied", detail)
    if target.expires < state.now():
        return _refused(400, "ExpiredToken", "Invalid argument: the policy has expired.")
    return _store(state, target, upload.stream.read(), status=201)


def _heads(request: Request) -> bytes:
    """Return the part headers of a form, without the parts' contents."""
    body = request.get_data(cache=True, parse_form_data=False)
    boundary = request.mimetype_params.get("boundary", "").encode()
    parts = body.split(b"--" + boundary) if boundary else []
    heads = [part.partition(b"\r\n\r\n")[0] for part in parts]
    return b"\n".join(re.sub(rb'filename="[^"]*"', b"", head) for head in heads)


def _store(state: State, target: StagedTarget, data: bytes, *, status: int) -> Response:
    file = content_of(state, target)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    with state.lock:
        target.received = True
    state.save()
    head = "<?xml version='1.0' encoding='UTF-8'?>"
    body = f"{head}<PostResponse><Key>{escape(target.key)}</Key></PostResponse>"
    return Response(body if status == 201 else "", status, mimetype="application/xml")


def _refused(status: int, code: str, message: str) -> Response:
    body = (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
    return Response(body, status, mimetype="application/xml")
