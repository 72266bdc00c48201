from pathlib import Path

from actors.adapters.bounded_log import BoundedLog


def test_what_is_appended_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "err.log"
    log = BoundedLog(path)
    log.append(b"one\n")
    log.append(b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    assert log.last_line == "two"


def test_the_file_and_its_predecessor_stay_within_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "err.log"
    log = BoundedLog(path, limit_bytes=200)
    for number in range(100):
        log.append(b"line %03d\n" % number)
    log.append(b"x" * 1000 + b"\n")
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["err.log", "err.log.1"]
    assert max(sizes) <= 100


def test_the_last_line_is_one_that_says_something() -> None:
    log = BoundedLog(None)
    assert log.last_line == ""
    log.append(b"cause: \xff\n\n  \n")
    assert log.last_line == "cause: \ufffd"


def test_a_disk_that_refuses_loses_lines_only(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "absent" / "err.log")
    log.append(b"heard\n")
    assert log.last_line == "heard"


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    link = tmp_path / "err.log"
    link.symlink_to(target)
    BoundedLog(link).append(b"overwritten\n")
    assert target.read_text() == "precious"


def test_a_line_is_hidden_whole_however_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "err.log"
    log = BoundedLog(path, hidden=lambda text: text.replace("secret", "***"))
    for piece in (b"a sec", b"ret\nmore \xff", b" and sec"):
        log.append(piece)
    assert path.read_bytes() == b"a ***\n"
    log.append(b"ret")
    log.end()
    log.end()
    assert path.read_bytes() == b"a ***\nmore \xff and ***"
    assert log.last_line == "more \ufffd and ***"


def test_a_line_without_an_end_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "err.log"
    log = BoundedLog(path)
    for _ in range(40):
        log.append(b"x" * 1000)
    assert path.stat().st_size >= 30_000
