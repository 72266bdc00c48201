"""What comes out of a decoder is of the type asked for, or refused with the place."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import codec
from storage.errors import FileRefused
from storage.records.config import Budget, SessionConfig
from storage.records.message import TextContent
from storage.records.request import CreateWorkerRequest, NewMessage
from storage.records.session import QuickSession, Session
from tests.storage.histories import session

PRICES = st.decimals(0, 10**6, allow_nan=False, places=6)


@given(PRICES)
def test_money_comes_back_to_the_digit(usd: Decimal) -> None:
    raw = codec.encode(Budget(usd=usd))
    assert codec.decode(raw, Budget).usd == usd


def test_money_is_a_number_and_time_is_iso_with_z() -> None:
    assert codec.encode({"usd": Decimal("0.10")}) == b'{"usd":0.10}'
    assert (
        codec.encode(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
        == b'"2026-01-02T03:04:05.000006Z"'
    )


def test_a_session_comes_back_as_its_own_kind() -> None:
    again = codec.decode(codec.encode(session()), Session)
    assert again == session()
    assert isinstance(again, QuickSession)


def test_a_wrong_type_is_refused_with_its_path() -> None:
    with pytest.raises(FileRefused, match="Expected `int") as caught:
        codec.decode(b'{"budget":{"tokens":"many"}}', SessionConfig)
    assert caught.value.path == "$.budget.tokens"
    with pytest.raises(FileRefused) as caught:
        codec.convert({"max_tokens": 0}, SessionConfig)
    assert caught.value.path == "$.max_tokens"


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (
            {"type": "terminal", "restart": "often"},
            CreateWorkerRequest,
            "'often' is none of: always, never",
        ),
        (
            {"type": "termnal"},
            CreateWorkerRequest,
            "'termnal' is none of: agent, conversation, terminal",
        ),
        ([{"role": "usr", "content": "x"}], tuple[NewMessage, ...], "'usr' is none of: assistant"),
        (
            {"a": {"b": [{"type": "x"}]}},
            dict[str, dict[str, list[CreateWorkerRequest]]],
            "'x' is none of: ",
        ),
    ],
)
def test_a_word_that_may_not_stand_there_is_refused_with_those_that_may(
    value: object, kind: Any, said: str
) -> None:
    with pytest.raises(FileRefused) as converted:
        codec.convert(value, kind)
    with pytest.raises(FileRefused) as decoded:
        codec.decode(codec.encode(value), kind)
    assert str(converted.value).startswith(said)
    assert str(decoded.value).startswith(said)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"NaN", b'"\xff"', b'"\\ud800"', b"[" * 100_000, b"{} {}"]
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(FileRefused):
        codec.decode(raw, object)


def test_builtins_are_what_any_json_encoder_takes() -> None:
    told = codec.builtins(session())
    assert told["type"] == "quick"
    assert told["created_at"] == "2026-11-21T05:40:12.123456Z"


@pytest.mark.parametrize(
    "value",
    [b"x", {"a": [1, b"x"]}, {b"x": 1}, (TextContent(b"x"),), bytearray(b"x")],  # type: ignore[arg-type]
)
def test_bytes_are_found_wherever_they_stand(value: Any) -> None:
    with pytest.raises(TypeError, match="decode them first"):
        codec.require_no_bytes(value)
    codec.require_no_bytes({"text": "x", "more": [None, 1, {"a": TextContent("ö")}]})
