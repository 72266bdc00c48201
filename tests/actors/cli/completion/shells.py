"""Shells on a terminal of their own, in which a line is typed and completed and run.

`greenroom` is there a program that completes as the real one, and for the rest keeps the words that
the shell made of the line: what a completion inserted is judged by what it then means.
"""

import contextlib
import json
import os
import select
import sys
import time
from pathlib import Path
from typing import Any

from ptyprocess import PtyProcess

from tests.fakes.environment import unmeasured

RUN = Path(__file__).resolve().parents[4] / "run.py"
SECONDS = 60.0
PROGRAM = """#!{python}
import json, os, sys
if sys.argv[1:2] == ["completion"]:
    os.execv({python!r}, [{python!r}, {run!r}, *sys.argv[1:]])
with open({kept!r} + ".part", "w") as file:
    json.dump(sys.argv[1:], file)
os.rename({kept!r} + ".part", {kept!r})
"""
RUN_COMMANDS = {
    "bash": "PS1='$ '\nbind 'set bell-style none'\nsource <(greenroom completion bash)\n",
    "zsh": (
        "PS1='$ '\nunsetopt beep\nautoload -Uz compinit && compinit -u -D\n"
        "source <(greenroom completion zsh)\n"
    ),
    "fish": (
        "set fish_greeting\nfunction fish_prompt; printf '$ '; end\n"
        "set -g fish_autosuggestion_enabled 0\ngreenroom completion fish | source\n"
    ),
}


class Shell:
    """`completed` types a line, presses Tab and Enter, and gives the words that were run."""

    def __init__(self, name: str, home: Path, data: Path) -> None:
        self._kept = home / "kept.json"
        programs = home / "bin"
        programs.mkdir(parents=True)
        text = PROGRAM.format(python=sys.executable, run=str(RUN), kept=str(self._kept))
        (programs / "greenroom").write_text(text)
        (programs / "greenroom").chmod(0o755)
        environ = {
            "HOME": str(home), "PATH": f"{programs}:{os.environ['PATH']}", "TERM": "xterm",
            "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "GREENROOM_HOME": str(data),
            **{key: value for key, value in unmeasured().items() if key.startswith("PYTHON")},
        }  # fmt: skip
        self._process: Any = PtyProcess.spawn(
            self._command(name, home), cwd=str(home), env=environ, dimensions=(40, 200)
        )
        self.seen = b""
        self._until(lambda: b"$ " in self.seen)

    @staticmethod
    def _command(name: str, home: Path) -> list[str]:
        if name == "bash":
            (home / "rc").write_text(RUN_COMMANDS[name])
            return ["bash", "--noprofile", "--rcfile", str(home / "rc"), "-i"]
        if name == "zsh":
            (home / ".zshrc").write_text(RUN_COMMANDS[name])
            return ["zsh", "-d", "-i"]
        (home / "rc").write_text(RUN_COMMANDS[name])
        return ["fish", "--no-config", "-i", "-C", f"source {home}/rc"]

    def completed(self, line: str) -> list[str]:
        self._kept.unlink(missing_ok=True)
        os.write(self._process.fd, f"{line}\t\r".encode())
        self._until(self._kept.exists)
        words: list[str] = json.loads(self._kept.read_text())
        return words

    def shown(self, line: str, *texts: str) -> str:
        """What is on the screen once all of the texts are, for two Tabs behind the line."""
        self.seen = b""
        os.write(self._process.fd, f"{line}\t\t".encode())
        self._until(lambda: all(text.encode() in self.seen for text in texts))
        os.write(self._process.fd, b"\x03")
        return self.seen.decode(errors="replace")

    def _until(self, is_there: Any) -> None:
        end = time.monotonic() + SECONDS
        while not is_there():
            assert time.monotonic() < end, self.seen[-2000:]
            if select.select([self._process.fd], [], [], 0.05)[0]:
                self.seen += os.read(self._process.fd, 65536)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._process.close(force=True)
