"""The brush page: a person paints what belongs to the product, and the image is made again."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from generation import corrections
from generation.assets.cdn import file_url
from generation.intake.accept import Refused
from generation.models import Generation
from generation.presentation import photo
from generation.views.common import mine, render
from integrations.models import SourceImage
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.lib.ids import parse_public_id


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def outline(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the photo with its outline; keep the strokes that come back."""
    image = _find(request, pk)
    generation = _generation(request, image)
    if request.method == "POST":
        return _save(request, image, generation)
    edit = corrections.find(request.workspace.pk, image.sha256) if image.sha256 else None
    found = corrections.outline(request.workspace, image) if corrections.is_ready(image) else None
    context = {
        "image": image,
        "product": image.product,
        "generation": generation,
        "edit": edit,
        "picture": photo(image, request.workspace) if corrections.is_ready(image) else None,
        "outline_url": file_url("work", found) if found else "",
        "strokes_url": file_url("work", edit.strokes_key) if edit else "",
    }
    return render(request, "generations/outline.html", context)


@member(Role.EDITOR)
@require_POST
def forget(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Go back to the outline as it was found."""
    image = _find(request, pk)
    if corrections.forget(request.workspace, image):
        messages.success(request, "Forgotten. New images of this photo use the outline we found.")
    return _here(image, _generation(request, image))


def _find(request: WorkspaceRequest, pk: uuid.UUID) -> SourceImage:
    rows = SourceImage.with_removed.filter(
        product__store__workspace=request.workspace, is_generated=False
    )
    return mine(rows.select_related("product__store"), pk)


def _generation(request: WorkspaceRequest, image: SourceImage) -> Generation | None:
    """The generation that the person came from; it is made again after saving."""
    asked = (request.POST if request.method == "POST" else request.GET).get("generation", "")
    if not asked:
        return None
    pk = parse_public_id(Generation.PREFIX, asked)
    return mine(request.workspace.generations.filter(sources__image=image), pk or uuid.UUID(int=0))


def _save(
    request: WorkspaceRequest, image: SourceImage, generation: Generation | None
) -> HttpResponse:
    try:
        corrections.save(
            request.workspace,
            image,
            strokes=_strokes(request.FILES.get("strokes")),
            see_through="see_through" in request.POST,
            user=request.user,
        )
        again = corrections.make_again(generation, request.user) if generation else None
    except (corrections.NotUsable, Refused) as refusal:
        messages.error(request, str(refusal))
        return _here(image, generation)
    if again is None:
        messages.success(request, "Saved. New images of this photo use your outline.")
        return redirect("product", image.product_id)
    messages.success(request, "Saved. The image is made again with your outline.")
    return redirect("generation", again.pk)


def _strokes(upload: UploadedFile[bytes] | None) -> bytes:
    if upload is None:
        raise corrections.NotUsable("No strokes arrived. The brush needs JavaScript; switch it on.")
    if upload.size is None or upload.size > corrections.MAX_BYTES:
        raise corrections.NotUsable("The strokes are larger than 2 MB. Undo some of them.")
    data: bytes = upload.read()
    return data


def _here(image: SourceImage, generation: Generation | None) -> HttpResponseRedirect:
    query = f"?generation={generation.public_id}" if generation else ""
    return HttpResponseRedirect(reverse("outline", args=[image.pk]) + query)
