"""Takes over the table of events, which generation.0008 has renamed."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import productviz.lib.ids


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("accounts", "0003_api_and_audit"),
        ("generation", "0008_orchestration"),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("id", models.UUIDField(default=productviz.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        ("type", models.CharField(max_length=60)),
                        ("object_id", models.UUIDField()),
                        ("sequence", models.PositiveIntegerField()),
                        ("data", models.JSONField()),
                        ("workspace", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="events", to="accounts.workspace")),
                    ],
                    options={
                        "indexes": [models.Index(fields=["object_id", "sequence"], name="event_history")],
                    },
                ),
            ],
        ),
    ]
