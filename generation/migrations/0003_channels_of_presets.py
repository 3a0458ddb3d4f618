from django.db import migrations


def channel_to_channels(apps, schema_editor):
    """A preset had one channel, or null, until 2026-11-22; its stored versions now list them."""
    versions = apps.get_model("generation", "PresetVersion")
    for version in versions.objects.using(schema_editor.connection.alias).iterator():
        if "channel" not in version.spec:
            continue
        channel = version.spec.pop("channel")
        version.spec["channels"] = [channel] if channel else []
        version.save(update_fields=["spec"])


def channels_to_channel(apps, schema_editor):
    versions = apps.get_model("generation", "PresetVersion")
    for version in versions.objects.using(schema_editor.connection.alias).iterator():
        channels = version.spec.pop("channels", [])
        version.spec["channel"] = channels[0] if channels else None
        version.save(update_fields=["spec"])


class Migration(migrations.Migration):

    dependencies = [("generation", "0002_parts_of_sources")]

    operations = [migrations.RunPython(channel_to_channels, channels_to_channel)]
