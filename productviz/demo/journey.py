"""What the demo does once everything runs, and the figures it is judged by."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from generation import batches
from generation.models import Batch, Generation
from integrations.models import Product, Publication, Store, SyncRun
from productviz.demo import merchant
from productviz.demo.processes import DidNotStart, Processes
from productviz.demo.shops import Account, Shop
from productviz.demo.telling import tell

SYNC_SECONDS = 180
SECONDS_A_PRODUCT = 60
UNDO_SECONDS = 120
# Presets that one product each is shown in, and how many products share a picture.
STAGED = ("On a podium", "On a wooden table", "On a podium", "On a wooden table")
GROUP = 4


@dataclass(frozen=True, slots=True)
class Result:
    """One store's figures."""

    platform: str
    products: int
    generated: int
    published: int
    failed: int
    undone: int
    review: int

    def is_right(self) -> bool:
        """Every product accounted for, what passed published, and one undone to the letter.

        Nobody has looked at a stranger's photographs: theirs may wait for review or be refused
        with a reason. ``run`` approves those of the built-in catalog, which we have looked at.
        """
        whole = self.products == self.generated + self.failed
        published = self.published == self.generated - self.review
        return whole and published and self.undone == min(self.published, 1)


def last_line(results: Sequence[Result], *, seconds: int) -> str:
    """The last line of ``make demo ONCE=1``: the figures of all stores together."""
    names = ("products", "generated", "published", "failed", "undone")
    figures = {name: sum(getattr(one, name) for one in results) for name in names}
    platforms = ",".join(sorted(one.platform for one in results))
    words = " ".join(f"{name}={value}" for name, value in figures.items())
    return f"demo: platforms={platforms} {words} seconds={seconds}"


def set_up(console: Console) -> Account:
    """Make the database, the static files, the networks and the merchant's account."""
    console.print("Preparing database, pages and cut-out networks ...")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("fetch_model", "u2netp", "u2net", "text-finder", "text-reader")
    account = Account("merchant@example.com", secrets.token_urlsafe(9))
    call_command(
        "new_user", account.email, password=account.password, workspace="Demo shop", operator=True
    )
    connection.close()
    return account


