"""Webhooks: who is subscribed, the queue, signed deliveries, retries.

At least once and in no order: the payload is fixed when the event happens, a failure is tried
again 8 times in about 4 hours, and an API-made subscription is deleted after 8 failures in a row.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import requests

from .faults import Faults
from .official import VERSION
from .search import SearchError, Value, matcher
from .signing import sign_body
from .state import State, iso
from .tables import Delivery, Json, Shop

MAX_RETRIES = 8
# Doubling from 56 s: the eighth retry comes 3 h 58 min after the first try.
FIRST_RETRY = 56.0
TIMEOUT = (1.0, 5.0)


@dataclass(frozen=True, slots=True)
class _Subscriber:
    uri: str
    filter: str
    include_fields: list[str]
    name: str
    number: int = 0


class Hooks:
    """The queue of one sandbox. Events go in by `fire`; a thread or `run` sends them."""

    def __init__(self, state: State, faults: Faults) -> None:
        self.state = state
        self.faults = faults
        self._sent: dict[tuple[str, str, str], str] = {}
        self._stop = threading.Event()
        self._running = threading.Lock()

    def fire(self, shop: Shop, topic: str, payload: Json, *, resource: str = "") -> None:
        """Queue one event for every subscriber of its topic."""
        event_id = str(uuid.uuid4())
        with self.state.lock:
            for one in self._subscribers(shop, topic):
                if not _wanted(one.filter, payload):
                    continue
                body = json.dumps(_included(payload, one.include_fields), ensure_ascii=False)
                place = (f"{one.uri} {one.name}", topic, resource)
                # Equal payloads in a row are taken for duplicates (documented).
                if one.include_fields and self._sent.get(place) == body:
                    continue
                self._sent[place] = body
                self._queue(shop, topic, body, event_id=event_id, to=one)

    def _queue(self, shop: Shop, topic: str, body: str, *, event_id: str, to: _Subscriber) -> None:
        now = self.state.now()
        self.state.tables.deliveries.append(
            Delivery(
                shop=shop.domain, topic=topic, uri=to.uri, payload=body,
                webhook_id=str(uuid.uuid4()), event_id=event_id, triggered=now,
                due=now + self.state.webhook_delay, name=to.name, subscription_id=to.number,
            )
        )  # fmt: skip

    def _subscribers(self, shop: Shop, topic: str) -> Iterable[_Subscriber]:
        for row in self.state.app.subscriptions:
            if topic in row.topics:
                uri = self.state.app.address(row.uri)
                yield _Subscriber(uri, row.filter, list(row.include_fields), row.name)
        for own in shop.subscriptions.values():
            if own.topic == topic:
                yield _Subscriber(own.uri, own.filter, own.include_fields, own.name, own.id)

    def run(self, *, only_due: bool = False) -> int:
        """Send what waits and return how many requests were made."""
        with self._running:
            with self.state.lock:
                now, waiting = self.state.now(), self.state.tables.deliveries
                chosen = [d for d in waiting if not only_due or d.due <= now]
                later = [d for d in waiting if only_due and d.due > now]
                self.state.tables.deliveries = later
            if len(chosen) > 1 and self.faults.take("out_of_order"):
                chosen.reverse()
            sent = sum(self._deliver(delivery) for delivery in chosen)
            if chosen:
                self.state.save()
            return sent

    def start(self) -> None:
        """Run the queue in the background until `stop`."""
        threading.Thread(target=self._loop, name="shopify-webhooks", daemon=True).start()

    def stop(self) -> None:
        """End the background thread."""
        self._stop.set()

    def _loop(self) -> None:
        while not self._stop.wait(0.1):
            self.run(only_due=True)

    def _deliver(self, delivery: Delivery) -> int:
        if self.faults.take("drop_webhook", delivery.topic):
            return 0
        status = self._post(delivery)
        sent = 1
        if self.faults.take("duplicate_webhook", delivery.topic):
            status = self._post(delivery)
            sent += 1
        self._count(delivery, ok=200 <= status < 300)
        return sent

    def _post(self, delivery: Delivery) -> int:
        body = delivery.payload.encode()
        headers = self._headers(delivery, body)
        try:
            answer = requests.post(
                delivery.uri, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
            status = answer.status_code
        except (requests.RequestException, UnicodeError):
            status = 0
        self.state.delivered.append(
            {"shop": delivery.shop, "topic": delivery.topic, "webhook_id": delivery.webhook_id,
             "event_id": delivery.event_id, "attempt": delivery.attempt, "status": status}
        )  # fmt: skip
        return status

    def _headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        spoofed = self.faults.take("spoof_topic", delivery.topic)
        elsewhere = self.faults.take("spoof_shop", delivery.topic)
        headers = {
            "User-Agent": "Shopify-Captain-Hook",
            "Content-Type": "application/json",
            "X-Shopify-Topic": "app/uninstalled" if spoofed else delivery.topic,
            "X-Shopify-Hmac-Sha256": sign_body(body, self._secret(delivery.topic)),
            "X-Shopify-Shop-Domain": "evil.example/" if elsewhere else delivery.shop,
            "X-Shopify-API-Version": VERSION,
            "X-Shopify-Webhook-Id": delivery.webhook_id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": iso(delivery.triggered),
        }
        return {**headers, "X-Shopify-Name": delivery.name} if delivery.name else headers

    def _secret(self, topic: str) -> str:
        if self.faults.take("wrong_secret", topic):
            return "not-the-secret"
        app = self.state.app
        if app.old_client_secret and self.faults.take("old_secret", topic):
            return app.old_client_secret
        return app.client_secret

    def _count(self, delivery: Delivery, *, ok: bool) -> None:
        with self.state.lock:
            shop = self.state.tables.shops.get(delivery.shop)
            own = shop.subscriptions.get(delivery.subscription_id) if shop else None
            if own is not None:
                own.failures = 0 if ok else own.failures + 1
                if shop and own.failures > MAX_RETRIES:
                    del shop.subscriptions[own.id]
            if ok or delivery.attempt >= MAX_RETRIES:
                return
            wait = FIRST_RETRY * 2**delivery.attempt
            delivery.attempt += 1
            delivery.due = self.state.now() + wait
            self.state.tables.deliveries.append(delivery)


def _wanted(query: str, payload: Mapping[str, object]) -> bool:
    """Judge a subscription's filter on the payload as it is now."""
    fields: dict[str, Value] = {
        name: str(value) for name, value in payload.items() if isinstance(value, (str, int))
    }
    try:
        return matcher(query)(fields)
    except SearchError:
        return True


def _included(payload: Json, names: list[str]) -> Json:
    if not names:
        return payload
    return {name: payload[name] for name in names if name in payload}
