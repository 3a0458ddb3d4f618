"""Who may ask: people who sign in by e-mail, the workspaces they share, and API keys.

Every other table hangs off a Workspace; queries start from one, so that a foreign id is not found.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone

from productviz.lib.rows import PublicIdModel

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


class ApiKey(PublicIdModel):
    """A machine's way in: shown once, stored as a digest, limited to scopes."""

    PREFIX = "key"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    key_id = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    last4 = models.CharField(max_length=4)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} (...{self.last4})"
