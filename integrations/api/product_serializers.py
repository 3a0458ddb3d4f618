"""Products as the API reads and writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations.api.shown import Shown, word
from integrations.models import Product
from integrations.preconditions import hash_of_rows
from productviz.api.fields import Choice, Metadata, Moment, PublicId, Strict, Text
from productviz.lib.ids import public_id

MAX_BATCH = 100
_WRITABLE = (Product.Status.ACTIVE, Product.Status.DRAFT, Product.Status.ARCHIVED)


class _Pairs(serializers.DictField):
    """Named texts, so many at most."""

    def __init__(self, *, most: int, longest: int, **options: Any) -> None:
        self.most = most
        super().__init__(child=Text(max_length=longest, allow_blank=True), **options)

    def to_internal_value(self, data: Any) -> Any:
        """The pairs; raises for too many, or too long a name."""
        found = super().to_internal_value(data)
        if len(found) > self.most:
            raise serializers.ValidationError(f"At most {self.most}.", code="too_many")
        if any(not 0 < len(name) <= 191 for name in found):
            raise serializers.ValidationError("Names have 1 to 191 characters.", code="too_long")
        return found


class ExternalId(Text):
    """The store's own id: 1 to 191 characters, none of which is a control character."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=191, trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """The id."""
        text = super().to_internal_value(data)
        if not text.isprintable():
            self.fail("invalid")
        return text


class ProductPut(Strict):
    """A product as its store says that it is; what is left out is empty. Images go apart."""

    title = Text(max_length=500)
    sku = Text(max_length=191, required=False, allow_blank=True)
    description = Text(max_length=20_000, required=False, allow_blank=True)
    brand = Text(max_length=191, required=False, allow_blank=True)
    category_path = Text(max_length=500, required=False, allow_blank=True)
    type = Choice(choices=Product.Type.choices, required=False)
    parent = Text(  # type: ignore[assignment]
        max_length=196, required=False, allow_null=True
    )
    options = _Pairs(most=50, longest=191, required=False)
    attributes = _Pairs(most=200, longest=1000, required=False)
    tags = serializers.ListField(child=Text(max_length=191), max_length=250, required=False)
    locale = Text(max_length=20, required=False, allow_blank=True)
    url = serializers.URLField(max_length=2048, required=False, allow_blank=True)
    status = Choice(choices=_WRITABLE, required=False)
    remote_updated_at = Moment(required=False)
    metadata = Metadata(required=False)


class ProductPatch(ProductPut):
    """Some of a product's fields."""

    title = Text(max_length=500, required=False)


class ProductInBatch(ProductPut):
    """One of many."""

    external_id = ExternalId()


class BatchNew(Strict):
    """Up to 100 products; each is looked at by itself."""

    products = serializers.ListField(
        child=serializers.DictField(), min_length=1, max_length=MAX_BATCH
    )


class BatchShape(Strict):
    """As a batch is described: what is wrong with one product stops no other."""

    products = ProductInBatch(many=True)


class ProductShown(Shown):
    """A product of a store."""

    id = PublicId("prd", source="pk")
    object = word("product")
    store = PublicId("str", source="store_id")
    external_id = serializers.CharField()
    sku = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    brand = serializers.CharField()
    category_path = serializers.CharField()
    type = serializers.ChoiceField(choices=Product.Type.choices)
    parent = serializers.SerializerMethodField()  # type: ignore[assignment]
    options = serializers.DictField(child=serializers.CharField())
    attributes = serializers.DictField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())
    locale = serializers.CharField()
    url = serializers.CharField()
    status = serializers.ChoiceField(choices=Product.Status.choices)
    images = serializers.SerializerMethodField()
    input_hash = serializers.CharField(source="inputs_hash")
    gallery_hash = serializers.SerializerMethodField()
    remote_updated_at = Moment(allow_null=True)

    def get_parent(self, product: Product) -> str | None:
        """The product that this is a variant of."""
        return public_id("prd", product.parent_id) if product.parent_id else None

    def get_images(self, product: Product) -> list[str]:
        """The images' ids, in order."""
        return [image.public_id for image in product.images.all()]

    def get_gallery_hash(self, product: Product) -> str:
        """What a publication may name as its precondition."""
        return hash_of_rows(product.images.all())


class _Fault(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(), required=False
    )


class BatchedShown(serializers.Serializer[Any]):
    """What became of one product of a batch, in the batch's order."""

    external_id = serializers.CharField(allow_null=True)
    status = serializers.IntegerField()
    product = ProductShown(allow_null=True)
    error = _Fault(allow_null=True)


class ProductBatchShown(serializers.Serializer[Any]):
    """What became of each."""

    data = BatchedShown(many=True)  # type: ignore[assignment]
