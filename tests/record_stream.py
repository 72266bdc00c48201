"""Records what a real program writes to its terminal, and when: the files of samples/streams/.

`python -m tests.record_stream NAME FILE` plays one of SCENES and writes a file: a line that says
what was run, then `[seconds, "o", output]` and `[seconds, "i", input]`, the bytes as Latin-1.
The tests read the files; only whoever records needs the programs. An agent program gets a home of
its own, and a model that answers what the scene says.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.peers import claude
from tests.peers.message_streams import Answer, text
from tests.peers.messages_server import MessagesServer

COLS, ROWS = 80, 24

MAKEFILE = """\
OBJECTS = parser.o lexer.o tree.o main.o
program: $(OBJECTS)
\t@for n in 10 20 30 40 50 60 70 80 90 100; do \
printf '\\rlinking %3d%% [%-10s]' $$n $$(printf '%*s' $$((n/10)) '' | tr ' ' '#'); \
sleep 0.2; done; echo
%.o:
\t@sleep 0.3
\tcc -O2 -Wall -c $*.c -o $@ || true
"""


class Scene(NamedTuple):
    """`typed`: pauses in seconds and what is typed after them; `files` are there at the start.

    `answers`: what the model says to what (see `claude.answers`).
    """

    argv: tuple[str, ...]
    typed: tuple[float | str, ...]
    files: tuple[tuple[str, str], ...] = ()
    answers: tuple[tuple[str, Answer], ...] = ()


def _slowly(text: str) -> tuple[float | str, ...]:
    """As a person types."""
    return tuple(part for character in text for part in (0.12, character))


_SHELL = ("env", "PS1=$ ", "bash", "--norc", "--noprofile")
_LOOP = "for i in 1 2 3 4 5 6 7; do seq -s, 30; sleep 0.4; done"
_ANSWER = "It is a small project, and most of what it does stands in one file. "
_RUNS = claude.runs("sleep 5; touch made", "toolu_1")
_PAGES = "".join(f"line {n} of a long text, as a page has it\n" for n in range(400))

SCENES = {
    "shell": Scene(
        _SHELL,
        (3.0, *_slowly("ls -a"), 0.3, "\r", 3.0, *_slowly(_LOOP[:20]), _LOOP[20:], 0.5, "\r",
         6.5, *_slowly("rm -i old"), 0.3, "\r", 4.0, *_slowly("y"), "\r", 3.5),
        (("old", "old\n"),),
    ),
    "dash": Scene(
        ("env", "PS1=$ ", "dash", "-i"),
        (3.0, *_slowly("echo hello"), "\r", 3.0, "sleep 1; seq 300\r", 4.0),
    ),
    "vim": Scene(
        ("vim", "-u", "NONE", "-N", "-i", "NONE", "notes"),
        (3.0, *_slowly("jjjiwords that are typed"), 0.5, "\x1b", 0.5, "G", 0.3, "gg", 3.0,
         *_slowly(":confirm q"), "\r", 4.0, "n", 1.0),
        (("notes", _PAGES),),
    ),
    "less": Scene(
        ("less", "pages"),
        (3.0, " ", 0.4, " ", 0.4, " ", 0.4, "b", 0.4, *_slowly("/line 350"), "\r", 3.0, "q", 0.5),
        (("pages", _PAGES),),
    ),
    "claude": Scene(
        ("claude",),
        (4.0, *_slowly("What is it?"), 0.5, "\r", 8.0, "\x1b[200~one\ntwo\nthree\x1b[201~", 1.0,
         "\r", 5.0, *_slowly("no"), 4.0, "\x03", 0.5, "\x03", 0.5, "\x03", 1.0),
        answers=(
            ("What is it?", text(_ANSWER * 3).slowly(0.4)), ("three", text("Do you want to go on?"))
        ),
    ),
    "claude-tool": Scene(
        ("claude", "--", " Run it"),
        (6.0, "\r", 12.0),
        answers=(("Run it", _RUNS), ("completed", text("It has run."))),
    ),
    "claude-refused": Scene(
        ("claude", "--", " Run it"),
        (4.0, "\x1b", 4.0, *_slowly("wait"), "\r", 4.0, "\x03", 3.0),
        answers=(("Run it", _RUNS), ("wait", text(_ANSWER).slowly(3))),
    ),
    "claude-trust": Scene(("claude",), (4.0, "\r", 4.0)),
    "build": Scene((*_SHELL, "-c", "make; exec sleep 4"), (8.0,), (("Makefile", MAKEFILE),)),
}  # fmt: skip


def record(scene: Scene, place: Path, environ: dict[str, str]) -> Iterator[list[object]]:
    for name, content in scene.files:
        (place / name).write_text(content)
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(place)
        os.execvpe(scene.argv[0], scene.argv, environ)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLS, 0, 0))
    began = time.monotonic()
    try:
        for step in scene.typed:
            if isinstance(step, str):
                yield [_since(began), "i", step]
                os.write(master, step.encode("latin-1"))
            else:
                yield from _output(master, began, step)
    finally:
        os.close(master)
        os.waitpid(pid, 0)


def _output(master: int, began: float, seconds: float) -> Iterator[list[object]]:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([master], [], [], left)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # it ended
                return
            yield [_since(began), "o", data.decode("latin-1")]


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


def main(name: str, path: str) -> None:
    scene = SCENES[name]
    told = {"argv": scene.argv, "cols": COLS, "rows": ROWS}
    with tempfile.TemporaryDirectory() as home:
        place = Path(home, "work")  # which a program calls ~/work
        place.mkdir()
        claude.settle(Path(home), *(() if name.endswith("trust") else (place,)))
        with MessagesServer(claude.answers(dict(scene.answers))) as server:
            kept = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
            environ = {**kept, **claude.environment(Path(home), server.url)}
            lines = [told, *record(scene, place, environ)]
    written = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    Path(path).write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
