"""The figures as a table for people and as JSON for machines."""

import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from benchmarks.measuring import Figure

_COLUMNS = ("row", "what", "ours", "reference", "ratio", "goal", "")


def table(figures: Iterable[Figure]) -> str:
    """One line per figure, in columns."""
    lines = [_COLUMNS, *(_cells(one) for one in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def as_json(figures: Iterable[Figure], failures: Mapping[str, str]) -> bytes:
    """With every round, and what it was measured on; `failures`: row -> why it gave nothing."""
    found = {
        "at": datetime.now(UTC),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "figures": list(figures),
        "failures": failures,
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"


def _cells(one: Figure) -> tuple[str, ...]:
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    return (
        one.row,
        one.what,
        f"{_number(one.ours)} {one.unit}",
        _reference(one),
        ratio,
        one.goal.shown(one.unit),
        {True: "reached", False: "missed", None: "not judged"}[one.reached],
    )


def _reference(one: Figure) -> str:
    if one.reference is None:
        return f"{one.against} is missing: {one.missing}"
    return f"{_number(one.reference)} {one.unit} {one.against}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
