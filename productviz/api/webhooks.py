"""Webhook endpoints and their deliveries by the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from productviz.accounts.models import ApiKey
from productviz.api import events
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.fields import Strict
from productviz.api.filters import CHANGES, TIMES, by_choice, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.paging import page
from productviz.api.problems import PROBLEMS, Problem, field_problem
from productviz.api.reach import find, within
from productviz.api.versions import require_match
from productviz.api.views import ApiView
from productviz.api.webhook_shapes import (
    DeliveryShown,
    EndpointChanged,
    EndpointMade,
    EndpointShown,
    EndpointWanted,
    Recovered,
    RecoverWanted,
    shown,
    shown_delivery,
)
from productviz.outbox import endpoints
from productviz.outbox.endpoints import EndpointRefused
from productviz.outbox.models import Delivery, WebhookEndpoint

Result = TypeVar("Result")

MANAGE = "webhooks:manage"
_EARLIEST = timedelta(days=30)


def visible(key: ApiKey) -> QuerySet[WebhookEndpoint]:
    """The endpoints that the key may see; one of some stores none that is told of others."""
    return within(key, key.workspace.webhook_endpoints.all())


def _deliveries(key: ApiKey) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(endpoint__in=visible(key))
    return rows.select_related("endpoint", "event").prefetch_related("tries")


def _try(do: Callable[[], Result]) -> Result:
    """Do it; what the use case refuses is a problem."""
    try:
        return do()
    except EndpointRefused as refused:
        if refused.code.startswith("url_"):
            raise field_problem("/url", refused.code, refused.message) from None
        code = refused.code if refused.code in PROBLEMS else "validation_failed"
        headers = {"Retry-After": "600"} if code == "quota-exceeded" else {}
        raise Problem(code, refused.message, headers=headers) from None


def _wanted(key: ApiKey, wanted: dict[str, Any]) -> dict[str, Any]:
    if "stores" in wanted:
        wanted["stores"] = [store.pk for store in wanted["stores"]] or key.stores
    return wanted


class Endpoints(ApiView):
    """The workspace's webhook endpoints."""

    scopes = {"GET": MANAGE, "POST": MANAGE}
    filters = {**CHANGES, "status": by_choice("status", WebhookEndpoint.Status.values)}

    @extend_schema(
        operation_id="list_webhook_endpoints", responses=EndpointShown(many=True), tags=["webhooks"]
    )
    def get(self, request: Request) -> Response:
        """List the webhook endpoints."""
        found = page(request, narrowed(request, visible(self.key), self.filters))
        return Response(found.body([shown(endpoint) for endpoint in found.rows]))

    @extend_schema(
        operation_id="create_webhook_endpoint",
        request=EndpointWanted,
        responses={201: EndpointMade},
        tags=["webhooks"],
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Add a webhook endpoint. Its secret is in this answer and nowhere else.

        A ping is sent at once; once the receiver has answered it, events follow.
        """
        wanted = _wanted(self.key, {"stores": [], **self.read(EndpointWanted)})
        made, secret = _try(lambda: endpoints.create(workspace=self.workspace, **wanted))
        audit(request, "webhook_endpoint.created", made.public_id, url=made.url)
        location = f"/api/v1/webhook-endpoints/{made.public_id}"
        return Response(shown(made, secret=secret), status=201, headers={"Location": location})


class OneEndpoint(ApiView):
    """One webhook endpoint."""

    scopes = {"GET": MANAGE, "PATCH": MANAGE, "DELETE": MANAGE}

    @extend_schema(operation_id="get_webhook_endpoint", responses=EndpointShown, tags=["webhooks"])
    def get(self, request: Request, pk: str) -> Response:
        """Show a webhook endpoint."""
        endpoint = find(visible(self.key), pk)
        return self.show(endpoint, shown(endpoint))

    @extend_schema(
        operation_id="change_webhook_endpoint",
        request=EndpointChanged,
        responses=EndpointShown,
        tags=["webhooks"],
    )
    @idempotent()
    def patch(self, request: Request, pk: str) -> Response:
        """Change a webhook endpoint. A new address has to answer a ping before it gets events."""
        endpoint = find(visible(self.key).select_for_update(), pk)
        require_match(request, endpoint)
        wanted = _wanted(self.key, self.read(EndpointChanged, partial=True))
        changed = _try(lambda: endpoints.change(endpoint, **wanted))
        audit(request, "webhook_endpoint.changed", changed.public_id, fields=sorted(wanted))
        return self.show(changed, shown(changed))

    @extend_schema(operation_id="delete_webhook_endpoint", responses={204: None}, tags=["webhooks"])
    @idempotent()
    def delete(self, request: Request, pk: str) -> Response:
        """Remove a webhook endpoint with its deliveries; the events stay."""
        endpoint = find(visible(self.key).select_for_update(), pk)
        require_match(request, endpoint)
        endpoints.remove(endpoint)
        audit(request, "webhook_endpoint.removed", endpoint.public_id, url=endpoint.url)
        return Response(status=204)


class RotateSecret(ApiView):
    """A new secret."""

    scopes = {"POST": MANAGE}

    @extend_schema(
        operation_id="rotate_webhook_secret", request=None, responses=EndpointMade,
        tags=["webhooks"],
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Give the endpoint another secret; for 24 hours both sign."""
        endpoint = find(visible(self.key), pk)
        self.read(Strict)
        secret = _try(lambda: endpoints.rotate(endpoint))
        endpoint.refresh_from_db()
        audit(request, "webhook_endpoint.secret_rotated", endpoint.public_id)
        return Response(shown(endpoint, secret=secret))


class SendTest(ApiView):
    """A ping."""

    scopes = {"POST": MANAGE}

    @extend_schema(
        operation_id="test_webhook_endpoint", request=None, responses={202: events.EventShown},
        tags=["webhooks"],
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Send a ping, at most ten an hour; the deliveries say how it went."""
        endpoint = find(visible(self.key), pk)
        self.read(Strict)
        event = _try(lambda: endpoints.send_test(endpoint))
        return Response(events.shown(event), status=202)


class Recover(ApiView):
    """What was given up."""

    scopes = {"POST": MANAGE}

    @extend_schema(
        operation_id="recover_webhook_endpoint",
        request=RecoverWanted,
        responses={202: Recovered},
        tags=["webhooks"],
    )
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Send again what was given up since then, in order, at most ten a second."""
        endpoint = find(visible(self.key), pk)
        since = self.read(RecoverWanted)["since"]
        if not timezone.now() - _EARLIEST <= since <= timezone.now():
            raise field_problem("/since", "out_of_range", "Between 30 days ago and now.")
        count = _try(lambda: endpoints.recover(endpoint, since))
        audit(request, "webhook_endpoint.recovered", endpoint.public_id, deliveries=count)
        return Response({"object": "recovery", "deliveries": count}, status=202)


class Deliveries(ApiView):
    """An endpoint's deliveries."""

    scopes = {"GET": MANAGE}
    filters = {**TIMES, "status": by_choice("state", Delivery.State.values)}

    @extend_schema(
        operation_id="list_deliveries", responses=DeliveryShown(many=True), tags=["webhooks"]
    )
    def get(self, request: Request, pk: str) -> Response:
        """List the deliveries of an endpoint with every try, newest first; 30 days."""
        endpoint = find(visible(self.key), pk)
        rows = _deliveries(self.key).filter(endpoint=endpoint)
        found = page(request, narrowed(request, rows, self.filters))
        return Response(found.body([shown_delivery(delivery) for delivery in found.rows]))


class Redeliver(ApiView):
    """One delivery again."""

    scopes = {"POST": MANAGE}

    @extend_schema(
        operation_id="redeliver", request=None, responses={202: DeliveryShown}, tags=["webhooks"]
    )
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Send an event to its endpoint once more, now, with a fresh schedule."""
        delivery = find(_deliveries(self.key), pk)
        self.read(Strict)
        _try(lambda: endpoints.redeliver(delivery))
        audit(request, "delivery.redelivered", delivery.public_id)
        again = find(_deliveries(self.key), pk)
        return Response(shown_delivery(again), status=202)
