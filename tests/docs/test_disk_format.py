"""docs/disk_format.md is enough to read and check a data directory, and leaves nothing out.

The reader beside this file knows the page alone. What it makes of whole and of damaged files is
compared with what greenroom itself makes of them.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, get_args

import msgspec.inspect
import pytest

from actors.terminals import host_files
from storage import attachments, edit_claims, last_good, revisions, staging, trash
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt
from storage.journal import log
from storage.journal.repair import is_torn
from storage.records.event import AnyEvent
from tests.actors.inbox.dropping import answer, creation, drop, settle
from tests.architecture.source_tree import ROOT
from tests.docs import independent_reader as reader
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House, house

PAGE = (ROOT / "docs" / "disk_format.md").read_text()
ROW = re.compile(r"^\| `([\w-]+)` \|([^|]*)\|", re.MULTILINE)
FIELD = re.compile(r"`(\w+\??)`")
LARGE = attachments.LIMIT_BYTES + 1


# Nothing is left out.


def section(name: str) -> dict[str, set[str]]:
    """The rows of the table below a heading, each with the fields in its second column."""
    text = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
    return {row[1]: set(FIELD.findall(row[2])) for row in ROW.finditer(text)}


def structs(kind: Any) -> Iterator[msgspec.inspect.StructType]:
    """Every struct that may stand in a value of this type."""
    found: dict[type, msgspec.inspect.StructType] = {}

    def look(inner: Any) -> None:
        if isinstance(inner, msgspec.inspect.StructType) and inner.cls not in found:
            found[inner.cls] = inner
            for one in inner.fields:
                look(one.type)
        below = [getattr(inner, name, None) for name in ("item_type", "value_type")]
        for one in [*getattr(inner, "types", ()), *below]:
            if one is not None:
                look(one)

    look(msgspec.inspect.type_info(kind))
    yield from found.values()


def named(struct: msgspec.inspect.StructType) -> set[str]:
    """Its fields as the page writes them: with a mark where it may be missing."""
    return {f"{one.encode_name}{'' if one.required else '?'}" for one in struct.fields}


def test_every_event_has_its_row_with_its_fields() -> None:
    events = {kind.__struct_config__.tag for kind in get_args(AnyEvent)}
    wanted = {str(one.tag): named(one) for one in structs(AnyEvent) if one.tag in events}
    assert section("Events") == wanted


def test_every_record_has_its_row_with_its_fields() -> None:
    rows = section("Records")
    records = [one for one in structs(AnyEvent) if one.cls not in get_args(AnyEvent)]
    for record in records:
        above = [kind.__name__ for kind in record.cls.__mro__ if kind.__name__ in rows]
        assert record.cls.__name__ in rows
        assert set().union(*(rows[name] for name in above)) == named(record), record.cls
    used = {kind.__name__ for record in records for kind in record.cls.__mro__}
    assert rows.keys() <= used
    for record in records:
        text = f'"type":"{record.tag}"'
        assert record.tag is None or f"`{text}`" in PAGE, text


def test_every_name_that_greenroom_uses_stands_there() -> None:
    data = DataDir(Path("/"))
    files = [value for value in vars(data).values() if isinstance(value, Path) and value.name]
    files += [host_files.socket_path(data.root), host_files.log_path(data.root)]
    names = {path.name for path in files}
    names |= {log.NAME, attachments.NAME, edit_claims.DIRECTORY, last_good.NAME, revisions.NAME}
    names |= {
        trash.PURGING,
        staging.IMPORTING,
        staging.FORKING,
        "keeper.pid",
        ".terminal-host.json",
    }
    assert {name for name in names if name not in PAGE} == set()


def test_the_reader_knows_the_page_alone() -> None:
    text = Path(reader.__file__).read_text()
    imported_names = set(re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE))
    assert imported_names <= sys.stdlib_module_names


# The page is enough.


def test_the_journal_on_the_page_is_one() -> None:
    block = re.search(r"```jsonl\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    journal = reader.read_journal(block[1].encode())
    assert (journal.verdict, journal.end.n) == ("end", 2)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A data directory after some work; the texts of all messages of its first session."""
    with house(tmp_path_factory.mktemp("home"), fronts=True) as greenroom:
        texts = work(greenroom)
        at_rest(greenroom)
        greenroom.stop()
    return greenroom.data.root, texts


def work(greenroom: House) -> list[str]:
    greenroom.converse([{"reply": [{"text": "yes, ünd 漢"}]}])
    made = greenroom.create(config={"temperature": 0.1}, title='Ü "quoted" \\ \t and more')
    greenroom.get("request", session=made["id"], content="hello")
    picture = f"data:image/png;base64,{'A' * LARGE}"
    content = [{"type": "text", "text": "look"}, {"type": "image", "url": picture}]
    greenroom.get("add-message", session=made["id"], message={"role": "user", "content": content})
    gone = greenroom.create(title="gone")["id"]
    greenroom.get("delete-session", session=gone)
    drop(greenroom, "one.json", creation(greenroom, id="own", metadata={"a": [1.5, None, "b"]}))
    drop(greenroom, "bad.json", "[]")
    message = {"role": "user", "content": "from a file"}
    drop(greenroom, "two.json", {"type": "add-message", "session": made["id"], "message": message})
    for name in ("own", "two"):
        assert answer(greenroom, name)["ok"]
    settle(greenroom)
    shell = greenroom.shell()
    greenroom.get("write-input", session=shell[0], worker=shell[1], data="echo $((40 + 2))\r")
    greenroom.shows(*shell, "42")
    return ["hello", "yes, ünd 漢", "look", "from a file"]


