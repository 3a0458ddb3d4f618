"""Writes the table of diffusion models in docs/gpu.md from the registry."""

from __future__ import annotations

from generation.inference.engines.diffusion.registry import Model, load
from productviz.env import ROOT

PAGE = ROOT / "docs" / "gpu.md"
START, END = "<!-- models:", "<!-- end of models -->"


def table() -> str:
    """The models as a Markdown table."""
    head = "| name | hub id | licence | commercial | to fetch | memory | steps | paints |"
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *map(_row, load().models)])


def _row(model: Model) -> str:
    worst = next(
        word for word in ("no", "conditions", "yes")
        if any(each.commercial == word for each in model.licences)
    )  # fmt: skip
    cells = (
        f"`{model.name}`",
        ", ".join(source.hub_id for source in model.sources.values()),
        ", ".join(each.licence for each in model.licences),
        worst if worst == "yes" else f"**{worst}**",
        _gigabytes(model.download),
        f"{_gigabytes(model.memory[model.dtype])}, {model.dtype}",
        str(model.steps),
        ", ".join(model.serves) or "nothing: it looks at every painted picture",
    )
    return f"| {' | '.join(cells)} |"


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size > 1e9 else f"{size / 1e9:.2f} GB"


def page_with_table() -> str:
    """The page as it should be."""
    text = PAGE.read_text()
    head, _, rest = text.partition(START)
    marker, _, rest = rest.partition("\n")
    _, _, tail = rest.partition(END)
    return f"{head}{START}{marker}\n{table()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page_with_table())
