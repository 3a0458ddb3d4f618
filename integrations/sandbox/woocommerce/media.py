"""wp/v2/media: uploads, public reading, alt texts, deletion.

Bytes decide the type. Consumer keys do not reach this route; that is `auth.py`'s doing.
"""

from __future__ import annotations

import hashlib
import re
from math import ceil

from . import params
from .auth import Identity
from .call import Call
from .library import add_attachment, remove_attachment, touch_attachment
from .markup import kses, plain, slug
from .media_json import media_json, page_url
from .params import Rule
from .pictures import sniff
from .replies import COLLECTION, SINGLE, ApiError, Reply
from .state import State
from .tables import Attachment, Json

# nginx in front of the recorded store; its refusal is a page, not JSON.
BODY_LIMIT = 64 * 1024 * 1024
_FILENAME = re.compile(r";\s*filename\s*=\s*\"?([^\";]+)\"?", re.I)
_RULES = {
    "page": Rule("int", low=1),
    "per_page": Rule("int", low=1, high=100),
    "include": Rule("ints"),
    "parent": Rule("ints"),
}


def index(call: Call) -> Reply:
    """GET /media: public, newest first."""
    query = call.query = params.check(call.query, _RULES)
    rows = sorted(call.state.tables.attachments.values(), key=lambda r: (r.created_gmt, r.id))
    rows = [row for row in reversed(rows) if _matches(row, query)]
    size, number = int(str(query.get("per_page", 10))), int(str(query.get("page", 1)))
    chosen = rows[(number - 1) * size : number * size]
    body = [media_json(call.state, row) for row in chosen]
    page = (number, ceil(len(rows) / size), len(rows))
    return Reply(body, allow=COLLECTION if _may_write(call.identity) else "GET", page=page)


def _matches(row: Attachment, query: dict[str, object]) -> bool:
    for name, value in (("include", row.id), ("parent", row.parent_id)):
        wanted = query.get(name)
        if isinstance(wanted, list) and value not in wanted:
            return False
    term = str(query.get("search", "")).lower()
    texts = (row.title, row.slug, row.file, row.caption, row.description)
    return not term or any(term in text.lower() for text in texts)


def _may_write(identity: Identity | None) -> bool:
    return identity is not None and identity.staff


def _find(state: State, number: int) -> Attachment:
    row = state.tables.attachments.get(number)
    if row is None:
        raise ApiError(404, "rest_post_invalid_id", "Invalid post ID.")
    return row


def show(call: Call, number: int) -> Reply:
    """GET /media/{id}: public."""
    row = _find(call.state, number)
    link = f'<{page_url(call.state, row)}>; rel="alternate"; type=text/html'
    allow = SINGLE if _may_write(call.identity) else "GET"
    return Reply(media_json(call.state, row), allow=allow, headers={"Link": link})


def create(call: Call) -> Reply:
    """POST /media: a raw body with Content-Disposition, or a multipart form."""
    identity = call.identity
    if identity is None or not identity.staff:
        message = "Sorry, you are not allowed to create posts as this user."
        status = 401 if identity is None else 403
        raise ApiError(status, "rest_cannot_create", message, allow="GET")
    name, data = _upload(call)
    kind = sniff(data)
    if kind is None:
        message = "Sorry, you are not allowed to upload this file type."
        raise ApiError(500, "rest_upload_sideload_error", message)
    state = call.state
    with state.lock:
        row = add_attachment(state, name=name, data=data, mime_type=kind, author=identity.user.id)
        _describe(state, row, {**call.query, **dict(call.request.form.items())})
    where = f"{state.home}/wp-json/wp/v2/media/{row.id}"
    headers = {"Location": where, "X-WP-Upload-Attachment-ID": str(row.id)}
    return Reply(_shown(call, row), 201, headers=headers)


def _shown(call: Call, row: Attachment) -> Json:
    admin = call.identity is not None and call.identity.user.role == "administrator"
    return media_json(call.state, row, edit=True, admin=admin)


def _upload(call: Call) -> tuple[str, bytes]:
    request = call.request
    if request.mimetype == "multipart/form-data":
        file = request.files.get("file")
        if file is None:
            raise ApiError(400, "rest_upload_no_data", "No data supplied.")
        name, data = file.filename or "", file.read()
    else:
        data = request.get_data()
        name = _disposition_name(request.headers.get("Content-Disposition"), data)
    sent = request.headers.get("Content-MD5")
    if sent and sent.strip() != hashlib.md5(data, usedforsecurity=False).hexdigest():
        raise ApiError(412, "rest_upload_hash_mismatch", "Content hash did not match expected.")
    return name, data


def _disposition_name(disposition: str | None, data: bytes) -> str:
    if not data:
        raise ApiError(400, "rest_upload_no_data", "No data supplied.")
    if not disposition:
        message = "No Content-Disposition supplied."
        raise ApiError(400, "rest_upload_no_content_disposition", message)
    found = _FILENAME.search(disposition)
    if found is None:
        raise ApiError(
            400,
            "rest_upload_invalid_disposition",
            "Invalid Content-Disposition supplied. Content-Disposition needs to be formatted as "
            '`attachment; filename="image.png"` or similar.',
        )
    return found[1].strip()


def _describe(state: State, row: Attachment, fields: dict[str, object]) -> None:
    if "alt_text" in fields:
        row.alt = plain(str(fields["alt_text"]))
    if "title" in fields:
        row.title = kses(str(fields["title"]))
        if row.created_gmt == row.modified_gmt:
            row.slug = slug(row.title) or row.slug
    if "caption" in fields:
        row.caption = kses(str(fields["caption"]))
    if "description" in fields:
        row.description = kses(str(fields["description"]))
    if str(fields.get("post", "")).isdigit():
        row.parent_id = int(str(fields["post"]))


def update(call: Call, number: int) -> Reply:
    """POST, PUT and PATCH /media/{id}: here an empty alt text does clear it."""
    row = _find(call.state, number)
    _require_owner(call, "rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
    with call.state.lock:
        kept = row.slug
        _describe(call.state, row, call.body())
        row.slug = kept
        touch_attachment(call.state, row)
    return Reply(_shown(call, row))


def _require_owner(call: Call, code: str, message: str) -> None:
    if call.identity is None or not call.identity.staff:
        raise ApiError(401 if call.identity is None else 403, code, message)


def delete(call: Call, number: int) -> Reply:
    """DELETE /media/{id}, only with force=true."""
    row = _find(call.state, number)
    _require_owner(call, "rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
    if not call.flag("force"):
        message = "The post does not support trashing. Set 'force=true' to delete."
        raise ApiError(501, "rest_trash_not_supported", message, allow=SINGLE)
    previous = _shown(call, row)
    previous.pop("_links")
    remove_attachment(call.state, row)
    return Reply({"deleted": True, "previous": previous})
