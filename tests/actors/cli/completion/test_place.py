import pytest

from actors.cli.catalogue import ROWS, load
from actors.cli.completion.place import place_of


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (["show"], "sessions"),
        (["attach"], "sessions workers-too"),
        (["send"], "sessions workers-too"),
        (["type"], "sessions workers-too"),
        (["worker", "rm"], "workers"),
        (["worker", "add"], "sessions"),
        (["restore"], "trash"),
        (["unarchive"], "archived"),
        (["answer"], "asks"),
        (["asks"], "sessions asks"),
        (["import"], "files"),
        (["new"], "directories"),
        (["new", "--agent"], "agents"),
        (["new", "--parent"], "sessions"),
        (["new", "--terminal", "--", "make"], "files"),
        (["--data"], "directories"),
        (["--data", "/d", "show"], "sessions"),
        (["export", "-o"], "files"),
        (["start"], ""),
        (["show", "one"], ""),
        (["send", "one", "more"], ""),
        (["nothing-like-it"], ""),
    ],
)
def test_what_is_wanted_there(words: list[str], kinds: str) -> None:
    assert place_of(words, "").kinds == kinds


def offered(words: list[str], current: str = "") -> set[str]:
    return {word for word, _ in place_of(words, current).offered}


def test_commands_are_offered_by_their_first_word_and_then_the_second() -> None:
    assert offered([]) == {name.partition(" ")[0] for name in ROWS}
    assert offered(["worker"]) == {"add", "ls", "restart", "rm"}
    assert offered(["help", "worker"]) == {"add", "ls", "restart", "rm"}
    assert offered(["--json", "help"]) == offered([])


def test_the_options_of_a_command_are_offered_once() -> None:
    assert offered(["stop"], "-") == {"--keep-terminals", "--data", "--json", "--help"}
    assert "--json" not in offered(["stop", "--json"], "--")
    assert "--env" in offered(["worker", "add", "one", "--env", "A=1"], "--")
    assert offered([], "--") == {"--data", "--json", "--help", "--version"}


def test_values_that_are_known_are_offered() -> None:
    assert offered(["answer", "abcd"]) == {"allow", "deny"}
    assert offered(["worker", "add", "one", "--restart"]) == {"never", "on-crash", "always"}
    place = place_of(["worker", "add", "one"], "--restart=on")
    assert (place.before, len(place.offered)) == ("--restart=", 3)
    assert offered(["completion"]) == {"bash", "zsh", "fish"}


@pytest.mark.parametrize("words", [["--data", "/d", "show"], ["show", "--data=/d"]])
def test_the_directory_that_the_line_names_is_known(words: list[str]) -> None:
    assert place_of(words, "").data == "/d"


def test_every_command_can_be_completed() -> None:
    for name in ROWS:
        names = {option.name for option in load(name).spec.options}
        assert names <= offered(name.split(), "--")
        place_of(name.split(), "")
