"""Trees and tables as lines of spans. PURE; knows nothing of what they show."""

from __future__ import annotations

from actors.cli.printable import cells, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from actors.cli.console import Line, Span

BOXES = ("├── ", "└── ", "│   ", "    ")
ASCII = ("|-- ", "`-- ", "|   ", "    ")
LABEL_LIMIT = 60
LABEL_LEAST = 24
LABEL_TENTHS = 6
"""Of a narrow terminal; what is beside a label says more than the end of a long title."""
TITLE_LEAST = 6
GAP = 2
"""Between two columns."""
TAIL_LIMIT = 80
TAIL_LEAST = 12
"""Less of a text tells nothing."""
STYLES = {
    "running": "good", "active": "good", "ok": "good", "completed": "good",
    "starting": "warn", "stopping": "warn", "degraded": "warn", "paused": "warn",
    "asking": "warn", "queued": "warn", "interrupted": "warn",
    "quarantined": "bad", "lost": "bad", "failed": "bad", "error": "bad",
}  # fmt: skip


def style_of(state: object) -> str:
    """The style of a state's word; dim for whatever is at rest."""
    return STYLES.get(str(state), "dim")


class Detail:
    """What stands beside a label: `cells` in columns, then `rest`, then `tail` as far as it fits.

    Lines with fewer cells go on with their rest behind the last of them.
    """

    __slots__ = ("cells", "rest", "tail")

    def __init__(
        self, cells: Sequence[Span] = (), rest: Sequence[Span] = (), tail: Span = ("", "")
    ) -> None:
        self.cells = list(cells)
        self.rest = list(rest)
        self.tail = tail


class Node:
    """A line of a tree: `label` in a column of its own, then `detail`."""

    __slots__ = ("children", "detail", "label")

    def __init__(
        self,
        label: Sequence[Span],
        detail: Detail | Sequence[Span] = (),
        children: Iterable[Node] = (),
    ) -> None:
        self.label = list(label)
        self.detail = detail if isinstance(detail, Detail) else Detail(rest=detail)
        self.children = list(children)


def tree_lines(roots: Iterable[Node], *, boxes: bool, columns: int | None = None) -> list[Line]:
    """Every root with what hangs below it, the details aligned; tails fit into `columns`, and
    labels leave room there for what stands beside them.
    """
    marks = BOXES if boxes else ASCII
    rows = [row for root in roots for row in _rows(root, "", "", marks)]
    limit = LABEL_LIMIT
    if columns is not None:
        limit = min(limit, max(columns * LABEL_TENTHS // 10, LABEL_LEAST))
        rows = [(_narrowed(left, limit), detail) for left, detail in rows]
    width = min(max((width_of(left) for left, _ in rows), default=0), limit)
    beside = detail_lines([detail for _, detail in rows], width + GAP, columns)
    return [_beside(left, right, width) for (left, _), right in zip(rows, beside, strict=True)]


def _narrowed(label: Line, limit: int) -> Line:
    """Its longest part is shortened, which is a title; the marks before it stay."""
    excess = width_of(label) - limit
    if excess <= 0 or len(label) == 1:
        return label
    at = max(range(1, len(label)), key=lambda each: width_of([label[each]]))
    text, style = label[at]
    room = max(width_of([label[at]]) - excess, TITLE_LEAST)
    return [*label[:at], (shortened(text, room), style), *label[at + 1 :]]


def detail_lines(details: Sequence[Detail], start: int, columns: int | None) -> list[Line]:
    """Their cells in columns; `start` is the width of what stands before them."""
    most = max((len(each.cells) for each in details), default=0)
    widths = [
        max(width_of([each.cells[at]]) for each in details if len(each.cells) > at)
        for at in range(most)
    ]
    return [_detail_line(each, widths, start, columns) for each in details]


def _detail_line(detail: Detail, widths: list[int], start: int, columns: int | None) -> Line:
    line: Line = []
    for cell, width in zip(detail.cells, widths, strict=False):
        padding = " " * (width + GAP - width_of([cell]))
        line += [cell, (padding, "")]
    if not detail.rest and not detail.tail[0]:
        return line[:-1] if any(text for text, _ in detail.cells) else []
    line += detail.rest
    text, style = detail.tail
    room = TAIL_LIMIT if columns is None else columns - start - width_of(line)
    if text and room >= TAIL_LEAST:
        line.append((shortened(text, room), style))
    return line


def table_lines(headings: Sequence[str], rows: Sequence[Sequence[Span]]) -> list[Line]:
    """Columns as wide as their widest cell, below dim headings."""
    table: list[Sequence[Span]] = [[(heading, "dim") for heading in headings], *rows]
    widths = [max(width_of([row[at]]) for row in table) for at in range(len(headings))]
    return [_table_line(row, widths) for row in table]


def width_of(spans: Iterable[Span]) -> int:
    """In cells of a screen."""
    return sum(cells(printable(text)) for text, _ in spans)


def shortened(text: str, width: int) -> str:
    """`text` fit for a screen, in at most `width` cells; … stands for what is left out."""
    shown = printable(text)
    if cells(shown) <= width:
        return shown
    room = max(width - 1, 0)
    kept = shown[:room]
    while cells(kept) > room:
        kept = kept[:-1]
    return f"{kept}…"


def spread(spans: Iterable[Span]) -> list[Span]:
    """The spans that say anything, with commas between them."""
    line: list[Span] = []
    for text, style in spans:
        if text:
            line += [(", ", "")] if line else []
            line.append((text, style))
    return line


def _rows(node: Node, first: str, others: str, marks: tuple[str, ...]) -> list[tuple[Line, Detail]]:
    branch, last, bar, gap = marks
    rows: list[tuple[Line, Detail]] = [([(first, "dim"), *node.label], node.detail)]
    for place, child in enumerate(node.children, start=1):
        is_last = place == len(node.children)
        rows += _rows(
            child, others + (last if is_last else branch), others + (gap if is_last else bar), marks
        )
    return rows


def _beside(left: Line, right: list[Span], width: int) -> Line:
    if not right:
        return left
    return [*left, (" " * max(GAP, width + GAP - width_of(left)), ""), *right]


def _table_line(row: Sequence[Span], widths: list[int]) -> Line:
    line: Line = []
    for place, (span, width) in enumerate(zip(row, widths, strict=True), start=1):
        padding = "" if place == len(row) else " " * (width + GAP - width_of([span]))
        line += [span, (padding, "")]
    return line
