"""Every address of the dashboard: which role it needs, and which row its id names.

A new URL that is missing here fails ``test_it_knows_every_address``.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from tests.dashboard.rows import Seed

VIEWER, REVIEWER, EDITOR, OWNER = "viewer", "reviewer", "editor", "owner"
ROLES = (OWNER, EDITOR, REVIEWER, VIEWER)


@dataclass(frozen=True, slots=True)
class Address:
    """One URL name: the role it needs, the kind of row in its path, whether it answers GET."""

    name: str
    role: str
    row: str = ""
    is_page: bool = True

    def url(self, rows: Seed) -> str:
        """The address, for a workspace's own row."""
        return reverse(self.name, args=[row_id(rows, self.row)] if self.row else [])


def page(name: str, row: str = "", *, role: str = VIEWER) -> Address:
    """An address that shows something."""
    return Address(name, role, row)


def action(name: str, row: str = "", *, role: str = EDITOR) -> Address:
    """An address that only takes POST."""
    return Address(name, role, row, is_page=False)


ADDRESSES = (
    page("home"), page("home_live"), page("stages_live"),
    page("stores"), page("store_connect", role=EDITOR), page("store_custom", role=EDITOR),
    page("store", "store"),
    page("store_sync_live", "store"), page("store_disconnect", "store", role=EDITOR),
    action("store_sync", "store"),
    action("sync_answer", "sync"),
    page("automations"), page("automation_new", role=EDITOR),
    page("automation", "automation", role=EDITOR),
    action("automation_switch", "automation"), action("automation_resume", "automation"),
    action("automation_remove", "automation"),
    page("schedules"), page("schedule_new", role=EDITOR),
    page("schedule", "schedule", role=EDITOR),
    action("schedule_switch", "schedule"), action("schedule_remove", "schedule"),
    page("products"), page("product", "product"), action("product_generate", "product"),
    page("product_sources", "product", role=EDITOR), page("together", role=EDITOR),
    page("outline", "photo", role=EDITOR), action("outline_forget", "photo"),
    page("generations"), page("generation", "generation"), page("generation_live", "generation"),
    action("generation_approve", "generation", role=REVIEWER),
    action("generation_reject", "generation", role=REVIEWER),
    action("generation_retry", "generation"), action("generation_cancel", "generation"),
    action("generation_publish", "generation"),
    page("batches"), page("batch_new", role=EDITOR), page("batch", "batch"),
    page("batch_live", "batch"), page("batch_undo", "batch", role=EDITOR),
    action("batch_pause", "batch"), action("batch_resume", "batch"),
    page("batch_expected", role=EDITOR),
    page("budgets"), action("budget_change"),
    action("batch_cancel", "batch"), action("batch_retry", "batch"),
    page("presets"), page("preset_new", role=EDITOR), page("preset_drawing"),
    page("preset", "preset", role=EDITOR), action("preset_archive", "preset"),
    page("people"), page("person_new", role=EDITOR),
    action("person_change", "person"), action("person_archive", "person"),
    page("system", role=OWNER),
    page("publications"), page("publication", "publication"),
    page("publication_live", "publication"),
    action("publication_approve", "publication", role=REVIEWER),
    action("publication_cancel", "publication", role=REVIEWER),
    action("publication_retry", "publication"), action("publication_undo", "publication"),
    page("webhooks"), page("webhook_new", role=EDITOR), page("webhook", "endpoint"),
    page("webhook_change", "endpoint", role=EDITOR), action("webhook_test", "endpoint"),
    action("webhook_rotate", "endpoint"), action("webhook_switch", "endpoint"),
    action("webhook_recover", "endpoint"), page("webhook_remove", "endpoint", role=EDITOR),
    page("webhook_delivery", "delivery"), action("webhook_redeliver", "delivery"),
    page("activity"), page("members", role=OWNER),
    action("member_add", role=OWNER), action("member_role", "membership", role=OWNER),
    action("member_remove", "membership", role=OWNER),
    page("keys", role=OWNER), action("key_add", role=OWNER),
    action("key_roll", "key", role=OWNER), action("key_revoke", "key", role=OWNER),
    action("workspace_switch", role=VIEWER),
)  # fmt: skip


def row_id(rows: Seed, kind: str) -> object:
    """The id of a workspace's row of that kind."""
    found = {
        "store": rows.store,
        "sync": rows.sync,
        "automation": rows.automation,
        "schedule": rows.schedule,
        "product": rows.products[0],
        "photo": rows.products[0].images.first(),
        "generation": rows.generations["awaiting_review"],
        "batch": rows.batch,
        "preset": rows.workspace.presets.first(),
        "person": rows.person,
        "publication": rows.publications["published"],
        "membership": rows.membership,
        "key": rows.key,
        "endpoint": rows.endpoint,
        "delivery": rows.delivery,
    }[kind]
    assert found is not None
    return found.pk
