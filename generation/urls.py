"""The dashboard's addresses. Ids are public ids: what is not exactly one is not found."""

from __future__ import annotations

import uuid

from django.urls import path, register_converter

from generation.models import Automation, Batch, Generation, Person, Preset, Schedule
from generation.views import (
    activity,
    automations,
    batch_start,
    batches,
    budgets,
    connecting,
    custom_stores,
    generations,
    home,
    keys,
    members,
    outlines,
    people,
    presets,
    products,
    publications,
    schedules,
    stores,
    system,
    together,
    webhooks,
)
from integrations.models import Product, Publication, SourceImage, Store, SyncRun
from productviz.accounts.models import ApiKey
from productviz.lib.ids import parse_public_id, public_id
from productviz.lib.rows import PublicIdModel
from productviz.outbox.models import Delivery, WebhookEndpoint


class _PublicId:
    """A path part that is the public id of one kind of row; views get the UUID."""

    regex = "[a-z]{3}_[0-9A-Z]{26}"
    prefix: str

    def to_python(self, value: str) -> uuid.UUID:
        """Parse; ValueError (not found) for any other kind of id."""
        found = parse_public_id(self.prefix, value)
        if found is None:
            raise ValueError
        return found

    def to_url(self, value: uuid.UUID) -> str:
        """Write the id as the API writes it."""
        return public_id(self.prefix, value)


def _register(*models: type[PublicIdModel]) -> None:
    for model in models:
        converter = type(f"{model.__name__}Id", (_PublicId,), {"prefix": model.PREFIX})
        register_converter(converter, model.__name__.lower())


_register(ApiKey, Automation, Batch, Generation, Person, Preset, Product, Publication)
_register(Delivery, Schedule, SourceImage, Store, SyncRun, WebhookEndpoint)

