"""API keys by the API itself. No key can give what it does not have."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from productviz.accounts import keys
from productviz.accounts.models import ApiKey
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
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
    Whole,
)
from productviz.api.filters import CHANGES, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.paging import page
from productviz.api.problems import Problem, field_problem
from productviz.api.reach import find, store_ids, stores_of, within
from productviz.api.versions import require_match
from productviz.api.views import ApiView

MANAGE = "keys:manage"
_LONGEST_GRACE = 168


class Network(Text):
    """An IPv4 or IPv6 network, such as 203.0.113.0/24."""

    def to_internal_value(self, data: Any) -> str:
        """In its usual spelling."""
        try:
            return str(ip_network(super().to_internal_value(data)))
        except ValueError:
            self.fail("invalid")


class KeyWanted(Strict):
    """What a new key may do, and where."""

    name = Text(max_length=100, help_text="What it is for.")
    scopes = serializers.ListField(
        child=Choice(sorted(keys.SCOPES)), allow_empty=False, max_length=len(keys.SCOPES)
    )
    is_test = Flag(required=False, help_text="Nothing that it starts reaches a store.")
    stores = Several(
        child=Owned("str", stores_of), required=False, max_length=100, help_text="Empty: all."
    )
    allowed_cidrs = serializers.ListField(
        child=Network(max_length=43), required=False, max_length=50, help_text="Empty: anywhere."
    )
    expires_at = Moment(required=False, allow_null=True)
    metadata = Metadata(required=False)


class KeyShown(serializers.Serializer[ApiKey]):
    """An API key without its secret."""

    id = PublicId("key", source="pk")
    object = serializers.CharField(default="api_key", read_only=True)
    name = serializers.CharField()
    last4 = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    is_test = serializers.BooleanField()
    stores = serializers.ListField(child=PublicId("str"))
    allowed_cidrs = serializers.ListField(child=serializers.CharField())
    created_by = serializers.CharField()
    created_at = Moment()
    updated_at = Moment()
    expires_at = Moment(allow_null=True)
    revoked_at = Moment(allow_null=True)
    last_used_at = Moment(allow_null=True)
    version = serializers.IntegerField()
    metadata = Metadata()


class KeyMade(KeyShown):
    """A new key; ``secret`` is its text, shown this once."""

    secret = serializers.CharField()


class RollWanted(Strict):
    """How long the old key works on."""

    grace_hours = Whole(min_value=0, max_value=_LONGEST_GRACE, default=24)


def shown(key: ApiKey, **more: Any) -> dict[str, Any]:
    """The key as the API shows it."""
    found: dict[str, Any] = {
        "id": key.public_id,
        "object": "api_key",
        **{name: getattr(key, name) for name in ("name", "last4", "scopes", "is_test")},
        "stores": store_ids(key.stores),
        "allowed_cidrs": key.allowed_cidrs,
        "created_by": str(key.created_by),
    }
    times = ("created_at", "updated_at", "expires_at", "revoked_at", "last_used_at")
    moments = {name: getattr(key, name) for name in times}
    found |= {name: at and Moment().to_representation(at) for name, at in moments.items()}
    return {**found, "version": key.version, "metadata": key.metadata, **more}


def visible(key: ApiKey) -> QuerySet[ApiKey]:
    """The keys that a key may see: a test key no live ones, one of some stores none of others."""
    rows = key.workspace.api_keys.select_related("created_by")
    return within(key, rows.filter(is_test=True) if key.is_test else rows)


class Keys(ApiView):
    """The workspace's keys."""

    scopes = {"GET": MANAGE, "POST": MANAGE}
    filters = CHANGES

    @extend_schema(operation_id="list_api_keys", responses=KeyShown(many=True), tags=["api-keys"])
    def get(self, request: Request) -> Response:
        """List the keys, revoked ones too."""
        found = page(request, narrowed(request, visible(self.key), self.filters))
        return Response(found.body([shown(key) for key in found.rows]))

    @extend_schema(
        operation_id="create_api_key",
        request=KeyWanted,
        responses={201: KeyMade},
        tags=["api-keys"],
        problems=("insufficient_scope",),
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make a key. Its secret is in this answer and nowhere else.

        A key gives at most what it has: its scopes, its stores, its networks, its last day.
        """
        wanted = narrowed_to(self.key, self.read(KeyWanted))
        metadata = wanted.pop("metadata", {})
        made, text = keys.make_key(
            self.workspace, created_by=self.key.created_by, metadata=metadata, **wanted
        )
        audit(request, "key.created", made.public_id, name=made.name, scopes=made.scopes)
        return _made(made, text)


def narrowed_to(key: ApiKey, wanted: dict[str, Any]) -> dict[str, Any]:
    """The wishes for a new key, with the maker's limits where none are given. Raises Problem."""
    require_no_more(key, wanted["scopes"])
    is_test = wanted.get("is_test", key.is_test)
    if key.is_test and not is_test:
        raise field_problem("/is_test", "not_one_of", "A test key makes test keys only.")
    stores = [str(store.pk) for store in wanted.get("stores", ())] or key.stores
    cidrs = wanted.get("allowed_cidrs") or key.allowed_cidrs
    if not all(_is_part(one, key.allowed_cidrs) for one in cidrs):
        raise field_problem("/allowed_cidrs", "out_of_range", "Outside of this key's networks.")
    ends = wanted.get("expires_at")
    if ends is not None and ends <= timezone.now():
        raise field_problem("/expires_at", "out_of_range", "It must lie in the future.")
    if key.expires_at is not None:
        ends = ends or key.expires_at
        if ends > key.expires_at:
            raise field_problem("/expires_at", "out_of_range", "Not after this key's own end.")
    limits = {"stores": stores, "allowed_cidrs": cidrs, "expires_at": ends, "is_test": is_test}
    return {**wanted, **limits}


def require_no_more(key: ApiKey, scopes: list[str]) -> None:
    """Raise Problem for scopes that the key does not have itself."""
    missing = sorted(set(scopes) - set(key.scopes))
    if missing:
        raise Problem(
            "insufficient_scope", "A key gives at most what it has.", required_scopes=missing
        )


def require_no_wider(key: ApiKey, other: ApiKey) -> None:
    """Raise Problem for a key that works in more networks, or for longer, than this one.

    What it may see of stores and whether it is a test key, ``visible`` has asked.
    """
    networks = other.allowed_cidrs or ["0.0.0.0/0", "::/0"]
    wider = not all(_is_part(one, key.allowed_cidrs) for one in networks)
    ends = other.expires_at
    longer = key.expires_at is not None and (ends is None or ends > key.expires_at)
    if wider or longer:
        raise Problem(
            "insufficient_scope",
            "That key works in other networks or for longer than this one. Roll it with a key that"
            " has no such limits, or in the dashboard.",
        )


def _is_part(network: str, of: list[str]) -> bool:
    inner: Any = ip_network(network)
    outer: list[IPv4Network | IPv6Network] = [ip_network(one) for one in of]
    return not outer or any(inner.version == one.version and inner.subnet_of(one) for one in outer)


def _made(key: ApiKey, text: str) -> Response:
    headers = {"Location": f"/api/v1/api-keys/{key.public_id}"}
    return Response(shown(key, secret=text), status=201, headers=headers)


class OneKey(ApiView):
    """One key."""

    scopes = {"GET": MANAGE, "DELETE": MANAGE}

    @extend_schema(operation_id="get_api_key", responses=KeyShown, tags=["api-keys"])
    def get(self, request: Request, pk: str) -> Response:
        """Show a key."""
        key = find(visible(self.key), pk)
        return self.show(key, shown(key))

    @extend_schema(operation_id="revoke_api_key", responses={204: None}, tags=["api-keys"])
    @idempotent()
    def delete(self, request: Request, pk: str) -> Response:
        """Revoke a key: from now on it lets nobody in."""
        key = find(visible(self.key).select_for_update(of=("self",)), pk)
        require_match(request, key)
        if key.revoked_at is None:
            key.revoked_at = timezone.now()
            key.save(update_fields=["revoked_at"])
            audit(request, "key.revoked", key.public_id, name=key.name)
        return Response(status=204)


class Roll(ApiView):
    """A key's successor."""

    scopes = {"POST": MANAGE}

    @extend_schema(
        operation_id="roll_api_key",
        request=RollWanted,
        responses={201: KeyMade},
        tags=["api-keys"],
        problems=("insufficient_scope",),
    )
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Make a key that may do the same; the old one works on for the hours of grace.

        One with an end gets as long a life again. Another key than the one that asks must not have
        more than that: scopes, networks or a later end; its successor ends no later either.
        """
        hours = self.read(RollWanted)["grace_hours"]
        old = find(visible(self.key).select_for_update(of=("self",)), pk)
        require_no_more(self.key, old.scopes)
        latest = None if old == self.key else self.key.expires_at
        if old != self.key:
            require_no_wider(self.key, old)
        if old.revoked_at is not None:
            raise Problem("state_conflict", "The key was revoked.", current_status="revoked")
        made, text = keys.roll(old, grace=timedelta(hours=hours), latest=latest)
        audit(request, "key.rolled", old.public_id, successor=made.public_id, grace_hours=hours)
        return _made(made, text)
