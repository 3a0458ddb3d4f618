from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    product = apps.get_model("integrations", "Product").objects.filter(pk=OuterRef("product_id"))
    family = product.annotate(family=Coalesce("parent_id", "pk")).values("family")
    apps.get_model("integrations", "Publication").objects.update(family_id=Subquery(family))


def field(**options):
    return models.ForeignKey(
        help_text="The product itself, or a variant's parent: they may share one gallery.",
        on_delete=django.db.models.deletion.CASCADE,
        related_name="family_publications",
        to="integrations.product",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0004_shopify_access"),
    ]

    operations = [
        migrations.AddField("publication", "family", field(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("publication", "family", field()),
        migrations.AlterField(
            "snapshot",
            "gallery",
            models.JSONField(
                help_text=(
                    "List of {external_id, url, alt, name, variant_ids, key, sha256}, in order."
                )
            ),
        ),
    ]
