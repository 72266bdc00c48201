"""What happened to a budget: what was there before, set aside, spent; and that it runs short."""

from msgspec import Struct

from storage.records.budget import Amounts, Limit


class BudgetOpened(Struct, frozen=True, gc=False, tag="budget-opened"):
    """The session is counted from here on; `spent` is what it had used until then."""

    spent: Amounts


class BudgetReserved(Struct, frozen=True, gc=False, kw_only=True, tag="budget-reserved"):
    """The intent: set aside for one call, under a key that no other call has.

    `by`: the session that makes it, this one or one that it started. `estimated`: its prompt could
    not be counted. `at`: seconds on the clock of this run of greenroom, which is `life`.
    """

    key: str
    by: str
    life: str
    amounts: Amounts
    estimated: bool = False
    at: float = 0.0


class BudgetSettled(Struct, frozen=True, gc=False, kw_only=True, tag="budget-settled"):
    """The call has ended: `used` is spent, and what was set aside is free.

    `estimated`: it was cut off, so nobody said what it used. `until`: as `at` of the reservation,
    None for one that an earlier run left open.
    """

    key: str
    used: Amounts
    estimated: bool = False
    until: float | None = None


class BudgetWarning(Struct, frozen=True, gc=False, tag="budget-warning"):
    """More than four fifths of a limit are spent; told once each time that line is crossed."""

    limit: Limit
    share: float
