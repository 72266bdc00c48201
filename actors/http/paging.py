"""Pages of a list: so many at a time, and where the next page begins.

A cursor names the last that was shown, not how many there were, so that what is made or deleted
between two pages is neither shown twice nor hides another. Where a list only grows at its end, it
is the number of those that were shown.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from actors.http.asking import Refused
from storage import codec, typed

MOST = 1000
PARAMETERS = ("limit", "cursor")


class Listed(Struct, frozen=True):
    """`name`: the list in the data of an answer; `by`: the fields that it is ordered by, the last
    of them its own for each; none for one that only grows.
    """

    name: str
    by: tuple[str, ...] = ()
    descending: bool = False


def page(data: Any, listed: Listed, asked: Mapping[str, str]) -> Any:
    """`data` with that part of its list which is asked for; whole if nothing is. Refused."""
    if not asked:
        return data
    data = data if isinstance(data, dict) else structs.asdict(data)
    limit, after = _limit(asked), _cursor(asked, listed)
    items = data[listed.name]
    begin = _begin(items, listed, after)
    shown = items[begin : begin + limit]
    is_last = begin + limit >= len(items)
    last = None if is_last else _written(_key(shown[-1], listed, begin + limit))
    return {**data, listed.name: shown, "next_cursor": last}


def _limit(asked: Mapping[str, str]) -> int:
    text = asked.get("limit", str(MOST))
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise Refused(f"limit is a whole number from 1 to {MOST}", "$.limit")
    return int(text)


def _cursor(asked: Mapping[str, str], listed: Listed) -> tuple[str | int, ...] | None:
    text = asked.get("cursor")
    if text is None:
        return None
    kind = tuple[(str,) * len(listed.by)] if listed.by else tuple[int]  # type: ignore[misc]  # made
    try:
        raw = urlsafe_b64decode(text.encode("ascii"))
        return typed.json_decoder(kind).decode(raw)  # type: ignore[no-any-return]  # by its kind
    except (ValueError, *codec.BAD_JSON):
        text = "a cursor is the next_cursor of an answer to the same list, as it stands there"
        raise Refused(text, "$.cursor", status=422) from None


def _written(key: tuple[str | int, ...]) -> str:
    return urlsafe_b64encode(codec.encode(key)).decode()


def _begin(items: Sequence[Any], listed: Listed, after: tuple[Any, ...] | None) -> int:
    if after is None:
        return 0
    for at, item in enumerate(items):
        key = _key(item, listed, at + 1)
        if (key < after) if listed.descending else (key > after):
            return at
    return len(items)


def _key(item: Any, listed: Listed, shown: int) -> tuple[Any, ...]:
    if not listed.by:
        return (shown,)
    return tuple(_text(getattr(item, name)) for name in listed.by)


def _text(value: Any) -> str:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)
