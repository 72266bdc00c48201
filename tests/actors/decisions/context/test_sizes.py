import pytest

from actors.decisions.context import sizes
from storage.records.message import Content, ImageContent, ProviderContent, TextContent
from storage.records.tool import Tool
from tests.actors.decisions.test_history import answer, call, said


@pytest.mark.parametrize(
    ("text", "least"),
    [("", 0), ("hello world", 2), ("今日は良い天気です", 9), ("\ud800", 1), ("a1" * 100, 80)],
)
def test_a_text_is_never_taken_for_shorter_than_it_is(text: str, least: int) -> None:
    assert sizes.text_tokens(text) >= least


@pytest.mark.parametrize(
    "block",
    [
        TextContent("x" * 1000),
        call("a" * 10),
        ImageContent(url="data:image/png;base64," + "a" * 100_000),
        ProviderContent(provider="p", block={"thinking": "x" * 1000}),
    ],
)
def test_every_kind_of_block_counts(block: Content) -> None:
    counted = sizes.message_tokens(said("assistant", block))
    assert sizes.MESSAGE_TOKENS + sizes.BLOCK_TOKENS < counted < 3000


def test_results_and_tools_count() -> None:
    assert sizes.message_tokens(answer("a", "x" * 1000)) > 400
    tool = Tool(name="a.b", server="a", description="x" * 1000, input_schema={})
    assert sizes.tools_tokens([tool, tool]) > 800
    assert sizes.tools_tokens([]) == 0
