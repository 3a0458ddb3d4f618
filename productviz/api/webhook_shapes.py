"""Webhook endpoints and deliveries as the API takes and shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from productviz.api.fields import (
    Choice,
    Flag,
    Metadata,
    Moment,
    Owned,
    PublicId,
    Several,
    Strict,
    Text,
)
from productviz.api.reach import store_ids, stores_of
from productviz.lib.text import rfc3339
from productviz.outbox.models import Delivery, DeliveryAttempt, WebhookEndpoint
from productviz.outbox.wants import PATTERNS


class EndpointWanted(Strict):
    """Where to send what."""

    url = Text(max_length=2048, help_text="HTTPS.")
    event_types = serializers.ListField(
        child=Choice(sorted(PATTERNS)), allow_empty=False, max_length=len(PATTERNS)
    )
    stores = Several(
        child=Owned("str", stores_of), required=False, max_length=100, help_text="Empty: all."
    )
    description = Text(required=False, allow_blank=True, max_length=200)
    include_urls = Flag(required=False, help_text="Put addresses of images into the events.")
    metadata = Metadata(required=False)


class EndpointChanged(EndpointWanted):
    """What to change; ``status`` enables it again, or switches it off."""

    status = Choice(WebhookEndpoint.Status.choices, required=False)


class EndpointShown(serializers.Serializer[WebhookEndpoint]):
    """A webhook endpoint without its secret. Before ``verified_at`` it gets pings only."""

    id = PublicId("whe")
    object = serializers.CharField()
    url = serializers.CharField()
    description = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField())
    stores = serializers.ListField(child=PublicId("str"))
    include_urls = serializers.BooleanField()
    status = serializers.ChoiceField(WebhookEndpoint.Status.choices)
    disabled_reason = serializers.CharField()
    api_version = serializers.CharField()
    verified_at = Moment(allow_null=True)
    last_success_at = Moment(allow_null=True)
    created_at = Moment()
    updated_at = Moment()
    version = serializers.IntegerField()
    metadata = Metadata()


class EndpointMade(EndpointShown):
    """A webhook endpoint with its ``secret``, shown this once."""

    secret = serializers.CharField()


class TryShown(serializers.Serializer[DeliveryAttempt]):
    """One try."""

    number = serializers.IntegerField()
    at = Moment()
    milliseconds = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    answer = serializers.CharField()


class DeliveryShown(serializers.Serializer[Delivery]):
    """One event on its way to one endpoint."""

    id = PublicId("dlv")
    object = serializers.CharField()
    webhook_endpoint = PublicId("whe")
    event = PublicId("evt")
    event_type = serializers.CharField()
    status = serializers.ChoiceField(Delivery.State.choices)
    attempts = serializers.IntegerField()
    next_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    created_at = Moment()
    tries = TryShown(many=True)


class RecoverWanted(Strict):
    """Since when."""

    since = Moment(help_text="At most 30 days ago.")


class Recovered(serializers.Serializer[Any]):
    """How many deliveries are sent again."""

    object = serializers.CharField()
    deliveries = serializers.IntegerField()


def shown(endpoint: WebhookEndpoint, **more: Any) -> dict[str, Any]:
    """The endpoint as the API shows it."""
    plain = ("url", "description", "event_types", "include_urls", "status", "disabled_reason")
    times = ("verified_at", "last_success_at", "created_at", "updated_at")
    return {
        "id": endpoint.public_id,
        "object": "webhook_endpoint",
        **{name: getattr(endpoint, name) for name in plain},
        "stores": store_ids(endpoint.stores),
        "api_version": "v1",
        **{name: _moment(getattr(endpoint, name)) for name in times},
        "version": endpoint.version,
        "metadata": endpoint.metadata,
        **more,
    }


def shown_delivery(delivery: Delivery) -> dict[str, Any]:
    """The delivery as the API shows it; its event and tries are at hand."""
    is_pending = delivery.state == Delivery.State.PENDING
    return {
        "id": delivery.public_id,
        "object": "delivery",
        "webhook_endpoint": delivery.endpoint.public_id,
        "event": delivery.event.public_id,
        "event_type": delivery.event.type,
        "status": delivery.state,
        "attempts": delivery.attempts,
        "next_at": rfc3339(delivery.next_at) if is_pending else None,
        "finished_at": _moment(delivery.finished_at),
        "created_at": rfc3339(delivery.created_at),
        "tries": [_shown_try(one) for one in delivery.tries.all()],
    }


def _shown_try(one: DeliveryAttempt) -> dict[str, Any]:
    names = ("number", "milliseconds", "status", "error", "answer")
    return {**{name: getattr(one, name) for name in names}, "at": rfc3339(one.at)}


def _moment(at: Any) -> str | None:
    return rfc3339(at) if at else None
