from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps

from productviz.lib import crypto
from productviz.lib.fields import EncryptedJSONField

SECRET = {"consumer_key": "ck_1", "consumer_secret": "cs_geheim"}


@pytest.fixture
def keys(settings: Any) -> list[str]:
    ring = [crypto.generate_key()]
    settings.CREDENTIAL_KEYS = ring
    return ring


def test_decrypt_gives_back_what_was_encrypted(keys: list[str]) -> None:
    token = crypto.encrypt(b"cs_\x00geheim")

    assert "geheim" not in token
    assert crypto.decrypt(token) == b"cs_\x00geheim"


def test_encrypt_never_gives_the_same_text_twice(keys: list[str]) -> None:
    assert crypto.encrypt(b"a") != crypto.encrypt(b"a")


def test_decrypt_fails_loudly_with_another_key(keys: list[str], settings: Any) -> None:
    token = crypto.encrypt(b"a")
    settings.CREDENTIAL_KEYS = [crypto.generate_key()]

    with pytest.raises(crypto.DecryptionError, match="CREDENTIAL_KEYS"):
        crypto.decrypt(token)
    with pytest.raises(crypto.DecryptionError):
        crypto.rotate(token)


@pytest.mark.parametrize("token", ["", "plain text", "gAAAAABé", "gAAAAA==", "\ud800"])
def test_decrypt_refuses_what_is_no_token(keys: list[str], token: str) -> None:
    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt(token)


def test_decrypt_refuses_an_altered_token(keys: list[str]) -> None:
    token = crypto.encrypt(b"a")
    altered = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]

    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt(altered)


def test_rotate_lets_the_old_key_be_dropped(keys: list[str], settings: Any) -> None:
    old = crypto.encrypt(b"a")
    new_key = crypto.generate_key()

    settings.CREDENTIAL_KEYS = [new_key, *keys]
    assert crypto.decrypt(old) == b"a"
    rotated = crypto.rotate(old)
    settings.CREDENTIAL_KEYS = [new_key]

    assert crypto.decrypt(rotated) == b"a"


@pytest.mark.parametrize("ring", [[], ["too short"]])
def test_encrypt_names_the_setting_when_it_is_unusable(settings: Any, ring: list[str]) -> None:
    settings.CREDENTIAL_KEYS = ring

    with pytest.raises(ImproperlyConfigured, match="CREDENTIAL_KEYS"):
        crypto.encrypt(b"a")


@pytest.fixture
def vault(db: None, keys: list[str]) -> Any:
    """A table of its own with one encrypted column."""
    with isolate_apps("django.contrib.contenttypes"):

        class Vault(models.Model):
            secret = EncryptedJSONField(null=True)

            class Meta:
                app_label = "contenttypes"

            def __str__(self) -> str:
                return "vault"

        # SQLite's schema editor cannot run inside the test's transaction.
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMPORARY TABLE contenttypes_vault (id integer PRIMARY KEY, secret text)"
            )
        yield Vault
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE contenttypes_vault")


def stored(vault: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM contenttypes_vault")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("value", [SECRET, ["new", "old"], "whsec_1", 7, {}, {"a": {"b": None}}])
def test_field_reads_back_what_was_saved(vault: Any, value: object) -> None:
    vault.objects.create(id=1, secret=value)

    assert vault.objects.get().secret == value
    assert vault.objects.values_list("secret", flat=True).get() == value


def test_field_keeps_only_encrypted_text_in_the_database(vault: Any) -> None:
    vault.objects.create(id=1, secret=SECRET)

    assert "geheim" not in stored(vault)
    assert json.loads(crypto.decrypt(stored(vault))) == SECRET


def test_field_stores_none_as_null(vault: Any) -> None:
    vault.objects.create(id=1, secret=None)

    assert stored(vault) is None
    assert vault.objects.get(secret__isnull=True).secret is None


def test_field_raises_on_a_wrong_key_instead_of_giving_the_text(vault: Any, settings: Any) -> None:
    vault.objects.create(id=1, secret=SECRET)
    settings.CREDENTIAL_KEYS = [crypto.generate_key()]

    with pytest.raises(crypto.DecryptionError):
        vault.objects.get()


@pytest.mark.parametrize("value", [SECRET, ["geheim"], "geheim"])
def test_field_hides_its_value_from_repr(vault: Any, value: object) -> None:
    row = vault.objects.create(id=1, secret=value)

    assert "geheim" not in repr(row.secret)
    assert "geheim" not in repr(vault.objects.get().__dict__)
    assert "geheim" not in repr(vault.objects.values().get())


def test_field_refuses_to_be_searched(vault: Any) -> None:
    with pytest.raises(FieldError):
        vault.objects.filter(secret=SECRET)


def test_field_is_exported_encrypted_and_imported_again(vault: Any) -> None:
    row = vault.objects.create(id=1, secret=SECRET)

    exported = serializers.serialize("python", [row])[0]["fields"]["secret"]

    assert "geheim" not in exported
    assert EncryptedJSONField().to_python(exported) == SECRET


def test_field_is_written_plainly_into_migrations() -> None:
    text, imports = MigrationWriter.serialize(EncryptedJSONField(null=True))

    assert text == "productviz.lib.fields.EncryptedJSONField(null=True)"
    assert imports == {"import productviz.lib.fields"}
