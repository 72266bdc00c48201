"""A ledger looks immutable to whoever holds one, however many share its storage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from storage.ledger import Ledger


class Item(Struct, frozen=True):
    id: str
    text: str = ""


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["append", "extend", "again", "replace"]), st.integers(0, 50))
)


@given(OPERATIONS)
def test_every_version_stays_what_it_was(operations: list[tuple[str, int]]) -> None:
    versions = [(Ledger[Item](), list[Item]())]
    for number, (operation, choice) in enumerate(operations):
        ledger, model = versions[choice % len(versions)]
        if operation == "append":
            item = Item(f"item-{number}")
            versions.append((ledger.append(item), [*model, item]))
        elif operation == "extend":
            items = [Item(f"item-{number}-{one}") for one in range(choice % 4)]
            versions.append((ledger.extended(items), [*model, *items]))
        elif operation == "again":
            known = {one.id for one in model}
            others = [one for _, items in versions for one in items if one.id not in known]
            if others:
                item = others[choice % len(others)]
                versions.append((ledger.append(item), [*model, item]))
        elif model:
            item = Item(model[choice % len(model)].id, f"text {number}")
            changed = [item if one.id == item.id else one for one in model]
            versions.append((ledger.replace(item), changed))
    for ledger, model in versions:
        assert list(ledger) == model
        assert len(ledger) == len(model)
        assert ledger[:] == model
        assert all(ledger.find(one.id) == one for one in model)
        strangers = {f"item-{number}" for number in range(len(operations))} - {m.id for m in model}
        assert all(ledger.find(one) is None for one in strangers)


def test_what_two_states_are_told_one_after_the_other_is_kept_once() -> None:
    item = Item("b")
    durable = Ledger([Item("a")])
    ahead = durable.append(item)
    assert durable.append(item)._items is ahead._items
    assert durable.append(Item("b"))._items is not ahead._items


def test_an_item_of_a_dropped_version_is_not_found_in_the_kept_one() -> None:
    durable = Ledger([Item("a")])
    dropped = durable.append(Item("b", "dropped"))
    again = durable.append(Item("b", "kept"))
    assert dropped.find("b") == Item("b", "dropped")
    assert again.find("b") == Item("b", "kept")
    assert durable.find("b") is None


def test_indices_count_from_either_end_and_end_at_the_version() -> None:
    first = Ledger([Item("a"), Item("b")])
    first.append(Item("c"))
    assert first[-1] == Item("b")
    assert first[0] == Item("a")
    for index in (2, -3):
        with pytest.raises(IndexError):
            first[index]


def test_replacing_what_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Ledger[Item]().replace(Item("a"))


def test_ledgers_with_equal_items_are_equal_and_hash_alike() -> None:
    grown = Ledger([Item("a")]).append(Item("b"))
    assert grown == Ledger([Item("a"), Item("b")])
    assert hash(grown) == hash(Ledger([Item("a"), Item("b")]))
    assert grown != [Item("a"), Item("b")]
    assert repr(Ledger([Item("a")])) == "Ledger([Item(id='a', text='')])"
