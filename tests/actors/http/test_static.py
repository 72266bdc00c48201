"""The page's files: a table made once, kept by a browser for ever, and nothing beside it."""

from pathlib import Path

import pytest

from actors.http import static
from tests.fakes.event_streams import client
from tests.fakes.greenroom import House


def prepare(place: Path, script: str = "one", *, library: bool = False) -> static.Page:
    """A page with little on it."""
    (place / "js").mkdir(parents=True, exist_ok=True)
    (place / "index.html").write_text('<body data-terminal="{terminal}" src="{assets}/js/a.js">')
    (place / "js" / "a.js").write_text(script)
    (place / "program.py").write_text("not served")
    (place / "vendor").mkdir(exist_ok=True)
    if library:
        (place / "vendor" / "xterm.js").write_text("export {}")
    return static.made(place)


def test_files_lie_below_a_name_of_their_content(tmp_path: Path) -> None:
    page = prepare(tmp_path)
    assert set(page.assets) == {f"{page.version}/js/a.js"}
    assert f"/static/{page.version}/js/a.js".encode() in page.index
    assert prepare(tmp_path, "two").version != page.version
    assert prepare(tmp_path, "one").version == page.version


def test_the_index_says_whether_the_terminals_library_is_there(tmp_path: Path) -> None:
    assert b'data-terminal="text"' in prepare(tmp_path).index
    assert b'data-terminal="xterm"' in prepare(tmp_path, library=True).index


def test_the_page_and_all_its_files_are_served_without_a_token(open_greenroom: House) -> None:
    page = static.page()
    with client(open_greenroom) as http:
        http.headers.pop("Authorization", None)
        answer = http.get("/")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.content == page.index
        again = http.get("/", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        for name, asset in page.assets.items():
            answer = http.get(f"/static/{name}")
            assert answer.content == asset.body
            assert answer.headers["content-type"] == asset.media_type
            assert "immutable" in answer.headers["cache-control"]
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert http.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "name",
    ["", "nothing.js", "../http/static.py", "..%2f..%2fentry.py", "%2e%2e/%2e%2e/entry.py",
     "{version}/vendor.py", "{version}/index.html", "{version}/js/../vendor.py", "/etc/passwd"],
)  # fmt: skip
def test_nothing_else_is_served(open_greenroom: House, name: str) -> None:
    with client(open_greenroom) as http:
        answer = http.get("/static/" + name.replace("{version}", static.page().version))
        assert answer.status_code == 404
        assert answer.json()["code"] == "route-not-found"
