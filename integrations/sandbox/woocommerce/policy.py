"""What this WordPress installation permits: its owner's switches in wp-config and mu-plugins.

`LOCAL` is a store under development, `STRICT` one on the public internet. Not for faults:
those are in `faults.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The installation's rules; all flags but the last are documented settings or filters."""

    environment_type: str
    application_passwords_over_http: bool
    private_hosts_allowed: bool
    any_port_allowed: bool
    # No real store has this one: WooCommerce demands an https callback always (2026-11-22).
    http_callback_allowed: bool


LOCAL = Policy(
    environment_type="local",
    application_passwords_over_http=True,
    private_hosts_allowed=True,
    any_port_allowed=True,
    http_callback_allowed=True,
)

STRICT = Policy(
    environment_type="production",
    application_passwords_over_http=False,
    private_hosts_allowed=False,
    any_port_allowed=False,
    http_callback_allowed=False,
)
