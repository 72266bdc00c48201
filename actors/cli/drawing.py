"""Trees and tables as lines of spans. PURE; knows nothing of what they show."""

from __future__ import annotations

from actors.cli.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from actors.cli.console import Line, Span

BOXES = ("├── ", "└── ", "│   ", "    ")
ASCII = ("|-- ", "`-- ", "|   ", "    ")
LABEL_LIMIT = 60
STYLES = {
    "running": "good", "active": "good", "ok": "good", "completed": "good",
    "starting": "warn", "stopping": "warn", "degraded": "warn", "paused": "warn",
    "asking": "warn", "queued": "warn", "interrupted": "warn",
    "quarantined": "bad", "lost": "bad", "failed": "bad", "error": "bad",
}  # fmt: skip


def style_of(state: object) -> str:
    """The style of a state's word; dim for whatever is at rest."""
    return STYLES.get(str(state), "dim")


class Node:
    """A line of a tree: `label` in a column of its own, then `detail`."""

    __slots__ = ("children", "detail", "label")

    def __init__(
        self, label: Sequence[Span], detail: Sequence[Span] = (), children: Iterable[Node] = ()
    ) -> None:
        self.label = list(label)
        self.detail = list(detail)
        self.children = list(children)


def tree_lines(roots: Iterable[Node], *, boxes: bool) -> list[Line]:
    """Every root with what hangs below it, the details aligned."""
    marks = BOXES if boxes else ASCII
    rows = [row for root in roots for row in _rows(root, "", "", marks)]
    width = min(max((width_of(left) for left, _ in rows), default=0), LABEL_LIMIT)
    return [_beside(left, right, width) for left, right in rows]


def table_lines(headings: Sequence[str], rows: Sequence[Sequence[Span]]) -> list[Line]:
    """Columns as wide as their widest cell, below dim headings."""
    table: list[Sequence[Span]] = [[(heading, "dim") for heading in headings], *rows]
    widths = [max(width_of([row[at]]) for row in table) for at in range(len(headings))]
    return [_table_line(row, widths) for row in table]


def width_of(spans: Iterable[Span]) -> int:
    return sum(len(printable(text)) for text, _ in spans)


def shortened(text: str, width: int) -> str:
    """`text` fit for a screen, in at most `width` characters; … stands for what is left out."""
    shown = printable(text)
    return shown if len(shown) <= width else f"{shown[: max(width - 1, 0)]}…"


def spread(spans: Iterable[Span]) -> list[Span]:
    """The spans that say anything, with commas between them."""
    line: list[Span] = []
    for text, style in spans:
        if text:
            line += [(", ", "")] if line else []
            line.append((text, style))
    return line


def _rows(
    node: Node, first: str, others: str, marks: tuple[str, ...]
) -> list[tuple[Line, list[Span]]]:
    branch, last, bar, gap = marks
    rows = [([(first, "dim"), *node.label], node.detail)]
    for place, child in enumerate(node.children, start=1):
        is_last = place == len(node.children)
        rows += _rows(
            child, others + (last if is_last else branch), others + (gap if is_last else bar), marks
        )
    return rows


def _beside(left: Line, right: list[Span], width: int) -> Line:
    if not right:
        return left
    return [*left, (" " * max(2, width + 2 - width_of(left)), ""), *right]


def _table_line(row: Sequence[Span], widths: list[int]) -> Line:
    line: Line = []
    for place, (span, width) in enumerate(zip(row, widths, strict=True), start=1):
        padding = "" if place == len(row) else " " * (width + 2 - width_of([span]))
        line += [span, (padding, "")]
    return line
