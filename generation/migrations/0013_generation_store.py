import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def _fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Give every generation the store of its product."""
    products = apps.get_model("integrations", "Product").objects.filter(pk=OuterRef("product_id"))
    rows = apps.get_model("generation", "Generation").objects.filter(store=None)
    rows.update(store_id=Subquery(products.values("store_id")))
    if editor.connection.vendor == "postgresql":
        # No table is altered while a check of its rows is put off to the transaction's end.
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _store(*, null: bool) -> models.ForeignKey:
    return models.ForeignKey(
        null=null,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="generations",
        to="integrations.store",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0012_automations_and_schedules"),
        ("integrations", "0010_stores_by_api"),
    ]

    operations = [
        migrations.AddField("generation", "store", _store(null=True)),
        migrations.RunPython(_fill, migrations.RunPython.noop),
        migrations.AlterField("generation", "store", _store(null=False)),
        migrations.AddIndex(
            "batch",
            models.Index(condition=models.Q(("is_held", True)), fields=["id"], name="batch_held"),
        ),
    ]
