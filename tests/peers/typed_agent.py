"""A little agent program with an input line of its own, drawn in a frame, to be typed into.

`--said FILE` gets a line of JSON for each prompt that it took. Its weaknesses are options: it may
be deaf at first, redraw late, lose the first Enter, ask before anything else, hide its cursor, show
nothing of what is typed, or know no bracketed paste.
"""

import argparse
import json
import os
import re
import select
import sys
import time
import tty
from pathlib import Path

WIDTH = 60
_PIECES = re.compile(r"\x1b\[200~|\x1b\[201~|\x1b|.", re.DOTALL)


class Agent:
    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.line = ""
        self.pasting = False
        self.pastes: list[str] = []
        self.told: list[str] = []
        self.enters_to_lose = asked.lose_enters
        self.asks = asked.asks

    def take(self, text: str) -> None:
        for piece in _PIECES.findall(text):
            if self.asks:
                self.answer(piece)
            elif piece in {"\x1b[200~", "\x1b[201~"}:
                self.pasting = piece.endswith("0~")
            elif self.pasting:
                self.line += "\n" if piece == "\r" else piece
            elif piece == "\r":
                self.submit()
            elif piece == "\x15":
                self.line = ""
            else:
                self.line += piece

    def answer(self, piece: str) -> None:
        self.asks = False
        with self.asked.said.open("a") as file:
            file.write(json.dumps({"answered": piece}) + "\n")

    def submit(self) -> None:
        if self.enters_to_lose:
            self.enters_to_lose -= 1
            return
        if self.asked.stuck or not self.line:
            return
        with self.asked.said.open("a") as file:
            file.write(json.dumps({"said": self.line}) + "\n")
        self.told += [f"> {self.shown()}", f"* heard {len(self.line)} characters"]
        self.line = ""

    def shown(self) -> str:
        if self.asked.fold and self.line.count("\n") > 1:
            return f"[Pasted text #1 +{self.line.count(chr(10))} lines]"
        return self.line

    def draw(self) -> None:
        if self.asks:
            self.show([*self.told, "Really go on (y/n)?"], "")
            return
        rows = ["> "] if self.asked.blind else self.rows()
        box = [f"| {row:<{WIDTH}} |" for row in rows]
        edge = "+" + "-" * (WIDTH + 2) + "+"
        lines = [*self.told[-8:], edge, *box, edge, "? for help"]
        up = f"\x1b[{len(lines) - lines.index(edge) - len(box)}A"
        self.show(lines, f"{up}\r\x1b[{2 + len(rows[-1])}C")

    def rows(self) -> list[str]:
        rows: list[str] = []
        for number, line in enumerate(self.shown().split("\n")):
            text = ("> " if number == 0 else "  ") + line
            rows += [text[at : at + WIDTH] for at in range(0, len(text), WIDTH)] or [""]
        return rows

    def show(self, lines: list[str], place: str) -> None:
        place = "" if self.asked.hides_cursor else place
        os.write(1, ("\x1b[H\x1b[2J" + "\r\n".join(lines) + place).encode())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--said", type=Path, required=True)
    parser.add_argument("--deaf", type=float, default=0.0)
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--lose-enters", type=int, default=0)
    for option in ("plain", "asks", "hides-cursor", "fold", "blind", "stuck"):
        parser.add_argument(f"--{option}", action="store_true")
    agent = Agent(parser.parse_args())
    tty.setraw(0)
    os.write(1, b"" if agent.asked.plain else b"\x1b[?2004h")
    agent.draw()
    deaf_until = time.monotonic() + agent.asked.deaf
    while True:
        select.select([0], [], [])
        data = os.read(0, 65536)
        if not data:
            sys.exit(0)
        if time.monotonic() < deaf_until:
            continue
        time.sleep(agent.asked.slow)
        agent.take(data.decode())
        agent.draw()


main()
