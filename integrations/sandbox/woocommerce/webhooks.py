"""Webhooks: their rows over REST, the Action-Scheduler queue, signed deliveries.

Late, coalesced and lossy on purpose, exactly as measured: payload is the state at delivery,
nothing is ever retried, the seventh failure in a row disables the hook.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from urllib.parse import urlencode

from . import outbound, render
from .auth import STAFF
from .faults import Faults
from .library import free_slug
from .replies import ApiError, php_json
from .state import State
from .tables import Delivery, Json, Product, Webhook

MAX_FAILURES = 5
TOPICS: dict[str, list[str]] = {
    "product.created": [
        "woocommerce_process_product_meta",
        "woocommerce_new_product",
        "woocommerce_new_product_variation",
    ],
    "product.updated": [
        "woocommerce_process_product_meta",
        "woocommerce_update_product",
        "woocommerce_update_product_variation",
    ],
    "product.deleted": ["wp_trash_post"],
    "product.restored": ["untrashed_post"],
    "product.published": ["woocommerce_product_published"],
}


class Hooks:
    """The queue of one store. Events go in by method; a thread or `run` sends them."""

    def __init__(self, state: State, faults: Faults) -> None:
        self.state = state
        self.faults = faults
        self._stop = threading.Event()
        self._running = threading.Lock()

    def created(self, product: Product) -> None:
        """A product or variation was created; published comes first (measured)."""
        if product.status == "publish":
            self._queue("product.published", product)
        self._queue("product.created", product)

    def updated(self, product: Product, before: str) -> None:
        """A product was saved, whether or not anything differs."""
        if product.status == "publish" and before != "publish":
            self._queue("product.published", product)
        self._queue("product.updated", product)

    def trashed(self, product: Product) -> None:
        """A product went to the trash; deletion for good tells nobody (measured)."""
        self._queue("product.deleted", product)

    def restored(self, product: Product) -> None:
        """A product came back from the trash through wp-admin."""
        product.slug = free_slug(self.state, product.slug.removesuffix("__trashed"))
        product.status = product.status_before_trash or "draft"
        self._queue("product.restored", product)

    def _queue(self, topic: str, product: Product) -> None:
        with self.state.lock:
            waiting = self.state.tables.deliveries
            for hook in self.state.tables.webhooks.values():
                if hook.topic != topic or hook.status != "active":
                    continue
                if any(d.webhook_id == hook.id and d.product_id == product.id for d in waiting):
                    continue
                due = self.state.now() + (self.state.webhook_delay or 0.0)
                waiting.append(Delivery(hook.id, product.id, due))

    def run(self, *, only_due: bool = False) -> int:
        """Send what waits and return how many requests were made."""
        with self._running:
            with self.state.lock:
                now = self.state.now()
                chosen = [d for d in self.state.tables.deliveries if not only_due or d.due <= now]
                for delivery in chosen:
                    self.state.tables.deliveries.remove(delivery)
            sent = sum(self._deliver(delivery) for delivery in chosen)
            if chosen:
                self.state.save()
            return sent

    def start(self) -> None:
        """Run the queue in the background until `stop`."""
        threading.Thread(target=self._loop, name="action-scheduler", daemon=True).start()

    def stop(self) -> None:
        """End the background thread."""
        self._stop.set()

    def _loop(self) -> None:
        while not self._stop.wait(0.1):
            self.run(only_due=True)

    def _deliver(self, delivery: Delivery) -> int:
        hook = self.state.tables.webhooks.get(delivery.webhook_id)
        if hook is None or hook.status != "active":
            return 0
        if self.faults.take("drop_webhook", "POST", hook.delivery_url):
            return 0
        body = php_json(self._payload(hook, delivery.product_id)).encode()
        status = self._post(hook, body)
        self.state.delivered.append(
            {"webhook_id": hook.id, "topic": hook.topic, "product": delivery.product_id,
             "status": status}
        )  # fmt: skip
        self._count(hook, ok=200 <= status <= 302)
        return 1

    def _payload(self, hook: Webhook, number: int) -> Json:
        if hook.topic == "product.deleted":
            return {"id": number}
        with self.state.lock:
            user = self.state.tables.users.get(hook.user_id)
            if user is None or user.role not in STAFF:
                message = "Sorry, you cannot view this resource."
                return ApiError(403, "woocommerce_rest_cannot_view", message).envelope()
            product = self.state.tables.products.get(number)
            if product is None:
                code = "woocommerce_rest_product_invalid_id"
                return ApiError(404, code, "Invalid ID.").envelope()
            return render.product_json(self.state, product)

    def _post(self, hook: Webhook, body: bytes) -> int:
        resource, _, event = hook.topic.partition(".")
        # Two deliveries of one hook in one second share their id, as in WooCommerce.
        second = f"{hook.id}{int(self.state.now())}".encode()
        delivery_id = hashlib.md5(second, usedforsecurity=False).hexdigest()
        headers = {
            "User-Agent": outbound.HOOK_AGENT,
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self.state.home}/",
            "X-WC-Webhook-Topic": hook.topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature(hook.secret, body),
            "X-WC-Webhook-ID": str(hook.id),
            "X-WC-Webhook-Delivery-ID": delivery_id,
        }
        return self._send(hook.delivery_url, headers, body, seconds=60)

    def _send(self, url: str, headers: dict[str, str], body: bytes, *, seconds: float) -> int:
        try:
            answer = outbound.send(
                self.state, "POST", url, headers=headers, body=body, seconds=seconds,
                redirects=False,
            )  # fmt: skip
        except outbound.UnreachableError:
            return 0
        return answer.status

    def _count(self, hook: Webhook, *, ok: bool) -> None:
        if ok:
            hook.failure_count = 0
            return
        if hook.failure_count > MAX_FAILURES:
            hook.status = "disabled"
        else:
            hook.failure_count += 1
        if hook.ping_pending:
            self.ping(hook)

    def ping(self, hook: Webhook) -> None:
        """Send the unsigned form ping; a failure is ignored, but tried again after failures."""
        headers = {
            "User-Agent": outbound.HOOK_AGENT,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode({"webhook_id": hook.id}).encode()
        status = self._send(hook.delivery_url, headers, body, seconds=5)
        hook.ping_pending = status != 200


def signature(secret: str, body: bytes) -> str:
    """Return base64(HMAC-SHA256(secret, raw body)) as sent in X-WC-Webhook-Signature."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
