"""Measures the rows of the table, prints how each compares, and writes JSON if asked."""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir

from benchmarks.ground import Ground, ground
from benchmarks.measuring import Figure, Say
from benchmarks.report import as_json, table
from benchmarks.table import ROWS, Row

_DESCRIPTION = """\
How fast greenroom is. Each row is measured beside something known, in the same run and in turn
with it: what counts is the ratio of the two. Prints one table, and how far it is while it runs;
all rows take a few minutes. Leave the machine alone meanwhile.
"""
_EXAMPLES = """\
examples:
  python -m benchmarks                      all rows
  python -m benchmarks --only P1            one of them
  python -m benchmarks --only P1,P2 --json results.json

rows:
"""

DONE = 0
FAILED = 1
USAGE = 2


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 when every row gave its figures, 1 when one did not, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    found: list[Figure] = []
    failures: dict[str, str] = {}
    with ground(options.directory, _saying("")) as place:
        for row in options.only:
            try:
                found += _measured(row, place, tiny=options.tiny)
            except KeyboardInterrupt:
                failures[row.name] = "interrupted; the rows after it were not begun"
                break
            except Exception as error:  # noqa: BLE001 - shown whole; the other rows are measured
                traceback.print_exc()
                failures[row.name] = f"{type(error).__name__}: {error}"
    print(table(found))
    for name, reason in failures.items():
        print(f"{name} was not measured: {reason}")
    if options.json:
        options.json.write_bytes(as_json(found, failures))
    return FAILED if failures else DONE


def _measured(row: Row, place: Ground, *, tiny: bool) -> list[Figure]:
    return row.measure(place.saying(_saying(row.name)), row.tiny if tiny else row.full)


def _saying(name: str) -> Say:
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:4.0f} s  {name}: {text}", file=sys.stderr, flush=True)

    return say


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=_DESCRIPTION,
        epilog=_EXAMPLES + "".join(f"  {row.name:<5}{row.what}\n" for row in ROWS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", metavar="ROW[,ROW…]", type=_rows, default=ROWS, help="these rows alone"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures there too")
    parser.add_argument(
        "--directory",
        metavar="DIR",
        type=_directory,
        help=f"where to write while measuring, on a real disk (default: {gettempdir()})",
    )
    parser.add_argument(
        "--tiny",
        action="store_true",
        help="a few of everything: does it run? says nothing of speed",
    )
    return parser


def _rows(text: str) -> list[Row]:
    by_name = {row.name: row for row in ROWS}
    unknown = [name for name in text.split(",") if name not in by_name]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"there is no row {', '.join(unknown)}; the rows are {', '.join(by_name)}"
        )
    return [by_name[name] for name in text.split(",")]


def _directory(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a directory")
    return Path(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
