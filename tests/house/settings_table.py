"""Writes the table of settings in docs/operations.md from the typed ``Env``."""

from __future__ import annotations

from pathlib import Path

from pydantic_core import PydanticUndefined

from productviz.env import ROOT, Env

PAGE = ROOT / "docs" / "operations.md"
START, END = "<!-- settings:", "<!-- end of settings -->"


def table() -> str:
    """The settings as a Markdown table."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Env.model_fields.items():
        default = "" if field.default is PydanticUndefined else field.default
        shown = "" if default in ("", None) else f"`{_relative(default)}`"
        rows.append(f"| `PRODUCTVIZ_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def page_with_table() -> str:
    """The page as it should be."""
    text = PAGE.read_text()
    head, _, rest = text.partition(START)
    marker, _, rest = rest.partition("\n")
    _, _, tail = rest.partition(END)
    return f"{head}{START}{marker}\n{table()}\n{END}{tail}"


def _relative(default: object) -> str:
    return str(default.relative_to(ROOT)) if isinstance(default, Path) else str(default)


if __name__ == "__main__":
    PAGE.write_text(page_with_table())
