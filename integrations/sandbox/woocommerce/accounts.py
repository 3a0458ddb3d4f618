"""wp/v2/users/me: who am I, my application passwords, and their revocation."""

from __future__ import annotations

from .auth import Identity
from .call import Call
from .render import ALL_METHODS
from .replies import ApiError, Reply
from .tables import AppPassword, Json

_CAPABILITIES = {
    "administrator": ("manage_options", "manage_woocommerce", "upload_files", "edit_products"),
    "shop_manager": ("manage_woocommerce", "upload_files", "edit_products"),
    "customer": ("read",),
}


def _signed_in(call: Call) -> Identity:
    if call.identity is None:
        raise ApiError(401, "rest_not_logged_in", "You are not currently logged in.")
    return call.identity


def me(call: Call) -> Reply:
    """GET /users/me."""
    user = _signed_in(call).user
    root = f"{call.state.home}/wp-json/wp/v2/users"
    body: Json = {
        "id": user.id,
        "name": user.login,
        "slug": user.login,
        "roles": [user.role],
        "capabilities": dict.fromkeys((*_CAPABILITIES[user.role], user.role), True),
        "_links": {
            "self": [{"href": f"{root}/{user.id}", "targetHints": {"allow": ALL_METHODS}}],
            "collection": [{"href": root}],
        },
    }
    return Reply(body)


def _row(call: Call, row: AppPassword, *, links: bool = True) -> Json:
    href = f"{call.state.home}/wp-json/wp/v2/users/{row.user_id}/application-passwords/{row.uuid}"
    body: Json = {
        "uuid": row.uuid,
        "app_id": row.app_id,
        "name": row.name,
        "created": row.created,
        "last_used": row.last_used,
        "last_ip": row.last_ip,
    }
    if links:
        body["_links"] = {"self": [{"href": href, "targetHints": {"allow": ALL_METHODS}}]}
    return body


def passwords(call: Call) -> Reply:
    """GET /users/me/application-passwords."""
    user = _signed_in(call).user
    rows = [p for p in call.state.tables.app_passwords.values() if p.user_id == user.id]
    return Reply([_row(call, row) for row in rows])


def introspect(call: Call) -> Reply:
    """GET /users/me/application-passwords/introspect: the one used for this very request."""
    row = _signed_in(call).app_password
    if row is None:
        message = "Cannot introspect application password."
        raise ApiError(404, "rest_no_authenticated_app_password", message)
    return Reply(_row(call, row))


def revoke(call: Call, uuid: str) -> Reply:
    """DELETE /users/me/application-passwords/{uuid}."""
    user = _signed_in(call).user
    row = call.state.tables.app_passwords.get(uuid)
    if row is None or row.user_id != user.id:
        message = "Application password not found."
        raise ApiError(404, "rest_application_password_not_found", message)
    del call.state.tables.app_passwords[uuid]
    return Reply({"deleted": True, "previous": _row(call, row, links=False)})
