"""Which internet addresses a request may go to, by number alone.

Own tables instead of ``ipaddress.is_global``: Python 3.11.7 calls NAT64, 6to4, site-local and
multicast forms of an internal address global. Names, ports and the operator's allow-list are
outbound.py's business.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

Address = IPv4Address | IPv6Address

# IANA special-purpose registry, multicast and reserved space, as of 2026-11.
_CLOSED_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

# Everything IANA gives out for the public internet lies in here; what is outside (compatible,
# NAT64, unique and site local, link local, multicast, 5f00::/16) needs no list of its own.
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # Teredo, ORCHID, benchmarking and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)

# Link-local counts as a whole: clouds keep credentials, time and name services there.
_METADATA = (
    IPv4Network("169.254.0.0/16"),
    IPv4Network("100.100.100.200/32"),  # Alibaba Cloud
    IPv4Network("168.63.129.16/32"),  # Azure; a public number
    IPv4Network("192.0.0.192/32"),  # Oracle Cloud
    IPv6Network("fe80::/10"),
    IPv6Network("fd00:ec2::/32"),  # AWS
    IPv6Network("fd20:ce::/32"),  # Google Cloud
)

_COMPATIBLE = IPv6Network("::/96")
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def is_public(address: str | Address) -> bool:
    """Whether ``address`` belongs to the public internet and to no cloud's own services.

    An IPv4-mapped address is judged as the IPv4 address that it connects to; other wrapped forms
    (compatible, NAT64, 6to4, Teredo) are never public. Raises ValueError if it is no address.
    """
    number = ip_address(address)
    if isinstance(number, IPv6Address) and number.ipv4_mapped is not None:
        number = number.ipv4_mapped
    if is_metadata(number):
        return False
    if isinstance(number, IPv4Address):
        return not any(number in block for block in _CLOSED_V4)
    return number in _OPEN_V6 and not any(number in block for block in _CLOSED_V6)


def is_metadata(address: str | Address) -> bool:
    """Whether ``address`` reaches a cloud's metadata service or another link-local one.

    True for every wrapped form of such an address too. Raises ValueError if it is no address.
    """
    number = ip_address(address)
    forms = [number, *(_wrapped(number) if isinstance(number, IPv6Address) else ())]
    return any(form in block for form in forms for block in _METADATA)


def _wrapped(number: IPv6Address) -> list[IPv4Address]:
    """Every IPv4 address that ``number`` may stand for."""
    inner = [number.ipv4_mapped, number.sixtofour, *(number.teredo or ())]
    if number in _COMPATIBLE or any(number in block for block in _NAT64):
        inner.append(IPv4Address(int(number) & 0xFFFFFFFF))
    return [address for address in inner if address is not None]
