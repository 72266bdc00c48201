"""One person or the daemon types into a terminal, never both, and everybody can see who."""

from collections.abc import Callable

from actors.terminals import protocol

from .conftest import Client, eventually


def take(client: Client, owner: str, **more: object) -> protocol.LeaseTaken:
    asked = {"key": "s/w", "owner": owner} | more
    client.send(protocol.TakeLease(**asked))  # type: ignore[arg-type]
    return client.take(protocol.LeaseTaken, "s/w")


def writer(client: Client) -> str | None:
    found = client.states()["s/w"].writer
    return found.owner if found else None


def test_while_a_person_types_the_daemon_waits(connect: Callable[[], Client]) -> None:
    daemon, person = connect(), connect()
    daemon.spawn("s/w", "cat")
    taken = take(person, "ann on pts/7")
    heard = daemon.take(protocol.LeaseChanged).writer
    assert heard is not None
    assert (heard.owner, heard.lease) == ("ann on pts/7", taken.lease)
    daemon.write("s/w", 1, b"from the daemon\n")
    refused = daemon.take(protocol.Refused)
    assert (refused.code, refused.number) == ("input-held", 1)
    assert "ann on pts/7" in refused.message
    person.write("s/w", 1, b"from ann\n", taken.lease)
    assert not person.take(protocol.Accepted).repeated
    person.sees("s/w", b"from ann\r\nfrom ann\r\n")
    person.send(protocol.DropLease(key="s/w", lease=taken.lease))
    assert daemon.take(protocol.LeaseChanged).writer is None
    daemon.write("s/w", 1, b"from the daemon\n")
    assert not daemon.take(protocol.Accepted).repeated
    daemon.sees("s/w", b"from ann\r\nfrom ann\r\nfrom the daemon\r\nfrom the daemon\r\n")


def test_one_person_takes_it_from_another_only_by_force(connect: Callable[[], Client]) -> None:
    ann, bob = connect(), connect()
    ann.spawn("s/w", "cat")
    first = take(ann, "ann")
    bob.send(protocol.TakeLease(key="s/w", owner="bob"))
    refused = bob.take(protocol.Refused)
    assert (refused.code, "ann" in refused.message) == ("lease-held", True)
    take(bob, "bob", force=True)
    ann.write("s/w", 1, b"x", first.lease)
    assert ann.take(protocol.Refused).code == "input-held"
    assert writer(bob) == "bob"


def test_who_comes_back_goes_on_with_its_numbers(connect: Callable[[], Client]) -> None:
    watcher, ann = connect(), connect()
    watcher.spawn("s/w", "cat")
    lease = take(ann, "ann").lease
    ann.write("s/w", 5, b"once\n", lease)
    ann.take(protocol.Accepted)
    ann.connection.close()
    eventually(lambda: writer(watcher) is None)
    again = connect()
    assert take(again, "ann", renew=lease) == protocol.LeaseTaken(
        key="s/w", lease=lease, last_number=5
    )
    again.write("s/w", 5, b"once\n", lease)
    assert again.take(protocol.Accepted).repeated


def test_a_number_typed_before_is_answered_though_another_types(
    connect: Callable[[], Client],
) -> None:
    daemon, ann = connect(), connect()
    daemon.spawn("s/w", "cat")
    daemon.write("s/w", 1, b"a\n")
    daemon.take(protocol.Accepted)
    take(ann, "ann")
    daemon.write("s/w", 1, b"a\n")
    assert daemon.take(protocol.Accepted).repeated


def test_nobody_types_into_what_has_ended(client: Client) -> None:
    client.spawn("s/w", "true")
    client.exit_of("s/w")
    client.send(protocol.TakeLease(key="s/w", owner="ann"))
    assert client.take(protocol.Refused).code == "exited"


# Who looks on.


def watch(client: Client, *, data: bool = True) -> None:
    client.send(protocol.Watch(key="s/w", data=data))


def test_everybody_knows_how_many_look_on(connect: Callable[[], Client]) -> None:
    daemon, ann, bob = connect(), connect(), connect()
    daemon.spawn("s/w", "cat")
    watch(daemon, data=False)  # it counts bytes, and sees nothing
    watch(ann)
    assert daemon.take(protocol.LeaseChanged).watchers == 1
    watch(ann)  # anew
    watch(bob)
    assert daemon.take(protocol.LeaseChanged).watchers == 2
    assert daemon.states()["s/w"].watchers == 2
    taken = take(bob, "bob")
    changed = daemon.take(protocol.LeaseChanged)
    assert (changed.writer is not None, changed.watchers) == (True, 2)
    bob.send(protocol.Unwatch(key="s/w"))
    assert daemon.take(protocol.LeaseChanged).watchers == 1
    bob.send(protocol.DropLease(key="s/w", lease=taken.lease))
    assert daemon.take(protocol.LeaseChanged).writer is None
    ann.connection.close()
    assert daemon.take(protocol.LeaseChanged).watchers == 0


def test_all_others_are_detached_and_told_by_whom(connect: Callable[[], Client]) -> None:
    daemon, ann, bob = connect(), connect(), connect()
    daemon.spawn("s/w", "cat")
    watch(daemon, data=False)
    for client in (ann, bob):
        watch(client)
        daemon.take(protocol.LeaseChanged)
    lease = take(ann, "ann").lease
    daemon.take(protocol.LeaseChanged)
    bob.send(protocol.Detach(key="s/w", by="bob"))
    assert bob.take(protocol.DetachDone).clients == 1
    assert ann.take(protocol.Detached).by == "bob"
    assert daemon.states()["s/w"].watchers == 1  # who asked looks on
    assert writer(daemon) is None
    ann.write("s/w", 1, b"late", lease)
    assert ann.take(protocol.Refused).code == "input-held"
    daemon.send(protocol.Detach(key="s/none", by="x"))
    assert daemon.take(protocol.Refused).code == "no-terminal"
