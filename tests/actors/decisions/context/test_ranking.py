import pytest

from actors.decisions.context.ranking import ranked


def test_what_has_the_words_of_the_question_comes_first() -> None:
    texts = ["of apples", "a plum and a plum", "of pears", "nothing"]
    assert ranked("Which PLUM?", texts) == (1, 3, 2, 0)


def test_rare_words_say_more() -> None:
    texts = ["the tool", "the tool", "the error", "the tool", "the tool"]
    assert ranked("the tool error", texts)[0] == 2


@pytest.mark.parametrize(
    "question", ["", "?!", "unheard", 'AND "OR" NEAR(', "a" * 9000, "w " * 900]
)
def test_without_a_word_in_common_the_later_comes_first(question: str) -> None:
    assert ranked(question, ["one", "two"]) == (1, 0)
    assert ranked(question, []) == ()


def test_words_of_any_script_are_found() -> None:
    assert ranked("Größe", ["klein", "die GRÖSSE der größe", "mehr"])[0] == 1
    assert ranked("\ud800 plum", ["\ud800", "plum"])[0] == 1
