from django.db import migrations

import productviz.lib.fields


class Migration(migrations.Migration):
    # No answer is older than two days, and none was kept before this: nothing is lost.

    dependencies = [("accounts", "0003_api_and_audit")]

    operations = [
        migrations.RemoveField(model_name="idempotentanswer", name="body"),
        migrations.AddField(
            model_name="idempotentanswer",
            name="body",
            field=productviz.lib.fields.EncryptedJSONField(null=True),
        ),
    ]
