"""A greenroom with something on: sessions of every kind, for pictures of the page and its tests."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import House
from tests.fakes.repositories import Repository
from tests.peers.agents import TELLING_AGENT, LittleAgent

MCP = Path(__file__).resolve().parents[1] / "peers" / "mcp_demo.py"
_ANSWER = """It weighs **42 ounces**:

- 40 for the housing and the glass
- 2 for the wick, which `trim()` keeps short

```python
def weight(housing: int, wick: int) -> int:
    return housing + wick
```"""
_COMPARED = """## Two lamps

They differ in *one* thing, the **wick `trim()` keeps short**:

| lamp | weight | wick |
|:--|--:|---|
| lantern | 42 oz | a\\|b |
| *torch* | 7 oz | none |

1. Light it
   - with a match
   - or as [the book](https://lamps.example/book_(1)) says
2. Wait

> It never was as bright.

See [this](javascript:alert(1)) and https://lamps.example/all."""
_SUM = {"tool": "demo.add", "parameters": {"a": 40, "b": 2}}
_WHERE = {"tool": "demo.where", "parameters": {}}
SCRIPT = [
    {"when": "sum|weigh", "reply": [{"text": "I add up the parts."}, _SUM]},
    {"when": "^42$", "reply": [{"text": _ANSWER}]},
    {"when": "where", "reply": [{"text": "I ask where the tools run."}, _WHERE]},
    {"when": "compare", "reply": [{"text": _COMPARED}]},
    {"when": "slowly", "reply": [{"text": "That took a while."}], "delay_seconds": 30},
    {"when": "/", "reply": [{"text": "It runs there."}]},
    {"reply": [{"text": "I have no line for that."}]},
]


def prepare(house: House) -> None:
    """The settings, before the daemon starts: a scripted model, a tool server, an agent."""
    (house.home / "script.jsonl").write_text("".join(json.dumps(line) + "\n" for line in SCRIPT))
    rover = {
        "id": "rover",
        "name": "Rover",
        "command": sys.executable,
        "args": [str(TELLING_AGENT)],
        "session_id_args": ["--session-id", "{conversation}"],
        "resume_args": ["--resume", "{conversation}"],
        "prompt_args": ["--", "{prompt}"],
        "hooks": "claude-code",
    }
    little = LittleAgent(house.home / "conversations").definition()
    for other in ("session_id_args", "resume_args", "no_conversation"):
        del little[other]  # it goes on with `--continue` alone
    house.workspace(
        {
            "models": {
                "active": "scripted",
                "providers": {"scripted": {"script": str(house.home / "script.jsonl")}},
            },
            "mcp_servers": {"demo": {"command": sys.executable, "args": [str(MCP)]}},
            "permissions": {"rules": [{"tool": "demo.add", "decision": "allow"}]},
            "agents": [rover, little],
        }
    )


class Stage:
    """What was put on: the ids of the sessions by their titles."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ids: dict[str, str] = {}
        self.repository = Repository(house.home / "lantern")
        self.repository.commit(None, **_LANTERN)

    def make(self, title: str, **fields: Any) -> Any:
        made = self.house.data_of({"type": "create-session", "title": title, **fields})
        self.ids[title] = made["id"]
        return made

    def fill(self) -> "Stage":
        """A conversation that asks, worktrees with changes, an agent that asks, a fork, a shell."""
        home = str(self.house.home)
        where = {"session_type": "worktree", "repository": str(self.repository.place)}
        agent = {"type": "agent", "agent": "rover", "name": "rover"}
        shell = {"type": "terminal", "name": "shell", "env": {"PS1": "lantern $ "}}
        self.make("Shell in the house", location_path=home, worker=shell)
        dimmer = self.make("Dim the lantern at night", **where, branch="dimmer", worker=shell)
        self._work(dimmer)
        self.make("Wick that trims itself", **where, branch="wick", worker=agent)
        self.type("Wick that trims itself", "rover", "/ask")
        self.make(
            "Say what a lantern weighs",
            **where,
            branch="weigh",
            worker={"type": "conversation", "name": "talk"},
        )
        self.say("Say what a lantern weighs", "What does a lantern weigh, with its wick?")
        fork = self.house.data_of(
            {
                "type": "fork-session",
                "session": self.ids["Say what a lantern weighs"],
                "title": "And in ounces",
            }
        )
        self.ids["And in ounces"] = fork["id"]
        self.say("Say what a lantern weighs", "And where do you run?", wait=False)
        self.make("Compare two lamps", location_path=home, worker={"type": "conversation"})
        self.say("Compare two lamps", "Please compare the two.")
        more = {"session": self.ids["Say what a lantern weighs"]}
        self.house.data_of({"type": "create-worker", "worker": shell, **more})
        self.house.data_of({"type": "create-worker", "worker": agent, **more})
        self.make("Paint it green", location_path=home, worker=agent)
        self.house.data_of({"type": "pause-session", "session": self.ids["Paint it green"]})
        self.house.wait(
            lambda: self.house.data_of({"type": "list-permissions"})["permissions"], "the question"
        )
        return self

    def _work(self, session: Any) -> None:
        place = Path(session["location_path"])
        (place / "lantern.py").write_text(
            _LANTERN["lantern.py"].replace("return 1.0", "return 0.2 if is_night(hour) else 1.0")
            + _NIGHT
        )
        (place / "notes.md").write_text("# Notes\n\nNight begins at nine.\n")
        self.type(
            session["title"],
            "shell",
            'clear; git status --short --branch; python3 -B -c "import lantern; lantern.show()"',
        )

    def type(self, title: str, worker: str, text: str) -> None:
        self.house.data_of(
            {
                "type": "write-input",
                "session": self.ids[title],
                "worker": worker,
                "data": f"{text}\r",
            }
        )

    def say(self, title: str, text: str, *, wait: bool = True) -> None:
        self.house.data_of(
            {"type": "request", "session": self.ids[title], "content": text, "wait": wait}
        )


_LANTERN = {
    "lantern.py": '''"""A lantern, and how bright it is."""


def brightness(hour: int) -> float:
    return 1.0


def show() -> None:
    for hour in range(18, 24):
        print(f"{hour}:00 " + "#" * int(brightness(hour) * 40))
'''
}
_NIGHT = '''

def is_night(hour: int) -> bool:
    """From nine in the evening on."""
    return hour >= 21 or hour < 6
'''