class Journey:
    """The merchant's first quarter of an hour with one store, in a minute or two."""

    def __init__(
        self, console: Console, processes: Processes, shop: Shop, *, base: str, approves: bool
    ) -> None:
        self.console = console
        self.processes = processes
        self.shop = shop
        self.base = base
        self.approves = approves
        self.browser = shop.browser

    def run(self, *, stages: bool) -> Result:
        """Connect, sync, generate, publish, undo one; the figures. ``stages`` adds scenes."""
        store, words = self.shop.connect()
        tell(self.console, *words)
        self._sync(store)
        before = self.shop.galleries()
        batch = merchant.start_batch(self.browser, base=self.base, store=store)
        self._watch(batch)
        self._list_failures(batch)
        waiting = self._review(batch)
        products = store.products.filter(parent=None, status=Product.Status.ACTIVE).count()
        made, written = batches.progress(batch), batches.written(batch)
        undone = self._undo_one(batch, before)
        if stages:
            self._stage(store, batch)
        return Result(
            platform=self.shop.platform,
            products=products,
            generated=made.succeeded + waiting,
            published=written.published,
            failed=made.failed + made.rejected,
            undone=undone,
            review=waiting,
        )

    def _stage(self, store: Store, batch: Batch) -> None:
        """Put a few products on plates and together; the cut-outs are known by now."""
        done = batch.generations.filter(status=Generation.Status.SUCCEEDED)
        products = [row.product for row in done.select_related("product__store").order_by("id")]
        presets = {preset.name: preset for preset in store.workspace.presets.all()}
        for product, name in zip(products, STAGED, strict=False):
            merchant.make(self.browser, base=self.base, product=product, preset=presets[name])
        if len(products) >= GROUP:
            merchant.make_together(
                self.browser,
                base=self.base,
                products=products[-GROUP:],
                preset=presets["Group shot"],
            )
        self._watch_staged(Generation.objects.filter(workspace=store.workspace, batch=None))

    def _watch_staged(self, rows: QuerySet[Generation]) -> None:
        def is_done(advance: Callable[[int, int | None], None]) -> bool:
            ended = rows.exclude(status__in=Generation.WAITING).count()
            advance(ended, rows.count())
            return ended == rows.count()

        with self._bar("Scenes and a group", None) as advance:
            self._wait(
                lambda: is_done(advance), "the scenes", SECONDS_A_PRODUCT * (rows.count() + 1)
            )
        for row in rows.exclude(status=Generation.Status.SUCCEEDED):
            tell(
                self.console, f"{row.preset_version.preset} of “{row.product}”:", row.error_message
            )

    def _list_failures(self, batch: Batch) -> None:
        ends = (Generation.Status.FAILED, Generation.Status.REJECTED)
        for row in batch.generations.filter(status__in=ends):
            tell(self.console, f"No image of “{row.product}”:", row.error_message)

    def _review(self, batch: Batch) -> int:
        """Look at what verification held back: approve the catalog's, list a stranger's."""
        held = list(batch.generations.filter(status=Generation.Status.AWAITING_REVIEW))
        for row in held:
            tell(self.console, f"Needs review: “{row.product}”", row.error_message)
            if self.approves:
                merchant.approve(self.browser, base=self.base, generation=row)
        if held and self.approves:
            self.console.print(f"Looked at {len(held)} and approved them.")
            self._watch(batch)
        return 0 if self.approves else len(held)

    def _sync(self, store: Store) -> None:
        with self._bar("Reading the catalog", None) as advance:
            self._wait(lambda: self._synced(store, advance), "the catalog to be read", SYNC_SECONDS)

    def _synced(self, store: Store, advance: Callable[[int, int | None], None]) -> bool:
        run = store.sync_runs.order_by("-id").first()
        if run is None:
            return False
        advance(run.seen, run.total)
        if run.state in {SyncRun.State.FAILED, SyncRun.State.ASKING}:
            raise DidNotStart(f"The catalog could not be read: {run.message}")
        return bool(run.state == SyncRun.State.DONE)

    def _watch(self, batch: Batch) -> None:
        total = batches.progress(batch).expected
        with self._bar("White background", total) as advance:
            self._wait(
                lambda: self._published(batch, advance),
                "the batch to be published",
                120 + SECONDS_A_PRODUCT * total,
            )

    def _published(self, batch: Batch, advance: Callable[[int, int | None], None]) -> bool:
        batch.refresh_from_db()
        now = batches.progress(batch)
        settled = batch.generations.filter(
            publication__state__in=[*Publication.TERMINAL, Publication.State.FAILED]
        ).count()
        advance(settled, now.expected)
        left_out = now.review + now.failed + now.rejected + now.canceled
        return now.finished and settled + left_out >= now.total

    def _undo_one(self, batch: Batch, before: dict[str, Any]) -> int:
        """Undo one publication on its page; 1 if the shop's gallery is what it was, else 0."""
        publication = (
            Publication.objects.filter(generation__batch=batch, state=Publication.State.PUBLISHED)
            .select_related("product")
            .order_by("id")
            .first()
        )
        if publication is None:
            return 0
        external_id = publication.product.external_id
        changed = self.shop.galleries()[external_id] != before[external_id]
        merchant.undo(self.browser, base=self.base, publication=publication)
        undone = Publication.objects.filter(pk=publication.pk, state=Publication.State.ROLLED_BACK)
        self._wait(undone.exists, "the undo", UNDO_SECONDS)
        same = self.shop.galleries()[external_id] == before[external_id]
        words = "identical to before" if same else "NOT what it was"
        tell(self.console, f"Undid “{publication.product}”:", f"the store's gallery is {words}.")
        return int(changed and same)

    def _wait(self, is_done: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_done():
            self.processes.check()
            if time.monotonic() > deadline:
                raise DidNotStart(
                    f"Waited {seconds:.0f} s for {what}.\n{self.processes.tail('worker')}"
                )
            connection.close()
            time.sleep(0.3)

    @contextmanager
    def _bar(self, title: str, total: int | None) -> Iterator[Callable[[int, int | None], None]]:
        columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=self.console) as progress:
            task = progress.add_task(title, total=total)
            yield lambda done, of: progress.update(task, completed=done, total=of)
