"""The attachment object of wp/v2/media, with the keys of WordPress 6.9. Read-only."""

from __future__ import annotations

from pathlib import PurePosixPath

from .markup import autop
from .render import ALL_METHODS, srcset, upload_url
from .state import State
from .tables import Attachment, Json

_IMAGE_META: Json = {
    "aperture": "0", "credit": "", "camera": "", "caption": "", "created_timestamp": "0",
    "copyright": "", "focal_length": "0", "iso": "0", "shutter_speed": "0", "title": "",
    "orientation": "0", "keywords": [],
}  # fmt: skip


def media_json(state: State, row: Attachment, *, edit: bool = False, admin: bool = False) -> Json:
    """Return the attachment; `edit` adds the raw texts and links a signed-in writer sees."""
    url = upload_url(state, row.file)
    body: Json = {
        "id": row.id,
        "date": state.local(row.created_gmt),
        "date_gmt": row.created_gmt,
        "guid": _text(url, url, edit=edit),
        "modified": state.local(row.modified_gmt),
        "modified_gmt": row.modified_gmt,
        "slug": row.slug,
        "status": "inherit",
        "type": "attachment",
        "link": page_url(state, row),
        "title": _text(row.title, row.title, edit=edit),
        "author": row.author,
        "featured_media": 0,
        "comment_status": "open",
        "ping_status": "closed",
        "template": "",
        "meta": [],
    }
    if edit:
        body["permalink_template"] = f"{state.home}/?attachment_id={row.id}"
        body["generated_slug"] = row.slug
    return {
        **body,
        **_file_part(state, row, edit=edit),
        "_links": _links(state, row, edit=edit, admin=admin),
    }


def page_url(state: State, row: Attachment) -> str:
    """Return the attachment's own page; it has no pretty address while its product exists."""
    if row.parent_id in state.tables.products:
        return f"{state.home}/?attachment_id={row.id}"
    return f"{state.home}/{row.slug}/"


def _file_part(state: State, row: Attachment, *, edit: bool) -> Json:
    part: Json = {
        "class_list": [f"post-{row.id}", "attachment", "type-attachment", "status-inherit",
                       "hentry"],
        "description": _text(row.description, _embed(state, row), edit=edit),
        "caption": _text(row.caption, autop(row.caption), edit=edit),
        "alt_text": row.alt,
        "media_type": "image",
        "mime_type": row.mime_type,
        "media_details": _details(state, row),
        "post": row.parent_id if row.parent_id in state.tables.products else None,
        "source_url": upload_url(state, row.file),
    }  # fmt: skip
    if edit:
        part["missing_image_sizes"] = []
    return part


def _text(raw: str, rendered: str, *, edit: bool) -> Json:
    return {"raw": raw, "rendered": rendered} if edit else {"rendered": rendered}


def _embed(state: State, row: Attachment) -> str:
    url = upload_url(state, row.file)
    medium = row.sizes.get("medium")
    src = f"{url.rpartition('/')[0]}/{medium.file}" if medium else url
    width, height = (medium.width, medium.height) if medium else (row.width, row.height)
    files = srcset(state, row, src, (width, height))
    return (
        f'<p class="attachment"><a href=\'{url}\'><img loading="lazy" decoding="async" '
        f'width="{width}" height="{height}" src="{src}" class="attachment-medium size-medium" '
        f'alt="{row.alt}" srcset="{files}" sizes="auto, (max-width: {width}px) 100vw, '
        f'{width}px" /></a></p>\n'
    )


def _details(state: State, row: Attachment) -> Json:
    folder = upload_url(state, row.file).rpartition("/")[0]
    sizes: Json = {}
    for label, size in row.sizes.items():
        sizes[label] = {
            "file": size.file,
            "width": size.width,
            "height": size.height,
            "filesize": size.filesize,
            **({"uncropped": False} if label == "woocommerce_thumbnail" else {}),
            "mime_type": row.mime_type,
            "source_url": f"{folder}/{size.file}",
        }
    sizes["full"] = {
        "file": PurePosixPath(row.file).name,
        "width": row.width,
        "height": row.height,
        "mime_type": row.mime_type,
        "source_url": upload_url(state, row.file),
    }
    details: Json = {
        "width": row.width,
        "height": row.height,
        "file": row.file,
        "filesize": row.filesize,
        "sizes": sizes,
        "image_meta": _IMAGE_META,
    }
    if row.original_file:
        details["original_image"] = row.original_file
    return details


def _links(state: State, row: Attachment, *, edit: bool, admin: bool) -> Json:
    root = f"{state.home}/wp-json/wp/v2"
    own = f"{root}/media/{row.id}"
    links: Json = {
        "self": [{"href": own, "targetHints": {"allow": ALL_METHODS}}],
        "collection": [{"href": f"{root}/media"}],
        "about": [{"href": f"{root}/types/attachment"}],
        "author": [{"embeddable": True, "href": f"{root}/users/{row.author}"}],
        "replies": [{"embeddable": True, "href": f"{root}/comments?post={row.id}"}],
    }
    if row.parent_id in state.tables.products:
        href = f"{root}/product/{row.parent_id}"
        links["wp:attached-to"] = [
            {"embeddable": True, "post_type": "product", "id": row.parent_id, "href": href}
        ]
    if edit and admin:
        links["wp:action-unfiltered-html"] = [{"href": own}]
    if edit:
        links["wp:action-assign-author"] = [{"href": own}]
    links["curies"] = [{"name": "wp", "href": "https://api.w.org/{rel}", "templated": True}]
    return links
