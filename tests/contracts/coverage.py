"""Which recordings the contract test replays, and which it leaves out, and why.

A recording that stands in neither table fails the test, so that a new one must be placed.
"""

from __future__ import annotations

# prefix -> numbers and ranges of the recorded files
COVERED = {
    "a-auth": "1-21 24 26-50",
    "c-list": "1-7 9-11 13-47 49 52",
    "c-tz": "1-10",
    "c-tz2": "1-14",
    "d-images": "1-41 43 44 46-70",
    "e-media": "1-33 36-39 42",
    "g-wcauth": "1 2 5-43 46-64",
    "h-apppw": "1-26",
    "i-hooks": "1-34 36-47",
}
EXCLUDED = {
    "a-auth-25": "the schema that OPTIONS prints is not simulated; no client of ours reads it",
    "c-list-48": "store settings are not simulated",
    "c-list-50": "store settings are not simulated",
    "c-list-51": "only the environment part of the system status is simulated (52 covers it)",
    "d-images-42": "needs a listener on port 443; tests/sandbox covers it on another port",
    "d-images-45": "the message came from the recording's own test plug-in, not from WordPress",
    "e-media-34": "counts a media library that no recording lists",
    "e-media-35": "which seeded pictures had a parent is in no recording",
    "g-wcauth-03": "needs a listener on port 443; tests/sandbox covers it on another port",
    "g-wcauth-04": "belongs to g-wcauth-03",
    "g-wcauth-44": "an address without scheme means https on port 443",
    "g-wcauth-45": "belongs to g-wcauth-44",
    "i-hooks-35": "orders exist only for their effect on stock and webhooks (36 covers it)",
}


def covered_numbers(prefix: str) -> set[int]:
    """The recorded numbers of a prefix that are replayed."""
    numbers: set[int] = set()
    for part in COVERED[prefix].split():
        low, _, high = part.partition("-")
        numbers |= set(range(int(low), int(high or low) + 1))
    return numbers


def key_of(name: str) -> tuple[str, int]:
    """Split a file name into prefix and number."""
    prefix, _, rest = name.partition("-")
    group, _, rest = rest.partition("-")
    return f"{prefix}-{group}", int(rest.partition("-")[0])


def is_covered(name: str) -> bool:
    """Whether the test replays this file."""
    prefix, number = key_of(name)
    return prefix in COVERED and number in covered_numbers(prefix)


def is_excluded(name: str) -> bool:
    """Whether the table of exclusions names this file."""
    prefix, number = key_of(name)
    return f"{prefix}-{number:02d}" in EXCLUDED
