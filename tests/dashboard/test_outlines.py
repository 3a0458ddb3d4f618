"""The brush's strokes: what is kept of them, what is refused, and what is made again."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from generation.models import CutoutEdit, Generation, Lane
from productviz.lib import files
from tests.dashboard.conftest import SignIn, Two
from tests.dashboard.drawn import PHOTO


def strokes(
    size: tuple[int, int] = PHOTO, *, mode: str = "L", label: int = CutoutEdit.KEEP
) -> bytes:
    """A PNG with one painted box."""
    picture = Image.new(mode, size, 0)
    picture.paste(label, (10, 10, 60, 40))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def send(client: Client, generation: Generation, data: bytes, **more: str) -> None:
    """Save strokes for a generation's photo, as the page does."""
    upload = SimpleUploadedFile("strokes.png", data, "image/png")
    form = {"strokes": upload, "generation": generation.public_id, **more}
    client.post(reverse("outline", args=[generation.source.pk]), form)


def test_it_keeps_the_strokes_and_makes_the_image_again(two: Two, sign_in: SignIn) -> None:
    generation = two.ours.generations["awaiting_review"]

    send(sign_in("editor"), generation, strokes(label=CutoutEdit.REMOVE))

    edit = CutoutEdit.objects.get(workspace=two.ours.workspace)
    again = generation.product.generations.latest("id")
    with Image.open(io.BytesIO(files.get("work", edit.strokes_key))) as kept:
        assert (kept.size, kept.getpixel((20, 20)), kept.getpixel((5, 5))) == (
            PHOTO,
            CutoutEdit.REMOVE,
            0,
        )
    assert (edit.source_sha256, edit.see_through) == (generation.source.sha256, False)
    assert again.pk != generation.pk
    assert (again.source, again.lane) == (generation.source, Lane.INTERACTIVE)
    assert again.preset_version == generation.preset_version
    assert again.publish == generation.publish


def test_it_tells_two_corrections_of_a_photo_apart(two: Two, sign_in: SignIn) -> None:
    generation, client = two.ours.generations["awaiting_review"], sign_in("editor")
    suffixes = set()

    for data, more in (
        (strokes(label=CutoutEdit.REMOVE), {}),
        (strokes(label=CutoutEdit.KEEP), {}),
        (strokes(label=CutoutEdit.KEEP), {"see_through": "1"}),
    ):
        send(client, generation, data, **more)
        suffixes.add(CutoutEdit.objects.get(workspace=two.ours.workspace).suffix)

    assert len(suffixes) == 3


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (strokes(mode="RGB"), "PNG of one channel"),
        (strokes((640, 480)), "640 x 480"),
        (strokes(label=7), "something else than keep and remove"),
        (strokes(label=0), "Nothing is painted yet"),
        (strokes()[:90], "did not arrive whole"),
        (b"GIF89a", "did not arrive whole"),
        (b"\x89PNG" * 600_000, "larger than 2 MB"),
    ],
    ids=["colour", "size", "label", "empty", "torn", "gif", "large"],
)
def test_it_refuses_strokes_that_it_cannot_use(
    data: bytes, words: str, two: Two, sign_in: SignIn
) -> None:
    generation, client = two.ours.generations["awaiting_review"], sign_in("editor")
    before = generation.product.generations.count()

    send(client, generation, data)

    page = client.get(reverse("outline", args=[generation.source.pk]))
    assert words in str(*page.context["messages"])
    assert not CutoutEdit.objects.filter(workspace=two.ours.workspace).exists()
    assert generation.product.generations.count() == before


def test_it_forgets_a_correction_of_its_own_workspace_only(two: Two, sign_in: SignIn) -> None:
    generation, client = two.ours.generations["awaiting_review"], sign_in("editor")
    sha256 = generation.source.sha256
    theirs = CutoutEdit.objects.create(workspace=two.theirs.workspace, source_sha256=sha256)
    send(client, generation, strokes())

    client.post(reverse("outline_forget", args=[generation.source.pk]))

    assert list(CutoutEdit.objects.filter(source_sha256=sha256)) == [theirs]


def test_it_makes_no_image_of_another_workspace_again(two: Two, sign_in: SignIn) -> None:
    ours, theirs = (one.generations["awaiting_review"] for one in (two.ours, two.theirs))
    upload = SimpleUploadedFile("strokes.png", strokes(), "image/png")
    before = Generation.objects.count()

    response = sign_in("editor").post(
        reverse("outline", args=[ours.source.pk]),
        {"strokes": upload, "generation": theirs.public_id},
    )

    assert response.status_code == 404
    assert Generation.objects.count() == before
    assert not CutoutEdit.objects.exists()


def test_it_says_what_is_missing_before_there_is_anything_to_paint_on(
    two: Two, sign_in: SignIn
) -> None:
    image = two.ours.products[5].images.all()[0]
    type(image).objects.filter(pk=image.pk).update(sha256="", width=None)

    page = sign_in("editor").get(reverse("outline", args=[image.pk]))

    assert b"Nothing was made of this photo yet" in page.content