urlpatterns = [
    path("", home.home, name="home"),
    path("live/", home.live, name="home_live"),
    path("live/stages/", home.stages, name="stages_live"),
    path("stores/", stores.index, name="stores"),
    path("stores/connect/", connecting.connect, name="store_connect"),
    path("stores/connect/custom/", custom_stores.new, name="store_custom"),
    path("stores/<store:pk>/", stores.detail, name="store"),
    path("stores/<store:pk>/sync/", stores.sync, name="store_sync"),
    path("stores/<store:pk>/sync/live/", stores.sync_live, name="store_sync_live"),
    path("stores/<store:pk>/disconnect/", stores.disconnect, name="store_disconnect"),
    path("syncs/<syncrun:pk>/answer/", stores.answer, name="sync_answer"),
    path("automations/", automations.index, name="automations"),
    path("automations/new/", automations.new, name="automation_new"),
    path("automations/<automation:pk>/", automations.change, name="automation"),
    path("automations/<automation:pk>/switch/", automations.switch, name="automation_switch"),
    path("automations/<automation:pk>/resume/", automations.resume, name="automation_resume"),
    path("automations/<automation:pk>/remove/", automations.remove, name="automation_remove"),
    path("schedules/", schedules.index, name="schedules"),
    path("schedules/new/", schedules.new, name="schedule_new"),
    path("schedules/<schedule:pk>/", schedules.change, name="schedule"),
    path("schedules/<schedule:pk>/switch/", schedules.switch, name="schedule_switch"),
    path("schedules/<schedule:pk>/remove/", schedules.remove, name="schedule_remove"),
    path("products/", products.index, name="products"),
    path("products/together/", together.together, name="together"),
    path("products/<product:pk>/", products.detail, name="product"),
    path("products/<product:pk>/generate/", products.generate, name="product_generate"),
    path("products/<product:pk>/sources/", products.sources, name="product_sources"),
    path("photos/<sourceimage:pk>/outline/", outlines.outline, name="outline"),
    path("photos/<sourceimage:pk>/outline/forget/", outlines.forget, name="outline_forget"),
    path("generations/", generations.index, name="generations"),
    path("generations/<generation:pk>/", generations.detail, name="generation"),
    path("generations/<generation:pk>/live/", generations.live, name="generation_live"),
    path("generations/<generation:pk>/approve/", generations.approve, name="generation_approve"),
    path("generations/<generation:pk>/reject/", generations.reject, name="generation_reject"),
    path("generations/<generation:pk>/retry/", generations.retry, name="generation_retry"),
    path("generations/<generation:pk>/cancel/", generations.cancel, name="generation_cancel"),
    path("generations/<generation:pk>/publish/", generations.publish, name="generation_publish"),
    path("budgets/", budgets.index, name="budgets"),
    path("budgets/change/", budgets.change, name="budget_change"),
    path("batches/", batches.index, name="batches"),
    path("batches/new/", batch_start.new, name="batch_new"),
    path("batches/new/expected/", batch_start.expected, name="batch_expected"),
    path("batches/<batch:pk>/", batches.detail, name="batch"),
    path("batches/<batch:pk>/live/", batches.live, name="batch_live"),
    path("batches/<batch:pk>/pause/", batches.pause, name="batch_pause"),
    path("batches/<batch:pk>/resume/", batches.resume, name="batch_resume"),
    path("batches/<batch:pk>/cancel/", batches.cancel, name="batch_cancel"),
    path("batches/<batch:pk>/retry/", batches.retry, name="batch_retry"),
    path("batches/<batch:pk>/undo/", batches.undo, name="batch_undo"),
    path("presets/", presets.index, name="presets"),
    path("presets/new/", presets.new, name="preset_new"),
    path("presets/drawing/", presets.drawing, name="preset_drawing"),
    path("presets/<preset:pk>/", presets.change, name="preset"),
    path("presets/<preset:pk>/archive/", presets.archive, name="preset_archive"),
    path("people/", people.index, name="people"),
    path("people/new/", people.new, name="person_new"),
    path("people/<person:pk>/change/", people.change, name="person_change"),
    path("people/<person:pk>/archive/", people.archive, name="person_archive"),
    path("system/", system.index, name="system"),
    path("publications/", publications.index, name="publications"),
    path("publications/<publication:pk>/", publications.detail, name="publication"),
    path("publications/<publication:pk>/live/", publications.live, name="publication_live"),
    path(
        "publications/<publication:pk>/approve/", publications.approve, name="publication_approve"
    ),
    path("publications/<publication:pk>/cancel/", publications.cancel, name="publication_cancel"),
    path("publications/<publication:pk>/retry/", publications.retry, name="publication_retry"),
    path("publications/<publication:pk>/undo/", publications.undo, name="publication_undo"),
    path("webhook-endpoints/", webhooks.index, name="webhooks"),
    path("webhook-endpoints/new/", webhooks.new, name="webhook_new"),
    path("webhook-endpoints/<webhookendpoint:pk>/", webhooks.detail, name="webhook"),
    path("webhook-endpoints/<webhookendpoint:pk>/change/", webhooks.change, name="webhook_change"),
    path("webhook-endpoints/<webhookendpoint:pk>/test/", webhooks.test, name="webhook_test"),
    path("webhook-endpoints/<webhookendpoint:pk>/rotate/", webhooks.rotate, name="webhook_rotate"),
    path("webhook-endpoints/<webhookendpoint:pk>/switch/", webhooks.switch, name="webhook_switch"),
    path(
        "webhook-endpoints/<webhookendpoint:pk>/recover/", webhooks.recover, name="webhook_recover"
    ),
    path("webhook-endpoints/<webhookendpoint:pk>/remove/", webhooks.remove, name="webhook_remove"),
    path("deliveries/<delivery:pk>/", webhooks.delivery, name="webhook_delivery"),
    path("deliveries/<delivery:pk>/redeliver/", webhooks.redeliver, name="webhook_redeliver"),
    path("activity/", activity.index, name="activity"),
    path("members/", members.index, name="members"),
    path("members/add/", members.add, name="member_add"),
    path("members/<int:pk>/role/", members.change_role, name="member_role"),
    path("members/<int:pk>/remove/", members.remove, name="member_remove"),
    path("keys/", keys.index, name="keys"),
    path("keys/add/", keys.add, name="key_add"),
    path("keys/<apikey:pk>/roll/", keys.roll, name="key_roll"),
    path("keys/<apikey:pk>/revoke/", keys.revoke, name="key_revoke"),
    path("workspace/", members.switch_workspace, name="workspace_switch"),
]
