"""The demonstration's edits of `sessions.json`: a good one is done, a wrong one kept."""

from pathlib import Path
from typing import Any

from actors.demo.stage import Stage

BEFORE, AFTER = '"title": "demo"', '"title": "edited by hand"'
WRONG = '"desired": "dancing"'


def edit(stage: Stage, session_id: str) -> None:
    """Both are saved as editors do it: another file, then a rename."""
    _replace(stage, BEFORE, AFTER)

    def retitled() -> bool:
        sessions = stage.status()["sessions"]
        return any(one["id"] == session_id and one["title"] == "edited by hand" for one in sessions)

    stage.wait("the new title", retitled)
    stage.say("changed the title in sessions.json with an editor: status shows the new one")
    _replace(stage, '"desired": "run"', WRONG)

    def refused() -> Any:
        return next(iter(stage.status()["store"]["rejected_edits"]), None)

    why = stage.wait("the refusal", refused)
    kept = Path(why["path"]).relative_to(stage.root)
    stage.say(f"changed it to {WRONG}: refused, {why['reason']}; kept as {kept}")


def _replace(stage: Stage, old: str, new: str) -> None:
    """The first place where `old` stands."""
    path = stage.root / "workspaces" / "default" / "sessions.json"
    text = stage.wait(f"{old} in {path.name}", lambda: _with(path, old))
    half = path.with_name("sessions.json.new")
    half.write_text(text.replace(old, new, 1), encoding="utf-8")
    half.rename(path)


def _with(path: Path, old: str) -> str | None:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return text if old in text else None
