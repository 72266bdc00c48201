"""Draws `docs/status.svg`: what `greenroom status` shows, of a greenroom that is made for it.

Run it with `python -m tests.docs.status_picture` when the look of `status` has changed.
"""

import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path

import pyte
from pyte.screens import Char

from tests.actors.git.places import new_repository
from tests.architecture.source_tree import ROOT
from tests.end_to_end.conftest import RUN, House

PICTURE = ROOT / "docs" / "status.svg"
COLUMNS, LINES = 118, 60
WIDTH, HEIGHT, EDGE = 8.4, 19, 18
"""Of a character, and of the space around them all, in pixels."""
BACKGROUND, FOREGROUND = "#16181d", "#d7dae0"
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
COLOURS = {
    "red": "#ef6b73",
    "green": "#7fc98b",
    "brown": "#e2b86b",
    "blue": "#7aa7f0",
    "magenta": "#c796e0",
    "cyan": "#6cc5c9",
    "default": FOREGROUND,
}
AGENT = "#!/bin/sh\necho 'claude works.'\nexec cat\n"


def furnished(house: House) -> None:
    """A shop with somebody at work in it."""
    place = house.home / "bin"
    place.mkdir()
    (place / "claude").write_text(AGENT)
    (place / "claude").chmod(0o700)
    house.environ["PATH"] = f"{place}:{house.environ['PATH']}"
    shop = new_repository(house.home / "shop")
    script = house.home / "script.jsonl"
    script.write_text(
        '{"reply": [{"text": "The total is rounded twice, in cart.py and in tax.py."}]}'
    )
    models = {"active": "scripted", "providers": {"scripted": {"script": str(script)}}}
    house.workspace({"models": models})
    house.run("start")
    house.run("new", str(shop), "--conversation", "--title", "why is the total wrong")
    house.run("send", "why is the total wrong", "Why is the total of an order wrong?")
    for n, title in enumerate(("round once", "round late"), 1):
        house.run(
            "new",
            "--repository",
            str(shop),
            "--worktree",
            f"fix-{n}",
            "--title",
            title,
            "--agent",
            "claude",
        )
    house.run("new", str(shop), "--terminal", "--title", "tests", "--", "sh", "-c", "sleep 600")
    house.run("pause", "round late")


def shown(house: House) -> pyte.Screen:
    """What a terminal shows of `greenroom status`."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, str(RUN), "--data", str(house.data), "status"],
        env={**house.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        while piece := _read(ours):
            stream.feed(piece)
    os.close(ours)
    return screen


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # the other end has gone
        return b""


def svg(screen: pyte.Screen) -> str:
    rows = [[screen.buffer[y][x] for x in range(COLUMNS)] for y in range(LINES)]
    while rows and not "".join(each.data for each in rows[-1]).strip():
        rows.pop()
    width, height = COLUMNS * WIDTH + 2 * EDGE, len(rows) * HEIGHT + 2 * EDGE
    size = f'viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="greenroom status">',
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        f'<g font-family="{FONTS}" font-size="14" xml:space="preserve">',
        *(line for y, row in enumerate(rows) for line in _pieces(row, y)),
        "</g></svg>",
    ]
    return "\n".join(lines) + "\n"


def _pieces(row: list[Char], y: int) -> Iterator[str]:
    """One text for each run of characters that look alike."""
    at = 0
    for (colour, is_bold), run in groupby(row, key=lambda each: (each.fg, each.bold)):
        text = "".join(each.data for each in run)
        if text.strip():
            bold = ' font-weight="600"' if is_bold else ""
            x = EDGE + at * WIDTH
            look = f'fill="{COLOURS.get(colour, FOREGROUND)}"{bold}'
            kept = escape(text.rstrip()).replace(" ", "\N{NO-BREAK SPACE}")
            yield f'<text x="{x:.1f}" y="{EDGE + y * HEIGHT + 14}" {look}>{kept}</text>'
        at += len(text)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="greenroom-") as directory:
        home = Path(directory)
        house = House(home / "data", home)
        try:
            furnished(house)
            screen = shown(house)
        finally:
            house.run("stop", expect=None)
    PICTURE.write_text(svg(screen).replace(directory, "~"))


if __name__ == "__main__":
    main()
