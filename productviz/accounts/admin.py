"""The operator's view of people and workspaces, in the stock Django admin."""

from __future__ import annotations

from django.contrib import admin

from productviz.accounts.models import ApiKey, Membership, User, Workspace


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """Members of a workspace."""

    model = Membership
    extra = 0


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """People; passwords are set by `manage.py changepassword`."""

    list_display = ("email", "is_active", "is_staff", "last_login")
    search_fields = ("email",)
    fields = ("email", "is_active", "is_staff", "is_superuser", "last_login")
    readonly_fields = ("last_login",)


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Tenants and their members."""

    list_display = ("name", "created_at")
    inlines = (MembershipInline,)


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """API keys; the secret is not stored, so it cannot be shown."""

    list_display = ("name", "workspace", "last4", "last_used_at", "revoked_at")
    readonly_fields = ("key_id", "last4", "scopes", "created_by", "last_used_at")
    exclude = ("digest",)
