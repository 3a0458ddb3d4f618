"""Is this installation well: one list of checks for `manage.py doctor` and for /health/.

Each check says what is wrong and what to do about it. The public page shows no detail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generation.line import waiting
from generation.models import Cutout, Generation
from generation.preprocessing import weights
from generation.provenance.content_credentials import is_installed
from integrations.models import Store
from integrations.models.stores import Platform, StoreStatus
from productviz import work
from productviz.finding import Finding
from productviz.gpu_health import check_gpu_hosts, check_models, check_painting
from productviz.lib import queue
from productviz.lib.lease import due
from productviz.outbox.models import Event
from productviz.outbox.rows import overdue

OLD_WORK = timedelta(minutes=5)
EXPIRES_SOON = timedelta(days=90)
REUSE_PERIOD = timedelta(days=30)


def check_database() -> Finding:
    """The database answers and has every table."""
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception as error:
        return Finding("database", "error", f"The database does not answer: {error}", "Start it.")
    if missing:
        return Finding(
            "database", "error", f"{len(missing)} migrations are missing.", "Run manage.py migrate."
        )
    return Finding("database", "ok", f"{connection.vendor} answers and is up to date.")


def check_storage() -> Finding:
    """A file can be written, read and removed in every place."""
    for place in ("work", "assets", "originals"):
        storage = storages[place]
        try:
            name = storage.save(f"doctor/{uuid4().hex}.txt", ContentFile(b"well"))
            storage.delete(name)
        except Exception as error:
            return Finding(
                "storage", "error", f"“{place}” cannot be written: {error}", "Check disk or bucket."
            )
    return Finding("storage", "ok", "Files can be written.")


def check_workers() -> Finding:
    """Somebody works on what is due."""
    oldest = waiting().filter(due()).order_by("id").first()
    if oldest is None or oldest.created_at > timezone.now() - OLD_WORK:
        return Finding("workers", "ok", "Nothing waits for long.")
    if work.seconds_since_beat(queue.DEFAULT) < work.SLICE_SECONDS * 3:
        return Finding(
            "workers", "warning", "Work waits for more than five minutes.", "Add workers."
        )
    return Finding(
        "workers", "error", "Work waits and no worker takes it.", "Start `manage.py worker`."
    )


def check_webhooks() -> Finding:
    """Events reach those who want to be told."""
    unspread = Event.objects.filter(spread=False).order_by("id").first()
    is_old = unspread is not None and unspread.created_at < timezone.now() - OLD_WORK
    if not is_old and not overdue(OLD_WORK).exists():
        return Finding("webhooks", "ok", "Nothing waits for long.")
    return Finding(
        "webhooks",
        "error",
        "Webhooks have waited for more than five minutes and nobody sends them.",
        "Start `manage.py worker`, which also sends webhooks; its log says what is wrong.",
    )


def check_weights() -> Finding:
    """The cut-out networks are there."""
    missing = _missing_weights("cut-out")
    if not missing:
        return Finding("cut-out networks", "ok", "u2netp and u2net are present.")
    return Finding(
        "cut-out networks",
        "warning",
        f"Missing: {', '.join(missing)}. Photographs on busy grounds will need review or fail.",
        f"Run manage.py fetch_model {' '.join(missing)}",
    )


def check_reading() -> Finding:
    """The networks that read text are there."""
    missing = _missing_weights("text")
    if not missing:
        return Finding("text networks", "ok", "The text on products is checked.")
    return Finding(
        "text networks",
        "warning",
        f"Missing: {', '.join(missing)}. The text on products is not checked in finished pictures.",
        f"Run manage.py fetch_model {' '.join(missing)}",
    )


def _missing_weights(purpose: str) -> list[str]:
    return [
        name
        for name, pin in weights.PINS.items()
        if pin.purpose == purpose and not weights.is_present(pin, settings.MODEL_DIR)
    ]


def check_stores() -> Finding:
    """Every store still lets us in."""
    lost = Store.objects.exclude(status=StoreStatus.CONNECTED).values_list("name", flat=True)
    if not lost:
        return Finding("stores", "ok", "Every connected store answers.")
    return Finding(
        "stores",
        "warning",
        f"Needs the merchant: {', '.join(lost)}.",
        "Reconnect in the dashboard.",
    )


def check_shopify() -> Finding:
    """Whether merchants can install this installation's app at Shopify."""
    name, app = "shopify app", settings.SHOPIFY_APP
    if not app.is_set_up:
        if Store.objects.filter(platform=Platform.SHOPIFY).exists():
            fix = "Set PRODUCTVIZ_SHOPIFY_CLIENT_ID and PRODUCTVIZ_SHOPIFY_CLIENT_SECRET."
            return Finding(name, "error", "There are Shopify stores and no keys of the app.", fix)
        fix = "To offer Shopify: docs/shopify.md"
        return Finding(name, "ok", "There is none; WooCommerce stores need none.", fix)
    if app.sandbox_url:
        return Finding(name, "warning", f"A sandbox stands for Shopify: {app.sandbox_url}")
    if not settings.HTTPS:
        fix = "Put TLS in front and set PRODUCTVIZ_PUBLIC_URL to its https:// address."
        return Finding(name, "error", "Shopify shows only https:// pages.", fix)
    if app.old_client_secret:
        fix = "Remove PRODUCTVIZ_SHOPIFY_OLD_CLIENT_SECRET a day after the rotation."
        return Finding(name, "warning", "The secret before the last rotation still counts.", fix)
    return Finding(name, "ok", f"Set up at {settings.PUBLIC_URL}.")


