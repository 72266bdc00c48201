"""Only plain files of ours are read, each is claimed once, and answers are whole."""

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from storage import request_files as files
from storage.errors import FileRefused, StorageError
from tests.storage.listing import listed


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox" / ".claimed").mkdir(parents=True)
    return tmp_path / "inbox"


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    (tmp_path / "outbox").mkdir()
    return tmp_path / "outbox"


def drop(inbox: Path, name: str, content: str = "{}", changed: float | None = None) -> None:
    (inbox / name).write_text(content)
    if changed is not None:
        os.utime(inbox / name, (changed, changed))


def seen(inbox: Path) -> list[files.Candidate]:
    return files.scan(inbox, time.time()).candidates


def only(inbox: Path) -> files.Candidate:
    (candidate,) = seen(inbox)
    return candidate


def names(inbox: Path) -> list[str]:
    return [candidate.name for candidate in seen(inbox)]


def read(inbox: Path, *, settled: bool = True) -> Any:
    changed = (inbox / only(inbox).name).lstat().st_mtime
    name = only(inbox).name
    found = files.read(inbox / name, changed + 5 if settled else changed, closely=True)
    return None if found is None else found.request


def refused(inbox: Path) -> str:
    with pytest.raises(FileRefused) as caught:
        read(inbox)
    return str(caught.value)


def put(outbox: Path, name: str, content: bytes, **how: bool) -> None:
    (failure,) = files.put_answers(outbox, [files.Outgoing(name=name, content=content, **how)])
    assert failure is None


def test_files_come_in_order_of_change_then_name(inbox: Path) -> None:
    drop(inbox, "c.json", changed=100)
    drop(inbox, "b.json", changed=200)
    drop(inbox, "a.json", changed=200)
    assert names(inbox) == ["c.json", "a.json", "b.json"]


def test_other_names_and_hidden_files_are_passed_over(inbox: Path) -> None:
    for name in ("job.json.tmp", "job.txt", ".job.json", ".job.json.swp", "job.json~"):
        drop(inbox, name)
    assert names(inbox) == []


def test_other_names_are_told_once_they_have_settled(inbox: Path) -> None:
    for name in ("job.txt", "job.json~", ".job.json.swp"):
        drop(inbox, name, changed=1000)
    assert files.scan(inbox, 1000.5).others == []
    assert sorted(files.scan(inbox, 1001.0).others) == ["job.json~", "job.txt"]


def test_what_is_just_being_taken_is_passed_over(inbox: Path) -> None:
    drop(inbox, "job.json")
    inode = (inbox / "job.json").stat().st_ino
    assert files.scan(inbox, time.time(), {inode}).candidates == []


def test_a_whole_request_is_read(inbox: Path) -> None:
    drop(inbox, "job.json", '{"type": "get-status"}')
    assert read(inbox, settled=False) == {"type": "get-status"}


def test_half_a_request_is_left_until_it_has_settled(inbox: Path) -> None:
    drop(inbox, "job.json", '{"type":\n "get-')
    assert read(inbox, settled=False) is None
    with pytest.raises(FileRefused) as caught:
        read(inbox)
    assert caught.value.line == 2


def test_a_request_that_has_gone_is_nothing(inbox: Path) -> None:
    drop(inbox, "job.json")
    candidate = only(inbox)
    (inbox / "job.json").unlink()
    assert files.read(inbox / candidate.name, 0.0) is None


def test_a_file_is_settled_when_it_was_left_alone_for_a_second(inbox: Path) -> None:
    drop(inbox, "job.json", "{", changed=1000)
    assert files.read(inbox / "job.json", 1000.5) is None
    assert files.read(inbox / "job.json", 999.9999) is None
    for now in (1001.0, 500.0):
        with pytest.raises(FileRefused):
            files.read(inbox / "job.json", now)


def test_what_is_no_object_is_refused_at_once(inbox: Path) -> None:
    drop(inbox, "job.json", "[1]")
    with pytest.raises(FileRefused, match="object"):
        read(inbox, settled=False)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "-Infinity"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"a": 1, "a": 2}', "twice"),
        ("[" * 65 + "]" * 65, "deeper than 64"),
        ("[" * 200_000, "nested deeper"),
        ("", "empty, or nothing but NUL bytes"),
    ],
)
def test_json_is_read_strictly(inbox: Path, content: str, reason: str) -> None:
    drop(inbox, "job.json", content)
    assert reason in refused(inbox)


