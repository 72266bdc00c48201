import pytest

from actors.workers.environment import without_secrets


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "GH_TOKEN",
        "aws_secret",
        "DB_PASSWORD",
        "PASSWORD_FILE",
        "GREENROOM_HOME",
    ],
)
def test_what_is_named_like_a_secret_or_like_ours_is_left_out(name: str) -> None:
    assert without_secrets({name: "x", "HOME": "/home"}) == {"HOME": "/home"}


@pytest.mark.parametrize("name", ["PATH", "KEYBOARD", "TOKENIZERS_PARALLELISM", "SECRETARY"])
def test_the_rest_is_kept(name: str) -> None:
    assert without_secrets({name: "x"}) == {name: "x"}
