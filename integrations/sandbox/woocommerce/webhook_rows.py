"""wc/v3/webhooks: create, list, read, change, delete. Secrets go in and never come out."""

from __future__ import annotations

import secrets
from datetime import datetime
from math import ceil

from . import listing, params
from .auth import require
from .call import Call
from .render import ALL_METHODS
from .replies import ApiError, Reply
from .state import TIME_FORMAT, State
from .tables import Json, Webhook
from .webhooks import TOPICS

_STATUSES = ("active", "paused", "disabled")


def webhook_json(state: State, hook: Webhook) -> Json:
    """Return the webhook object; neither secret nor failure count are in it."""
    resource, _, event = hook.topic.partition(".")
    root = f"{state.home}/wp-json/wc/v3/webhooks"
    modified = hook.modified_gmt
    return {
        "id": hook.id,
        "name": hook.name,
        "status": hook.status,
        "topic": hook.topic,
        "resource": resource,
        "event": event,
        "hooks": TOPICS[hook.topic],
        "delivery_url": hook.delivery_url,
        "date_created": state.local(hook.created_gmt),
        "date_created_gmt": hook.created_gmt,
        "date_modified": state.local(modified) if modified else None,
        "date_modified_gmt": modified,
        "_links": {
            "self": [{"href": f"{root}/{hook.id}", "targetHints": {"allow": ALL_METHODS}}],
            "collection": [{"href": root}],
        },
    }


def index(call: Call) -> Reply:
    """GET /webhooks."""
    require(call.identity, "list")
    call.query = params.check(call.query, listing.RULES)
    rows = sorted(call.state.tables.webhooks.values(), key=lambda hook: -hook.id)
    status = call.query.get("status", "all")
    rows = [hook for hook in rows if status in ("all", hook.status)]
    size, number = int(str(call.query.get("per_page", 10))), int(str(call.query.get("page", 1)))
    chosen = rows[(number - 1) * size : number * size]
    body = [webhook_json(call.state, hook) for hook in chosen]
    return Reply(body, page=(number, ceil(len(rows) / size), len(rows)))


def _find(state: State, number: int) -> Webhook:
    hook = state.tables.webhooks.get(number)
    if hook is None:
        raise ApiError(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
    return hook


def show(call: Call, number: int) -> Reply:
    """GET /webhooks/{id}."""
    require(call.identity, "view")
    return Reply(webhook_json(call.state, _find(call.state, number)))


def create(call: Call) -> Reply:
    """POST /webhooks: always active, pinged before the answer."""
    identity = require(call.identity, "create")
    state, body = call.state, call.body()
    missing = [name for name in ("topic", "delivery_url") if name not in body]
    if missing:
        raise ApiError(
            400,
            "rest_missing_callback_param",
            f"Missing parameter(s): {', '.join(missing)}",
            params=missing,
        )
    topic, url = _topic(body["topic"]), _url(body["delivery_url"])
    gmt, local = state.stamps()
    with state.lock:
        hook = Webhook(
            id=state.tables.next_webhook_id,
            user_id=identity.user.id,
            name=str(body.get("name") or _default_name(local)),
            status="active",
            topic=topic,
            delivery_url=url,
            secret=str(body.get("secret") or secrets.token_urlsafe(37)),
            created_gmt=gmt,
            created_local=local,
        )
        state.tables.next_webhook_id += 1
        state.tables.webhooks[hook.id] = hook
    call.hooks.ping(hook)
    where = f"{state.home}/wp-json/wc/v3/webhooks/{hook.id}"
    return Reply(webhook_json(state, hook), 201, headers={"Location": where})


def _default_name(local: str) -> str:
    moment = datetime.strptime(local, TIME_FORMAT)
    return f"Webhook created on {moment:%b %d, %Y @ %I:%M %p}"


def _topic(value: object) -> str:
    if value not in TOPICS:
        raise ApiError(
            400,
            "woocommerce_rest_shop_webhook_invalid_topic",
            "Webhook topic is required and must be valid.",
        )
    return str(value)


def _url(value: object) -> str:
    if not str(value).startswith(("http://", "https://")):
        raise ApiError(
            400,
            "woocommerce_rest_shop_webhook_invalid_delivery_url",
            "Webhook delivery URL must be a valid URL starting with http:// or https://.",
        )
    return str(value)


def update(call: Call, number: int) -> Reply:
    """PUT /webhooks/{id}: re-activating keeps the failure count; a new url is pinged."""
    require(call.identity, "edit")
    state, body = call.state, call.body()
    hook = _find(state, number)
    moved = "delivery_url" in body and body["delivery_url"] != hook.delivery_url
    if "status" in body and body["status"] not in _STATUSES:
        message = "status is not one of active, paused, and disabled."
        raise params.invalid("status", "rest_not_in_enum", message)
    with state.lock:
        hook.topic = _topic(body.get("topic", hook.topic))
        hook.delivery_url = _url(body.get("delivery_url", hook.delivery_url))
        hook.status = str(body.get("status", hook.status))
        hook.name = str(body.get("name", hook.name))
        hook.secret = str(body.get("secret", hook.secret))
        hook.modified_gmt, hook.modified_local = state.stamps()
    if moved:
        call.hooks.ping(hook)
    return Reply(webhook_json(state, hook))


def delete(call: Call, number: int) -> Reply:
    """DELETE /webhooks/{id}, only with force."""
    require(call.identity, "delete")
    hook = _find(call.state, number)
    if not call.flag("force"):
        message = "Webhooks do not support trashing."
        raise ApiError(501, "woocommerce_rest_trash_not_supported", message)
    with call.state.lock:
        body = webhook_json(call.state, hook)
        del call.state.tables.webhooks[hook.id]
    return Reply(body)
