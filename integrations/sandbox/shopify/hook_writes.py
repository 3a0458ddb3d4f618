"""webhookSubscriptionCreate and Delete: subscriptions of one shop, made over the Admin API."""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import urlsplit

from .connections import page
from .registration import COMPLIANCE_TOPICS, TOPICS
from .resolve import Arguments, Context, Resolver, field
from .state import gid, iso, number_of
from .tables import Json, Subscription

_BY_ENUM = {topic.upper().replace("/", "_"): topic for topic in TOPICS}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")


def _text(name: str) -> Resolver:
    return lambda row, context, arguments: getattr(row, name) or None


for _name, _own in {"uri": "uri", "filter": "filter", "name": "name"}.items():
    field("WebhookSubscription", _name)(_text(_own))


@field("WebhookSubscription", "id")
def _id(row: object, context: Context, arguments: Arguments) -> str:
    return gid("WebhookSubscription", cast("Subscription", row).id)


@field("WebhookSubscription", "topic")
def _topic(row: object, context: Context, arguments: Arguments) -> str:
    return cast("Subscription", row).topic.upper().replace("/", "_")


@field("WebhookSubscription", "includeFields")
def _include(row: object, context: Context, arguments: Arguments) -> list[str]:
    return cast("Subscription", row).include_fields


@field("WebhookSubscription", "format")
def _format(row: object, context: Context, arguments: Arguments) -> str:
    return "JSON"


@field("WebhookSubscription", "createdAt", "updatedAt")
def _created(row: object, context: Context, arguments: Arguments) -> str:
    return iso(cast("Subscription", row).created)


@field("QueryRoot", "webhookSubscriptions")
def _list(row: object, context: Context, arguments: Arguments) -> object:
    rows = list(context.shop.subscriptions.values())
    return page(rows, arguments, lambda one: (one.id, one.id))


@field("Mutation", "webhookSubscriptionCreate")
def create(row: object, context: Context, arguments: Arguments) -> object:
    """Subscribe this shop's events; the app's own subscriptions are not listed here."""
    sent = cast("Json", arguments["webhookSubscription"])
    topic = _BY_ENUM.get(str(arguments["topic"]))
    uri = str(sent.get("uri") or sent.get("callbackUrl") or "")
    errors = _problems(context, topic, uri, sent)
    if errors or topic is None:
        return {"webhookSubscription": None, "userErrors": errors}
    now = context.state.now()
    subscription = Subscription(
        id=context.state.new_id(),
        topic=topic,
        uri=uri,
        filter=str(sent.get("filter") or ""),
        include_fields=[
            str(name) for name in cast("list[object]", sent.get("includeFields") or [])
        ],
        name=str(sent.get("name") or ""),
        created=now,
        updated=now,
        by_api=True,
    )
    context.shop.subscriptions[subscription.id] = subscription
    return {"webhookSubscription": subscription, "userErrors": []}


def _problems(context: Context, topic: str | None, uri: str, sent: Json) -> list[Json]:
    problems = []
    if topic is None or topic in COMPLIANCE_TOPICS:
        problems.append(("topic", "Topic is not one that the sandbox sends to API subscriptions"))
    if urlsplit(uri).scheme not in ("http", "https") or not urlsplit(uri).netloc:
        problems.append(("callbackUrl", "Address is invalid"))
    if sent.get("format") == "XML":
        problems.append(("format", "The sandbox sends JSON only"))
    name = str(sent.get("name") or "")
    if name and not _NAME.fullmatch(name):
        problems.append(("name", "Name may have 50 letters, digits, - and _"))
    if any(
        (one.topic, one.uri, one.filter) == (topic, uri, str(sent.get("filter") or ""))
        for one in context.shop.subscriptions.values()
    ):
        problems.append(("callbackUrl", "Address for this topic has already been taken"))
    return [{"field": ["webhookSubscription", where], "message": text} for where, text in problems]


@field("Mutation", "webhookSubscriptionDelete")
def delete(row: object, context: Context, arguments: Arguments) -> object:
    """Forget a subscription of this shop."""
    number = number_of(arguments["id"], "WebhookSubscription") or 0
    if context.shop.subscriptions.pop(number, None) is None:
        error = {"field": ["id"], "message": "Webhook subscription does not exist"}
        return {"deletedWebhookSubscriptionId": None, "userErrors": [error]}
    return {"deletedWebhookSubscriptionId": arguments["id"], "userErrors": []}
