"""Edits that were refused of late are told, whatever else lies beside them."""

import os
from pathlib import Path

from storage import refused_edits

NOW = 1_800_000_000.0


def put(directory: Path, name: str, text: str, age_seconds: float = 0.0) -> None:
    path = directory / f"{name}.why.json"
    path.write_text(text)
    os.utime(path, (NOW - age_seconds, NOW - age_seconds))


def test_the_last_day_is_told_the_newest_last(tmp_path: Path) -> None:
    put(tmp_path, "sessions-1.json", '{"line": null, "path": null, "reason": "new"}', 1)
    put(tmp_path, "sessions-2.json", '{"line": 3, "path": "$.a", "reason": "older"}', 60)
    put(tmp_path, "sessions-3.json", '{"reason": "long ago"}', 90_000)
    told = refused_edits.recent(str(tmp_path), NOW)
    assert [each["reason"] for each in told] == ["line 3, $.a: older", "new"]
    assert told[1]["path"] == f"{tmp_path}/sessions-1.json"
    assert told[1]["at"] == "2027-01-15T07:59:59Z"


def test_what_is_no_reason_is_left_out(tmp_path: Path) -> None:
    for number, text in enumerate(("", "[]", "not json", "[" * 100_000, "\xff")):
        put(tmp_path, f"sessions-{number}.json", text)
    put(tmp_path, "job.json", '{"reason": "a request"}')
    (tmp_path / "sessions-9.json.why.json").mkdir()
    assert refused_edits.recent(str(tmp_path), NOW) == []
    assert refused_edits.recent(str(tmp_path / "none"), NOW) == []
