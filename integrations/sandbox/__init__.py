"""Storefront simulators on loopback: real HTTP, real signatures, switchable faults.

They exist for the demo and the tests. They are not part of a production installation,
import no Django, and nothing outside the demo and the tests imports them.
"""

from __future__ import annotations