def test_links_pipes_and_other_things_are_refused_without_being_opened(
    inbox: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("{}")
    (inbox / "link.json").symlink_to(secret)
    assert "not a regular file" in refused(inbox)
    (inbox / "link.json").unlink()
    os.mkfifo(inbox / "pipe.json")
    assert "not a regular file" in refused(inbox)
    (inbox / "pipe.json").unlink()
    (inbox / "directory.json").mkdir()
    assert "not a regular file" in refused(inbox)
    (inbox / "directory.json").rmdir()
    os.link(secret, inbox / "hard.json")
    assert "more than one name" in refused(inbox)


def test_a_socket_is_refused(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(inbox)
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("s.json")
    assert "not a regular file" in refused(inbox)


def test_what_took_the_name_since_the_scan_is_refused_too(inbox: Path, tmp_path: Path) -> None:
    def swap_for_a_pipe() -> None:
        os.mkfifo(inbox / "job.json")

    def swap_for_a_link() -> None:
        (tmp_path / "secret").write_text("{}")
        (inbox / "job.json").symlink_to(tmp_path / "secret")

    def swap_for_a_directory() -> None:
        (inbox / "job.json").mkdir()

    for swap in (swap_for_a_pipe, swap_for_a_link):
        drop(inbox, "job.json")
        candidate = only(inbox)
        (inbox / "job.json").unlink()
        swap()
        with pytest.raises(FileRefused):
            files.read(inbox / candidate.name, 0.0)
        (inbox / "job.json").unlink()
    drop(inbox, "job.json")
    candidate = only(inbox)
    (inbox / "job.json").unlink()
    swap_for_a_directory()
    with pytest.raises(FileRefused):
        files.read(inbox / candidate.name, 0.0)


def test_a_huge_sparse_file_is_refused_without_being_read(inbox: Path) -> None:
    with (inbox / "huge.json").open("wb") as file:
        file.truncate(2 << 30)
    assert "larger than" in refused(inbox)


def test_a_mebibyte_is_read_and_one_byte_more_is_not(inbox: Path) -> None:
    spare = files.SIZE_LIMIT_BYTES - len('{"a":""}')
    drop(inbox, "job.json", '{"a":"%s"}' % ("x" * spare))
    assert len(read(inbox)["a"]) == spare
    drop(inbox, "job.json", '{"a":"%s"}' % ("x" * (spare + 1)))
    assert "larger than" in refused(inbox)


def test_a_file_of_another_user_is_refused(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(inbox, "job.json")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "another user" in refused(inbox)


@pytest.mark.parametrize(
    "name",
    [
        "a b.json",
        "\x1b[2J.json",
        "ü.json",
        "x" * 101 + ".json",
        "x" * 250 + ".json",
        "-.json",
        "new\nline.json",
        "job.json\n.json",
        os.fsdecode(b"\xff\xfe.json"),
    ],
)
def test_a_hostile_name_is_told(inbox: Path, name: str) -> None:
    drop(inbox, name)
    assert "its name is not" in str(only(inbox).bad_name)


@pytest.mark.parametrize("name", [".json", "..json", "...json", ".job.json"])
def test_hidden_names_are_nobodys_concern(inbox: Path, name: str) -> None:
    drop(inbox, name, changed=1000)
    assert files.scan(inbox, time.time()) == files.Listing(candidates=[], others=[])


def test_a_scan_says_what_may_be_opened(inbox: Path) -> None:
    drop(inbox, "fine.json")
    os.mkfifo(inbox / "pipe.json")
    (inbox / "link.json").symlink_to("/etc/passwd")
    plain = {candidate.name: candidate.is_plain for candidate in seen(inbox)}
    assert plain == {"fine.json": True, "pipe.json": False, "link.json": False}


def test_a_link_in_place_of_a_directory_is_not_followed(
    inbox: Path, outbox: Path, tmp_path: Path
) -> None:
    drop(inbox, "job.json")
    for name, real in (("in", inbox), ("out", outbox)):
        (tmp_path / name).symlink_to(real)
    with pytest.raises(OSError, match="in'"):
        files.scan(tmp_path / "in", time.time())
    one = files.Outgoing(name="job", content=b"{}")
    assert [type(found) for found in files.put_answers(tmp_path / "out", [one])] == [StorageError]
    assert listed(outbox) == []


def test_ten_thousand_files_are_seen_in_one_look(inbox: Path) -> None:
    for number in range(10_000):
        os.close(os.open(inbox / f"{number}.json", os.O_CREAT | os.O_WRONLY))
    assert len(seen(inbox)) == 10_000


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"id": "mine"}, ("mine", "mine", True)),
        ({}, ("5-job", "job", False)),
        ({"id": "../up"}, ("5-job", "job", False)),
        ({"id": 5}, ("5-job", "job", False)),
        ({"id": "x" * 101}, ("5-job", "job", False)),
        ({"id": "ends\n"}, ("5-job", "job", False)),
    ],
)
def test_a_request_is_known_by_its_id_or_its_file(request_: dict[str, Any], expected: Any) -> None:
    found = files.identify(request_, "job.json", 5)
    assert (found.id, found.answer_name, found.explicit) == expected


