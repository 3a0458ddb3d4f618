"""The installation's own certificate and key, with which finished files are signed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from productviz.lib.fields import EncryptedJSONField


class SigningIdentity(models.Model):
    """A certificate chain and its private key. Replaced ones stay, to tell which files they signed.

    In the database, since every worker on every machine signs with the same one.
    """

    chain = models.TextField(help_text="PEM: the leaf, then its root.")
    key = EncryptedJSONField(help_text="PEM of the leaf's private key.")
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="one_current_identity"
            )
        ]

    def __str__(self) -> str:
        return f"certificate of {self.created_at:%Y-%m-%d}"
