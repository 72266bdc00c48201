"""What a model writes is set as it means it, and stays text: links show where they lead."""

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.page.browser import probe
from tests.page.conftest import Open

pytestmark = pytest.mark.peers

_BOOK = '<a href="https://x.y/z_(a)">https://x.y/z_(a)</a>'
SET = {
    "*a* and **b *c* d**": "<p><em>a</em> and <strong>b <em>c</em> d</strong></p>",
    "***a*** (***b***).": "<p><strong><em>a</em></strong> (<strong><em>b</em></strong>).</p>",
    "_a_ ~~b~~": "<p><em>a</em> <s>b</s></p>",
    "重要**的**事": "<p>重要<strong>的</strong>事</p>",
    "**see `a*b` there**": "<p><strong>see <code>a*b</code> there</strong></p>",
    r"\*no\*": "<p>*no*</p>",
    "- a\n  - b\n    1. c\n- d": "<ul><li><p>a</p><ul><li><p>b</p>"
    '<ol start="1"><li><p>c</p></li></ol></li></ul></li>'
    "<li><p>d</p></li></ul>",
    "3. a\n\n   more\n   ```\n    x\n   ```\n4. b": '<ol start="3"><li><p>a</p>'
    "<p>more</p><pre> x</pre></li><li><p>b</p></li></ol>",
    "Two:\n- a\n- b": "<p>Two:</p><ul><li><p>a</p></li><li><p>b</p></li></ul>",
    "|a|b|\n|-|-:|\n|*1*|`x`\n|2 \\| 3": "<div><table>"
    "<thead><tr><th>a</th><th>b</th></tr></thead><tbody>"
    "<tr><td><em>1</em></td><td><code>x</code></td></tr>"
    "<tr><td>2 | 3</td><td></td></tr></tbody></table></div>",
    "# A\nb\n\n---\n> c": "<p>A</p><p>b</p><hr><blockquote><p>c</p></blockquote>",
    "[book](https://x.y/z_(a)), so": f"<p>book ({_BOOK}), so</p>",
    "(https://x.y/z_(a)).": f"<p>({_BOOK}).</p>",
    "<https://x.y/z_(a)>": f"<p>{_BOOK}</p>",
}
AS_IT_IS = (
    "snake_case_name and __init__.py",
    "2 * 3 * 4, 2**10 and 2**20",
    "*.py and *.js, src/*.py",
    "f(*args, **kwargs)",
    "It was in\n1999. Then not",
    "a | b",
    "**still growing",
    "<b>no markup</b> <img src=x onerror=alert(1)>",
    "[x](",
    "https://bank.example@evil.example/ https://b\u0430nk.example/",
)
NO_LINK = (
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "//evil.example",
    "/api",
)


def test_words_are_set_as_they_are_meant(open_page: Open) -> None:
    shown = open_page()
    found = shown.page.evaluate(probe("prose"), list(SET))
    assert dict(zip(SET, found, strict=True)) == SET


def test_what_only_looks_like_a_mark_stays(open_page: Open) -> None:
    shown = open_page()
    found = shown.page.evaluate(probe("prose"), list(AS_IT_IS))
    escaped = [text.replace("<", "&lt;").replace(">", "&gt;") for text in AS_IT_IS]
    assert found == [f"<p>{text}</p>" for text in escaped]


def test_nothing_but_a_plain_address_of_the_web_is_a_link(open_page: Open) -> None:
    shown = open_page()
    found = shown.page.evaluate(probe("prose"), [f"[x]({address})" for address in NO_LINK])
    assert found == [f"<p>x ({address})</p>" for address in NO_LINK]


def test_an_answer_with_a_table_lists_and_links(greenroom: House, open_page: Open) -> None:
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home),
         "worker": {"type": "conversation"}}
    )  # fmt: skip
    greenroom.data_of({"type": "request", "session": made["id"], "content": "Please compare"})
    shown = open_page(f"/session/{made['id']}")
    prose = shown.page.locator(".prose")
    expect(prose.get_by_role("cell")).to_have_text(
        ["lantern", "42 oz", "a|b", "torch", "7 oz", "none"]
    )
    expect(prose.locator("ol > li > ul > li")).to_have_count(2)
    links = prose.get_by_role("link")
    expect(links).to_have_text(["https://lamps.example/book_(1)", "https://lamps.example/all"])
    for link in links.all():
        assert link.get_attribute("href") == link.inner_text()
        assert "noopener" in (link.get_attribute("rel") or "")
    expect(prose).to_contain_text("this (javascript:alert(1))")


@pytest.mark.parametrize("text", ["*a " * 40_000, "[a](" * 40_000, "> " * 40_000, "- " * 40_000])
def test_a_hostile_text_is_set_too(open_page: Open, text: str) -> None:
    (found,) = open_page().page.evaluate(probe("prose"), [text])
    assert found
