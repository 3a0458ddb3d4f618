"""Where webhooks may go: https on 443 and 8443, unless the operator says otherwise."""

from __future__ import annotations

from django.conf import settings

from productviz.lib.outbound import OutboundError, Target, is_listed, parse

PORTS = frozenset({443, 8443})
_NOT_HTTPS = (
    "Webhooks go to https:// addresses only. Put TLS in front of the receiver, or ask the operator"
    " of this installation to list the host in OUTBOUND_ALLOW_HOSTS."
)
_PORT = (
    "Webhooks go to the ports 443 and 8443 only. Use one of them, or ask the operator of this"
    " installation to list the host and port in OUTBOUND_ALLOW_HOSTS."
)


def check(url: str) -> Target:
    """Apply the rules that need no network, at registration and before every try.

    Raises OutboundError with a ``url_`` code.
    """
    target = parse(url)
    if settings.DEVELOPMENT or is_listed(target):
        return target
    if target.scheme != "https":
        raise OutboundError("url_scheme_not_allowed", message=_NOT_HTTPS)
    if target.port not in PORTS:
        raise OutboundError("url_port_not_allowed", message=_PORT)
    return target
