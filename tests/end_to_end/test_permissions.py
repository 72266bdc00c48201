"""R13: no call without permission. Questions outlive kills, and files answer them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import ROOT, House

LEDGER = ROOT / "tests" / "peers" / "mcp_ledger.py"
SCRIPT = [
    {"when": "note (\\w+)", "reply": [{"tool": "ledger.note", "parameters": {"text": "{{1}}"}}]},
    {"when": "noted (\\w+)", "reply": [{"text": "{{1}} is noted."}]},
    {"when": "denied", "reply": [{"text": "Not noted."}]},
]


def prepare(house: House, **permissions: Any) -> Path:
    """The settings, before the daemon starts; the file in which every call leaves a line."""
    ledger = house.home / "ledger"
    server = {"command": sys.executable, "args": [str(LEDGER), str(ledger)]}
    house.workspace(
        {
            "models": {
                "active": "scripted",
                "providers": {"scripted": {"script": str(house.home / "script.jsonl")}},
            },
            "mcp_servers": {"ledger": server},
            "permissions": permissions,
        }
    )
    lines = "\n".join(json.dumps(line) for line in SCRIPT)
    (house.home / "script.jsonl").write_text(lines)
    return ledger


def create(house: House, title: str, **more: Any) -> str:
    made = house.data_of(
        {"type": "create-session", "location_path": str(house.home), "title": title, "config": {},
         **more}
    )  # fmt: skip
    return str(made["id"])


def asked(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.data_of({"type": "list-permissions"})["permissions"]
    return found


def test_a_question_outlives_a_kill_is_answered_by_a_file_and_the_tool_runs_once(
    house: House,
) -> None:
    ledger = prepare(house)
    house.run("start")
    create(house, "talk")
    answer = house.drop("ask", {"type": "request", "session": "talk", "content": "note this"})
    (question,) = house.wait(lambda: asked(house), "the question")
    house.kill_daemon()
    (again,) = house.wait(lambda: asked(house), "the question after the kill")
    assert again["id"] == question["id"]
    assert 0 < again["seconds_left"] <= 300
    assert "ledger.note" in house.run("asks", "talk").stdout
    assert not ledger.exists()
    told = house.answer(
        "yes",
        {"type": "answer-permission", "permission": question["id"], "decision": "allow"},
    )
    assert (told["ok"], told["data"]["answered_by"]) == (True, "inbox")
    house.wait(answer.exists, "the answer of the model")
    assert json.loads(answer.read_bytes())["data"]["text"] == "this is noted."
    assert ledger.read_text() == "note this\n"
    late = house.run("answer", question["id"], "deny", expect=1)
    assert "was allowed already, by a file in inbox/" in late.stderr
    assert house.run("answer", "nothing", "deny", expect=1).stdout == ""
    house.run("verify")


def test_nobody_answering_means_no(house: House) -> None:
    ledger = prepare(house, deadline_seconds=0.5)
    house.run("start")
    create(house, "talk")
    done = house.run("send", "talk", "note", "this")
    assert done.stdout.rstrip().endswith("Not noted.")
    assert "may ledger.note" in done.stderr
    assert not ledger.exists()
    assert house.run("asks").stdout == "nothing is asked\n"


def test_a_question_is_told_where_one_looks_and_answered_on_the_command_line(
    house: House,
) -> None:
    prepare(house)
    house.run("start")
    create(house, "lead")
    child = create(house, "talk", parent="lead")
    sending = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), "--data", str(house.data), "send", "talk", "note x"],
        env=house.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    (question,) = house.wait(lambda: asked(house), "the question")
    status = house.json("status")
    assert [each["id"] for each in status["permissions"]] == [question["id"]]
    shown = house.run("status").stdout
    assert (
        shown.count(f"greenroom answer {question['id'][:12]}") == 2
    )  # at the child and its parent
    assert child in house.run("asks", "lead", "--json").stdout
    house.run("stop")
    asks = house.run("asks", expect=3)
    assert "ledger.note" in asks.stdout
    assert [each["id"] for each in house.json("status", expect=3)["permissions"]] == [
        question["id"]
    ]
    sending.communicate(timeout=60)
    house.run("start")
    assert house.run("answer", question["id"][:6], "allow").stdout == "ledger.note is allowed\n"
    house.wait(lambda: (house.home / "ledger").read_text() == "note x\n", "the note")
