"""The terminal's library: only what it should be is put beside the page."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from actors.page import vendor
from actors.page.vendor import NotFetched, Piece

STYLE = b"/**\n * Copyright (c) Somebody\n *\n * Do as you like.\n */\n\n.term { color: red }\n"
CONTENTS = {"dist/index.js": b"export {}", "dist/term.css": STYLE, "LICENSE": b"free\n"}


def pieces(contents: dict[str, bytes]) -> tuple[Piece, ...]:
    names = {"dist/index.js": "xterm.js", "dist/term.css": "xterm.css", "LICENSE": "LICENSE.txt"}
    return tuple(
        Piece(member, names[member], hashlib.sha256(content).hexdigest())
        for member, content in contents.items()
    )


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(vendor, "PIECES", pieces(CONTENTS))
    return packed(tmp_path / "one.whl", CONTENTS)


def packed(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def test_the_pieces_and_their_licences_are_put_there(tmp_path: Path, wheel: Path) -> None:
    place = tmp_path / "vendor"
    assert not vendor.is_there(place)
    vendor.put(wheel, place)
    assert vendor.is_there(place)
    assert (place / "xterm.js").read_bytes() == b"export {}"
    assert (place / vendor.NOTICE).read_text() == "Copyright (c) Somebody\n\nDo as you like.\n"


@pytest.mark.parametrize("changed", [{"dist/index.js": b"evil"}, {"dist/index.js": None}])
def test_another_content_is_refused_and_nothing_is_changed(
    tmp_path: Path, wheel: Path, changed: dict[str, bytes | None]
) -> None:
    other = {name: content for name, content in {**CONTENTS, **changed}.items() if content}
    place = tmp_path / "vendor"
    with pytest.raises(NotFetched, match=r"dist/index\.js"):
        vendor.put(packed(tmp_path / "other.whl", other), place)
    assert not place.exists()


def test_what_is_there_is_not_fetched_again_and_what_was_changed_is(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads = []

    def download(place: Path) -> Path:
        downloads.append(place)
        return wheel

    monkeypatch.setattr(vendor, "download", download)
    place = tmp_path / "vendor"
    vendor.fetch(place)
    vendor.fetch(place)
    assert len(downloads) == 1
    (place / "xterm.js").write_bytes(b"changed")
    vendor.fetch(place)
    assert len(downloads) == 2
    assert (place / "xterm.js").read_bytes() == b"export {}"


def test_an_index_that_cannot_be_reached_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(vendor, "WHEEL", "nicegui==0.0.0.1")
    with pytest.raises(NotFetched, match="did not download"):
        vendor.download(tmp_path)


@pytest.mark.peers
def test_the_real_one_can_be_had(tmp_path: Path) -> None:
    vendor.fetch(tmp_path / "vendor")
    assert b"FitAddon" in (tmp_path / "vendor" / "xterm.js").read_bytes()
    assert b"xterm.js authors" in (tmp_path / "vendor" / vendor.NOTICE).read_bytes()
