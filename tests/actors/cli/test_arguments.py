import pytest

from actors.cli.arguments import Option, Spec, number, parse
from actors.cli.failures import UsageError

SPEC = Spec(
    ["SESSION", "TEXT…"],
    [
        Option("--no-wait", ""),
        Option("--lines", "", metavar="N", short="-n"),
        Option("--env", "", metavar="X", repeated=True),
    ],
)


def test_options_stand_before_between_and_after() -> None:
    values = parse(["--json", "chat", "--no-wait", "two", "words", "--data", "/d"], SPEC)
    assert values["session"] == "chat"
    assert values["text"] == ["two", "words"]
    assert (values["json"], values["no_wait"], values["data"]) == (True, True, "/d")


@pytest.mark.parametrize("words", [["-n", "5"], ["-n5"], ["--lines", "5"], ["--lines=5"]])
def test_a_value_is_given_in_every_usual_way(words: list[str]) -> None:
    assert parse([*words, "s", "t"], SPEC)["lines"] == "5"


def test_a_repeated_option_gathers() -> None:
    assert parse(["--env", "a=1", "--env=b=2", "s", "t"], SPEC)["env"] == ["a=1", "b=2"]


def test_after_two_dashes_nothing_is_an_option() -> None:
    assert parse(["s", "--", "--json", "--"], SPEC)["text"] == ["--json", "--"]


def test_a_sentence_with_a_dash_and_a_lone_dash_are_no_options() -> None:
    assert parse(["s", "- a point", "-"], SPEC)["text"] == ["- a point", "-"]


def test_the_rest_is_kept_apart_where_it_is_declared() -> None:
    spec = Spec(["DIR?"], rest="command")
    assert parse(["--", "ls", "-l"], spec)["command"] == ["ls", "-l"]
    assert parse(["."], spec)["command"] is None


def test_an_open_ended_command_gets_what_it_alone_knows() -> None:
    spec = Spec(rest="arguments", open_ended=True)
    values = parse(["--fast", "--data", "/d", "x", "--", "--json"], spec)
    assert values["arguments"] == ["--fast", "x", "--json"]
    assert values["data"] == "/d"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "SESSION is missing"),
        (["s"], "TEXT is missing"),
        (["s", "t", "--no-wiat"], "unknown option --no-wiat (did you mean --no-wait?)"),
        (["s", "t", "--lines"], "--lines needs a value: --lines N"),
        (["s", "t", "--no-wait=1"], "--no-wait takes no value"),
    ],
)
def test_wrong_usage_says_what_is_wrong(words: list[str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(words, SPEC)
    assert str(refused.value) == said


def test_too_many_words_are_refused() -> None:
    with pytest.raises(UsageError, match="one argument too many: 'b'"):
        parse(["a", "b"], Spec(["X"]))


def test_help_needs_no_arguments() -> None:
    assert parse(["-h"], SPEC)["help"] is True


def test_a_number_is_a_number() -> None:
    assert number(None, "-n", 7) == 7
    assert number("-3", "-n", 7) == -3
    with pytest.raises(UsageError, match="whole number"):
        number("x", "-n", 7)