def at_rest(greenroom: House) -> None:
    """Until `sessions.json` says what all journals say."""
    data = greenroom.data

    def says_all() -> bool:
        file = data.sessions_file("default")
        if not file.exists():
            return False
        _, _, entries = reader.read_sessions(file.read_bytes())
        ends = {path.name: log.size_bytes(path) for path in data.sessions("default").iterdir()}
        return {entry["id"]: entry["bytes"] for entry in entries} == ends

    eventually(says_all, seconds=PATIENCE_SECONDS)


def test_all_of_it_can_be_read_and_checked(kept: tuple[Path, list[str]]) -> None:
    root, texts = kept
    found = reader.read(root)
    assert found.problems == []
    kinds = set(found.files.values())
    assert {"journal", "requests", "sessions", "revisions", "output", "attachment"} <= kinds
    assert {"answer", "refused", "run", "host", "settings", "text"} <= kinds
    entries = found.sessions["default"]
    assert len(entries) == 3
    for session_id, entry in entries.items():
        journal = found.journals[f"workspaces/default/sessions/{session_id}/journal.jsonl"]
        assert journal.end == (entry["n"], entry["bytes"], entry["crc"])
    titles = [entry["title"] for entry in entries.values()]
    assert titles[0] == 'Ü "quoted" \\ \t and more'
    assert [said(found, next(iter(entries)))] == [texts]


def said(found: reader.Reading, session_id: str) -> list[str]:
    journal = found.journals[f"workspaces/default/sessions/{session_id}/journal.jsonl"]
    messages = [e["message"] for e in journal.events if e["type"] == "message-added"]
    return [message["content"][0]["text"] for message in messages]


def test_each_request_is_accepted_answered_and_published(kept: tuple[Path, list[str]]) -> None:
    root, _ = kept
    found = reader.read(root)
    (path,) = [path for path, kind in found.files.items() if kind == "requests"]
    steps: dict[str, list[str]] = {}
    for event in found.journals[path].events:
        steps.setdefault(event["request_id"], []).append(event["type"])
    whole = ["request-accepted", "request-answered", "answer-published"]
    assert list(steps.values()) == [whole, whole]
    assert "own" in steps
    own = [event for event in found.journals[path].events if event["request_id"] == "own"]
    put = json.loads((root / "outbox" / "own.json").read_text())
    assert own[1]["answer"] == put
    done = found.journals[f"workspaces/default/sessions/{own[0]['session_id']}/journal.jsonl"]
    assert done.commits[0]["request"] == "own"


def test_the_deleted_session_lies_whole_in_the_trash(kept: tuple[Path, list[str]]) -> None:
    found = reader.read(kept[0])
    (path,) = [path for path in found.journals if "/trash/" in path]
    events = found.journals[path].events
    assert (events[-2]["type"], events[-1]["type"]) == ("session-deleting", "session-deleted")


# Damage is noticed, and judged as greenroom judges it.


def test_a_flipped_bit_is_noticed_wherever_it_is_checked(kept: tuple[Path, list[str]]) -> None:
    root, _ = kept
    checked = {"journal", "requests", "sessions", "attachment"}
    files = [root / path for path, kind in reader.read(root).files.items() if kind in checked]
    random = Random("flipped")
    for path in sorted(files):
        raw = path.read_bytes()
        for place in {0, len(raw) - 2, *random.sample(range(len(raw)), 12)}:
            path.write_bytes(flipped(raw, place, random.randrange(8)))
            assert reader.read(root).problems != [], (path, place)
        path.write_bytes(raw)
    assert reader.read(root).problems == []


def flipped(raw: bytes, place: int, bit: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]


def damaged(raw: bytes, random: Random) -> bytes:
    place = random.randrange(len(raw))
    lines = raw.splitlines(keepends=True)
    line = random.randrange(len(lines))
    match random.randrange(6):
        case 0:
            return raw[:place]
        case 1:
            return flipped(raw, place, random.randrange(8))
        case 2:
            return b"".join([*lines[:line], lines[line].rstrip(b"\n"), *lines[line + 1 :]])
        case 3:
            return b"".join([*lines[:line], *lines[line + 1 :]])
        case 4:
            return b"".join([*lines[: line + 1], lines[line], *lines[line + 1 :]])
        case _:
            return raw + bytes(random.randrange(1, 2000))


def greenrooms_verdict(path: Path, named_elsewhere: int) -> tuple[str, int]:
    try:
        found = log.read_at(path)
    except JournalCorrupt:
        return "corrupt", -1
    if found.fault is not None:
        torn = is_torn(found.fault, named_elsewhere)
        return ("torn", found.end.n) if torn else ("corrupt", -1)
    whole = found.end.n >= max(1, named_elsewhere)
    return ("end", found.end.n) if whole else ("corrupt", -1)


def test_both_come_to_the_same_verdict(kept: tuple[Path, list[str]], tmp_path: Path) -> None:
    root, _ = kept
    sources = [root / path for path in reader.read(root).journals if "sessions" in path]
    random, path, seen = Random("damaged"), tmp_path / "journal.jsonl", set()
    for _ in range(600):
        raw = damaged(random.choice(sources).read_bytes()[:20_000], random)
        path.write_bytes(raw)
        elsewhere = random.choice([0, 0, 0, 1, 2, 5])
        journal = reader.read_journal(raw, elsewhere)
        verdict = (journal.verdict, journal.end.n if journal.verdict != "corrupt" else -1)
        assert verdict == greenrooms_verdict(path, elsewhere), raw
        seen.add(journal.verdict)
    assert seen == {"end", "torn", "corrupt"}
