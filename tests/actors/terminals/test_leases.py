from datetime import UTC, datetime

from actors.terminals.leases import Leases
from actors.terminals.protocol import DAEMON_LEASE, Writer

AT = datetime(2026, 11, 21, tzinfo=UTC)


def test_while_nobody_types_the_daemon_may() -> None:
    leases = Leases()
    assert leases.allows(DAEMON_LEASE)
    assert leases.take("ann", AT, "ann's") == Writer(lease=1, owner="ann", since=AT)
    assert (leases.allows(1), leases.allows(DAEMON_LEASE)) == (True, False)
    assert leases.drop(1)
    assert leases.allows(DAEMON_LEASE)


def test_from_a_person_it_is_taken_only_by_force() -> None:
    leases = Leases()
    leases.take("ann", AT, "ann's")
    assert leases.take("bob", AT, "bob's") is None
    taken = leases.take("bob", AT, "bob's", force=True)
    assert taken is not None
    assert (taken.lease, leases.allows(1), leases.allows(2)) == (2, False, True)
    assert not leases.drop(1)
    assert leases.writer == taken


def test_who_went_away_loses_it_and_may_renew_it() -> None:
    leases = Leases()
    leases.take("ann", AT, "first")
    assert not leases.drop_of("another")
    assert leases.drop_of("first")
    assert not leases.drop_of("first")
    renewed = leases.take("ann", AT, "second", renew=1)
    assert renewed is not None
    assert renewed.lease == 1
    assert leases.drop_of("second")


def test_a_connection_not_seen_to_end_does_not_keep_its_owner_out() -> None:
    leases = Leases()
    leases.take("ann", AT, "first")
    renewed = leases.take("ann", AT, "second", renew=1)
    assert renewed is not None
    assert not leases.drop_of("first")
    assert leases.allows(1)


def test_a_number_that_was_never_given_is_not_renewed() -> None:
    leases = Leases()
    for number, made_up in enumerate((7, DAEMON_LEASE, -1), start=1):
        taken = leases.take("ann", AT, "ann's", renew=made_up, force=True)
        assert taken is not None
        assert taken.lease == number