def test_an_answer_replaces_the_one_before(outbox: Path) -> None:
    put(outbox, "job", b"one")
    put(outbox, "job", b"two", synced=False)
    assert (outbox / "job.json").read_bytes() == b"two"
    assert listed(outbox) == ["job.json"]
    assert (outbox / "job.json").stat().st_mode & 0o777 == 0o600


def test_of_two_answers_with_one_name_the_later_stays(outbox: Path) -> None:
    many = [files.Outgoing(name="job", content=b"%d" % number) for number in range(3)]
    assert files.put_answers(outbox, many) == [None, None, None]
    assert (outbox / "job.json").read_bytes() == b"2"


def test_an_answer_that_cannot_be_put_there_harms_no_other(outbox: Path) -> None:
    (outbox / "bad.json").mkdir()
    both = [files.Outgoing(name=name, content=b"{}") for name in ("bad", "good")]
    failure, fine = files.put_answers(outbox, both)
    assert failure is not None
    assert fine is None
    assert listed(outbox) == ["bad.json", "good.json"]


def test_an_answer_that_may_be_there_is_written_only_if_it_is_not(outbox: Path) -> None:
    put(outbox, "job", b"same")
    inode = (outbox / "job.json").stat().st_ino
    put(outbox, "job", b"same", unless_there=True)
    assert (outbox / "job.json").stat().st_ino == inode
    put(outbox, "job", b"else", unless_there=True)
    assert (outbox / "job.json").read_bytes() == b"else"
    put(outbox, "other", b"new", unless_there=True)
    assert (outbox / "other.json").read_bytes() == b"new"


def test_an_answer_takes_the_place_of_a_link_and_leaves_its_target(
    outbox: Path, tmp_path: Path
) -> None:
    (tmp_path / "target").write_text("theirs")
    for how in (False, True):
        (outbox / "job.json").unlink(missing_ok=True)
        (outbox / "job.json").symlink_to(tmp_path / "target")
        put(outbox, "job", b"theirs", unless_there=how)
        assert not (outbox / "job.json").is_symlink()
    assert (tmp_path / "target").read_text() == "theirs"


def test_a_stream_grows_by_lines(outbox: Path) -> None:
    files.append_stream(outbox, "talk", b'{"a":1}')
    path = files.append_stream(outbox, "talk", b'{"a":2}')
    assert path.read_bytes() == b'{"a":1}\n{"a":2}\n'


def test_a_stream_ends_with_the_answer_once(outbox: Path) -> None:
    files.end_stream(outbox, "talk", b"{}")
    assert listed(outbox) == []
    files.append_stream(outbox, "talk", b'{"a":{}')
    for _ in range(2):
        files.end_stream(outbox, "talk", b"{}")
        assert (outbox / "talk.jsonl").read_bytes() == b'{"a":{}\n{}\n'
    files.begin_stream(outbox, "talk")
    files.begin_stream(outbox, "talk")
    assert listed(outbox) == []


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden"])
def test_an_answer_cannot_be_led_elsewhere(outbox: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        put(outbox, name, b"{}")
    for write in (files.append_stream, files.end_stream):
        with pytest.raises(ValueError, match="cannot be the name"):
            write(outbox, name, b"{}")


def test_times_are_those_of_the_file_system(inbox: Path) -> None:
    drop(inbox, "job.json")
    assert abs(only(inbox).changed_ns / 1e9 - time.time()) < 60
