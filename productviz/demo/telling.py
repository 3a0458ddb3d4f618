"""What the demo says on the console, laid out for 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

INDENT = 2


def tell(console: Console, head: str, message: str) -> None:
    """A headline, and below it a sentence that wraps with an indent."""
    console.print(Text(head))
    console.print(Padding(Text(message), (0, 0, 0, INDENT)))


def addresses(console: Console, *rows: tuple[str, str, str]) -> None:
    """Where to go: a name, its address, and how to sign in there; an address is never broken."""
    console.print()
    width = max(len(name) for name, _, _ in rows) + INDENT
    for name, address, sign_in in rows:
        console.print(Text(f"{name:<{width}}{address}"), soft_wrap=True)
        console.print(Text(f"{'':<{width}}{sign_in}"), soft_wrap=True)
