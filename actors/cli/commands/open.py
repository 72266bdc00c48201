"""`open`: the page of the running daemon, in the browser.

The page logs in by the token in the fragment of its address. No argument of any process holds it:
the browser is given the path of a file of this user alone, which leads there and is removed as soon
as it was read.
"""

from __future__ import annotations

import html
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from actors.cli.arguments import Option, Spec
from actors.cli.command import Call, Command, accepted
from actors.cli.failures import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

START_SECONDS = 10.0
"""A daemon answers before it serves the page; that begins within this."""
READ_SECONDS = 15.0
"""A browser that has to be started first reads its file within this."""
GRACE_SECONDS = 0.5
LOOK_SECONDS = 0.05
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
PREFIX, ENDING = "open-", ".html"
_TOKEN = re.compile(r"[0-9a-f]{64}")
_PAGE = """<!doctype html>
<meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>greenroom</title>
<script>location.replace({script})</script>
<a href="{link}">greenroom</a>
"""


def _open(call: Call) -> int:
    url = _url(call)
    address = f"{url}/#token={_token(call)}"
    if call.values["print"]:
        return call.done({"url": address, "opened": False}, address)
    browser = browser_of(call.environ)
    if browser is None:
        text = f"{url} is the page; no browser is known here (DISPLAY and BROWSER are not set)"
        done = call.done({"url": url, "opened": False}, text)
        call.console.advise("an address to paste, which lets its reader in: greenroom open --print")
        return done
    with _leading_to(Path(call.data, "run"), address) as path:
        _start(browser, path, call.environ)
        done = call.done({"url": url, "opened": True}, f"{url} is open in your browser")
        call.console.advise(("if it is not, paste what this prints: greenroom open --print", "dim"))
        _wait_until_read(path)
    return done


def _url(call: Call) -> str:
    """Where the page is, waiting until a daemon that has just begun serves it.

    CommandError when it is not served.
    """
    with call.connect("get-status") as connection, call.at_work("the page is not served yet"):
        end = time.monotonic() + START_SECONDS
        while _begins(status := accepted(connection.ask({"type": "get-status"}))["data"]):
            if time.monotonic() > end:
                break
            time.sleep(LOOK_SECONDS)
    http = status.get("http") or {}
    url = str(http.get("url") or "").rstrip("/")
    if http.get("state") == "disabled":
        raise CommandError(
            "the page is not served: config.toml says enabled = false under [http]; change that,"
            " then: greenroom restart",
            code="no-page",
        )
    if http.get("problem"):
        raise CommandError(
            f"the page is not served: {http['problem']}; then: greenroom restart", code="no-page"
        )
    if not url or http.get("state") != "running":
        raise CommandError(
            f"the page is not served (http is {http.get('state') or 'stopped'}); see why with:"
            " greenroom status and greenroom logs; a restart tries again: greenroom restart",
            code="no-page",
        )
    return url


def _begins(status: dict[str, Any]) -> bool:
    """Whether the page may be served in a moment: not if its actor failed too often."""
    http = status.get("http") or {}
    nodes = [status.get("tree") or {}]
    while nodes:
        node = nodes.pop()
        if node.get("name") == "http" and node.get("state") == "quarantined":
            return False
        nodes += node.get("children") or []
    return not http.get("problem") and http.get("state") in {"stopped", "starting"}


def _token(call: Call) -> str:
    path = Path(call.data, "run", "token")
    try:
        found = path.read_text("ascii", "replace").strip()
    except FileNotFoundError:
        found = ""
    if not _TOKEN.fullmatch(found):
        raise CommandError(
            f"{path} holds no token; a restart makes one: greenroom restart", code="no-token"
        )
    return found


def browser_of(environ: Mapping[str, str]) -> list[str] | None:
    """The command that shows a page, `%s` being its place; None where nothing could be seen.

    `$BROWSER` may name several, by colons, as `xdg-open` has it; the first that is there is taken.
    """
    path = environ.get("PATH")
    for each in environ.get("BROWSER", "").split(":"):
        words = shlex.split(each) if each.strip() else []
        if words and shutil.which(words[0], path=path):
            return words if "%s" in each else [*words, "%s"]
    if shutil.which("wslview", path=path):
        return ["wslview", "%s"]
    if any(environ.get(name) for name in DISPLAYS) and shutil.which("xdg-open", path=path):
        return ["xdg-open", "%s"]
    return None


@contextmanager
def _leading_to(directory: Path, address: str) -> Iterator[Path]:
    """A file of this user alone that leads to `address`, until the end of the context."""
    for left in directory.glob(f"{PREFIX}*{ENDING}"):  # of one that was killed
        left.unlink(missing_ok=True)
    path = directory / f"{PREFIX}{secrets.token_hex(8)}{ENDING}"
    text = _PAGE.format(script=_for_script(address), link=html.escape(address))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        # Long before it was written: whoever reads it changes that, also where times are lazy.
        os.utime(path, ns=(0, path.stat().st_mtime_ns))
        yield path
    finally:
        path.unlink(missing_ok=True)


def _for_script(text: str) -> str:
    return json.dumps(text).replace("<", "\\u003c")


def _start(browser: list[str], path: Path, environ: Mapping[str, str]) -> None:
    command = [word.replace("%s", path.as_uri()) for word in browser]
    try:
        subprocess.Popen(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(
            f"{command[0]} cannot be started: {error.strerror}; paste what this prints:"
            " greenroom open --print"
        ) from None


def _wait_until_read(path: Path) -> None:
    """Until somebody has read it, but not for ever: times may be off where it lies."""
    end = time.monotonic() + READ_SECONDS
    with suppress(FileNotFoundError, KeyboardInterrupt):
        while time.monotonic() < end and path.stat().st_atime_ns == 0:
            time.sleep(LOOK_SECONDS)
        time.sleep(GRACE_SECONDS)


COMMANDS = {
    "open": Command(
        _open,
        Spec(options=[Option("--print", "print an address that lets its reader in; open nothing")]),
        (
            "greenroom open",
            "greenroom open --print    to paste into a browser; whoever has it may do everything",
            "$BROWSER is taken if it is set. The token of the address is in no command line.",
        ),
    )
}
