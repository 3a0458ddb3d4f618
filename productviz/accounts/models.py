"""Who may ask: people who sign in by e-mail, the workspaces they share, and API keys.

Every other table hangs off a Workspace; queries start from one, so that a foreign id is not found.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone

from productviz.lib.fields import EncryptedJSONField
from productviz.lib.rows import PublicIdModel, VersionedModel

# RFC 2606: no mail is ever delivered there.
PLATFORMS_MAIL = ".invalid"


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user; raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user who may use the Django admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person; the e-mail address is the name to sign in with.

    Somebody whom a platform vouches for has a ``name``, no password and an address that no mail
    reaches, so that what they did has a name to it and nobody else can sign in as them.
    """

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


def is_platforms(email: str) -> bool:
    """Whether only a platform's word makes an account of this address; nobody may take it."""
    return email.lower().endswith(PLATFORMS_MAIL)


class Workspace(PublicIdModel):
    """The tenant: stores, presets and images belong to exactly one."""

    PREFIX = "wsp"

    name = models.CharField(max_length=100)
    members = models.ManyToManyField(User, through="Membership", related_name="workspaces")
    suspended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do; each role includes the ones after it."""

    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    REVIEWER = "reviewer", "Reviewer"
    VIEWER = "viewer", "Viewer"

    @property
    def rank(self) -> int:
        """0 for the strongest role."""
        return list(Role).index(self)


class Membership(models.Model):
    """One person's role in one workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_a_workspace")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"

    def may(self, role: Role) -> bool:
        """Whether this member's role is at least ``role``."""
        return Role(self.role).rank <= role.rank


class Notice(models.Model):
    """One line of news for a person whose browser keeps no cookie between two pages."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    level = models.PositiveSmallIntegerField()
    text = models.TextField()
    extra_tags = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.text


class ApiKey(PublicIdModel, VersionedModel):
    """A machine's way in: shown once, stored as a digest, limited to scopes.

    ``is_test``: nothing it starts is written to a store. ``stores`` and ``allowed_cidrs`` narrow
    it to some store ids (UUIDs as text) and to some networks; empty lists do not.
    """

    PREFIX = "key"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    key_id = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    last4 = models.CharField(max_length=4)
    scopes = models.JSONField(default=list)
    is_test = models.BooleanField(default=False)
    stores = models.JSONField(default=list, blank=True)
    allowed_cidrs = models.JSONField(default=list, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} (...{self.last4})"


class IdempotentAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, so that its repetition gets the same.

    Without a ``status`` the first request is still at work. ``fingerprint`` is of method, path and
    body.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = EncryptedJSONField(null=True)  # it may hold a secret that is shown once
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "route", "key"], name="one_answer_an_idempotency_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key[:20]}"


class RateCount(models.Model):
    """How much of something a caller did in one window; ``window`` is its number since 1970."""

    caller = models.CharField(max_length=120)
    window = models.PositiveBigIntegerField()
    count = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "window"], name="one_count_a_window")
        ]

    def __str__(self) -> str:
        return f"{self.caller}: {self.count}"


class AuditEntry(PublicIdModel):
    """Who did what that matters later: keys, stores, webhooks, publications, approvals."""

    PREFIX = "adt"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="audit")
    actor = models.CharField(max_length=254)
    action = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="audit_list")]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action}"
