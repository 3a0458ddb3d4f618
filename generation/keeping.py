"""What a worker makes on the way is kept only while the generation is still its own.

Another worker may have taken it over, somebody may have cancelled it, or its store may have been
erased: then a late cut-out, candidate or asset is dropped, and its files go in the next sweep.
"""

from __future__ import annotations

from generation.errors import LeaseLost
from generation.models import Generation
from productviz.lib.lease import held


def still_held(generation: Generation) -> None:
    """Lock the row as it was claimed, to the end of the caller's transaction; raises LeaseLost."""
    rows = held(generation, generation.lease_owner).select_for_update().values_list("pk")
    if not list(rows):
        raise LeaseLost