def check_keys() -> Finding:
    """Production does not run on the built-in keys."""
    if settings.DEVELOPMENT:
        return Finding(
            "keys",
            "warning",
            "This is a development installation with built-in keys.",
            "Set PRODUCTVIZ_MODE=production with your own keys before real stores connect.",
        )
    return Finding("keys", "ok", "Own keys are set.")


def check_content_credentials() -> Finding:
    """Whether finished files are signed, and as whom."""
    # Here and not above: the public page does not ask it, and certificates need a large library.
    from generation.provenance.installation import current_certificate

    name, unsigned = "content credentials", "Files carry the XMP marking and no signature"
    if settings.CONTENT_CREDENTIALS == "off":
        return Finding(name, "ok", f"{unsigned}: PRODUCTVIZ_CONTENT_CREDENTIALS is off.")
    if not is_installed():
        fix = "To sign them too: pip install c2pa-python~=0.38"
        return Finding(name, "ok", f"{unsigned}: c2pa-python is not installed.", fix)
    facts = current_certificate()
    if facts is None:
        return Finding(name, "ok", "Files are signed; the first one makes the certificate.")
    if facts.valid_until < timezone.now() + EXPIRES_SOON:
        fix = "Run manage.py make_certificate --replace"
        return Finding(name, "warning", f"{facts.name} ends on {facts.valid_until:%Y-%m-%d}.", fix)
    return Finding(name, "ok", f"Files are signed by {facts.name}; it is not on a trust list.")


def check_reuse() -> Finding:
    """How much of the last month's work was free."""
    since = timezone.now() - REUSE_PERIOD
    done = Generation.objects.filter(
        status=Generation.Status.SUCCEEDED, finished_at__gte=since
    ).aggregate(all=Count("pk"), free=Count("pk", filter=Q(reused=True)))
    cutouts = Cutout.objects.aggregate(made=Count("pk"), hits=Coalesce(Sum("hits"), 0))
    if not done["all"]:
        return Finding("re-use", "ok", f"No image was made in the last {REUSE_PERIOD.days} days.")
    asked = max(cutouts["made"] + cutouts["hits"], 1)
    return Finding(
        "re-use",
        "ok",
        f"Of {done['all']} images in the last {REUSE_PERIOD.days} days,"
        f" {done['free'] / done['all']:.0%} were there already. Cut-outs that are kept answered"
        f" {cutouts['hits'] / asked:.0%} of the requests for one.",
    )


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_keys,
    check_database,
    check_storage,
    check_workers,
    check_webhooks,
    check_weights,
    check_reading,
    check_models,
    check_gpu_hosts,
    check_painting,
    check_stores,
    check_shopify,
    check_content_credentials,
    check_reuse,
)


def findings() -> Iterator[Finding]:
    """Every check's finding; one that cannot look, for want of tables, says so and stops none."""
    for check in CHECKS:
        try:
            yield check()
        except DatabaseError as error:
            name = check.__name__.removeprefix("check_").replace("_", " ")
            fix = "See to the database first."
            yield Finding(name, "error", f"Nobody could look: {error}.", fix)


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when database and storage work, 503 otherwise; no detail for strangers."""
    well = all(check().level != "error" for check in (check_database, check_storage))
    return JsonResponse({"status": "ok" if well else "error"}, status=200 if well else 503)
