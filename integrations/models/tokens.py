"""Access that runs out: the one pair of tokens that a shop has given for this app."""

from __future__ import annotations

from django.db import models

from integrations.models.stores import Store
from productviz.lib.fields import EncryptedJSONField
from productviz.lib.rows import LeasedModel, PublicIdModel


class AccessToken(PublicIdModel, LeasedModel):
    """A store's access and refresh token. A new pair ends the old one, so there is one row a store.

    Whoever holds the lease asks for the next pair; ``version`` counts the pairs, so that nobody
    asks twice for the same one. ``is_dead``: only the merchant can get a new pair.
    ``exchanged_at``: when a visit last got a pair, so that the app was installed then.
    """

    PREFIX = "tok"

    store = models.OneToOneField(Store, on_delete=models.CASCADE, related_name="access_token")
    access = EncryptedJSONField(default=str)
    refresh = EncryptedJSONField(default=str)
    scope = models.TextField(blank=True, default="")
    expires_at = models.DateTimeField(null=True)
    refresh_expires_at = models.DateTimeField(null=True)
    exchanged_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    is_dead = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"access to {self.store_id}"
