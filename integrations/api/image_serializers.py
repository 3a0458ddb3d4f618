"""Source images and uploads as the API reads and writes them."""

from __future__ import annotations

import re
from typing import Any, Literal, cast

from rest_framework import serializers

from integrations.api.access import products_of
from integrations.api.product_serializers import ExternalId
from integrations.api.shown import Shown, word
from integrations.events import Fault, image_error
from integrations.models import SourceImage, Upload
from productviz.accounts.models import ApiKey
from productviz.api.fields import Moment, Owned, PublicId, Strict, Text, Whole

_SHA256 = re.compile("(sha256:)?[0-9a-f]{64}")


def uploads_of(key: ApiKey) -> Any:
    """The uploads of the key's workspace."""
    return Upload.objects.filter(workspace=key.workspace_id)


class _About(Strict):
    """What a client may say of an image."""

    external_id = ExternalId(required=False)
    role = Text(max_length=40, required=False, allow_blank=True)
    alt = Text(max_length=255, required=False, allow_blank=True)
    sha256 = Text(required=False)

    def validate_sha256(self, value: str) -> str:
        """The bare hash."""
        if not _SHA256.fullmatch(value):
            raise serializers.ValidationError("64 hexadecimal digits, in small letters.")
        return value.removeprefix("sha256:")


class ImageNew(_About):
    """An image of a product, by its address or by an upload."""

    url = Text(max_length=2048, required=False, trim_whitespace=False)
    upload = Owned("upl", uploads_of, required=False)
    position = Whole(min_value=0, max_value=49, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Either of the two."""
        if ("url" in attrs) == ("upload" in attrs):
            raise serializers.ValidationError("Either url or upload.", code="required")
        return attrs


class ImageNamed(ImageNew):
    """An image and the product that it belongs to."""

    product = Owned("prd", lambda key: products_of(key).select_related("store"))


class ImageFile(_About):
    """An image in a form: multipart knows texts only."""

    file = serializers.FileField(allow_empty_file=True)
    position = serializers.IntegerField(min_value=0, max_value=49, required=False)


class UploadFile(Strict):
    """A file in a form."""

    file = serializers.FileField(allow_empty_file=True)


class UploadShown(serializers.Serializer[Upload]):
    """Bytes that are kept here; usable once, by their workspace, until they expire."""

    id = PublicId("upl", source="pk")
    object = word("upload")
    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()
    created_at = Moment()
    expires_at = Moment()


class ImageShown(Shown):
    """A source image. What nobody has found out yet is null."""

    id = PublicId("img", source="pk")
    object = word("image")
    product = PublicId("prd", source="product_id")
    external_id = serializers.CharField()
    origin = serializers.ChoiceField(choices=SourceImage.Origin.choices)
    url = serializers.SerializerMethodField()
    sha256 = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    format = serializers.SerializerMethodField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    bytes = serializers.SerializerMethodField()
    color_space = serializers.SerializerMethodField()
    has_alpha = serializers.SerializerMethodField()
    orientation_fixed = serializers.SerializerMethodField()
    frames = serializers.SerializerMethodField()
    role = serializers.CharField()
    position = serializers.IntegerField()
    alt = serializers.CharField()
    is_generated = serializers.BooleanField()
    perceptual_hash = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()

    def get_url(self, image: SourceImage) -> str | None:
        """Where it was fetched; null for an upload."""
        return image.url or None

    def get_sha256(self, image: SourceImage) -> str | None:
        """The hash of its file."""
        return image.sha256 or None

    def get_status(self, image: SourceImage) -> Literal["pending", "fetching", "ready", "rejected"]:
        """How far it is; a store's own images are looked at when they are first used."""
        arrival = getattr(image, "arrival", None)
        fetching = arrival is not None and bool(arrival.lease_owner)
        return "fetching" if fetching else cast("Any", image.status)

    def get_error(self, image: SourceImage) -> Fault | None:
        """Why it was rejected."""
        return image_error(image)

    def get_format(self, image: SourceImage) -> str | None:
        """What its file is."""
        return str(image.facts["format"]) if "format" in image.facts else None

    def get_bytes(self, image: SourceImage) -> int | None:
        """How large its file is."""
        return int(image.facts["bytes"]) if "bytes" in image.facts else None

    def get_color_space(self, image: SourceImage) -> str | None:
        """What it is worked on in, whatever its file had."""
        return "srgb" if image.status == SourceImage.Status.READY else None

    def get_has_alpha(self, image: SourceImage) -> bool | None:
        """Whether parts of it are see-through."""
        return bool(image.facts["has_alpha"]) if "has_alpha" in image.facts else None

    def get_orientation_fixed(self, image: SourceImage) -> bool | None:
        """Whether it is upright, as a camera's note said; width and height are of that."""
        return True if image.status == SourceImage.Status.READY else None

    def get_frames(self, image: SourceImage) -> int | None:
        """How many pictures it holds: animations are rejected."""
        return 1 if image.status == SourceImage.Status.READY else None

    def get_perceptual_hash(self, image: SourceImage) -> str | None:
        """A coarse hash of what is seen: 64 bits, in hexadecimal."""
        return str(image.facts.get("perceptual_hash", "")) or None

    def get_warnings(self, image: SourceImage) -> list[str]:
        """What was odd about its file."""
        return list(image.facts.get("warnings", []))
