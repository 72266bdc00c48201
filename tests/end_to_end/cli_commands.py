"""The commands of a program, as words, for tests that go through all of them."""

import json
from collections.abc import Iterator

from tests.end_to_end.conftest import House
from tests.fakes.repositories import Repository

SCRIPT = [{"reply": [{"text": "yes"}]}] * 4


def furnish(house: House) -> str:
    """A model that answers by itself, and a repository; the place of that."""
    script = house.home / "script.jsonl"
    script.write_text("".join(f"{json.dumps(line)}\n" for line in SCRIPT))
    models = {"active": "scripted", "providers": {"scripted": {"script": str(script)}}}
    house.workspace({"models": models})
    return str(Repository(house.home / "shop").place)


def after(one: str, two: str, sent: str, file: str) -> Iterator[list[str]]:
    """What can be asked one after the other, once session `one` has answered the request `sent` and
    `two` has a terminal, until nothing runs any more.
    """
    for line in (
        "status", "open --print", "logs", "verify", "completion bash", "help", "ls", "mcp --config",
        f"show {one}", f"show {one}@1", f"history {one}", f"diff {one}", f"context {one}",
        f"send --no-wait {one} more", f"timer add {one} --in 1d go", f"timer ls {one}",
        f"cancel {sent}", "asks", f"budget {one}", f"limits {two}",
        f"budget {one} --usd 3", f"limits {two} --max-processes 90", f"pause {two}",
        f"resume {two}", f"halt {two}", f"run {two}", f"restart {two}", f"worker ls {two}",
        f"worker add {two} --terminal --name b", f"worker restart {two}/b", f"halt {two}/b",
        f"run {two}/b", f"restart {two}/b", f"type {two}/b true", f"output {two}/b",
        f"peek {two}/b", f"detach {two}/b", f"worker rm {two}/b", "agents", f"fork {one}",
        f"archive {two}", f"unarchive {two}", f"export {two} -o {file}", f"delete {two}", "trash",
        f"restore {two}", f"delete {two}", f"purge {two}", f"import {file}", "doctor", "restart",
        "stop", f"salvage {one}",
    ):  # fmt: skip
        yield line.split()
