from actors.cli.event_view import event_line

EVENT = {"n": 7, "type": "session-updated", "session_id": "abcdefghijkl", "timestamp": "?"}


def text(
    event: dict[str, object], columns: int | None = None, *, with_session: bool = False
) -> str:
    return "".join(span for span, _ in event_line(event, columns, with_session=with_session))


def test_a_line_has_time_number_type_and_what_it_says() -> None:
    told = text({**EVENT, "updates": {"title": "New"}, "empty": [], "none": None})
    assert told == "?      7  session-updated  updates New"


def test_with_many_sessions_each_is_named() -> None:
    told = text({**EVENT, "n": None, "type": "worker-activity"}, with_session=True)
    assert told == "?  abcdefgh         worker-activity  "


def test_records_are_told_by_what_names_them_and_others_in_full() -> None:
    shown = text({**EVENT, "updates": {"a": 1, "b": [{"id": "x"}, {"name": "y"}]}})
    assert shown.endswith("updates a 1, b x, y")


def test_nothing_is_shown_as_a_program_writes_it() -> None:
    used = {"tokens": 7, "usd": "0", "estimated_cost": None, "is_cached": False, "is_new": True}
    settled = {"key": "k", "used": used, "estimated": False, "at": 66913.37, "until": 66914.0}
    told = text({**EVENT, "type": "budget-settled", **settled})
    assert told.endswith("budget-settled  used tokens 7, usd 0, is_new yes")
    completed = {"type": "turn-completed", "status": "completed", "estimated": False}
    assert text({**EVENT, **completed}).endswith("turn-completed  status completed")
    assert text({**EVENT, "updates": {"model": None}, "until": 5}).endswith("updated  until 5")


def test_of_a_process_only_what_a_person_can_use_is_shown() -> None:
    process = {"boot_id": "c0ff", "pid": 42, "start_ticks": 7, "nonce": "01bd"}
    started = text({**EVENT, "type": "worker-started", "worker_id": "w", "process": process})
    assert started.endswith("worker-started  worker_id w  process pid 42")
    end = {"code": None, "signal": 9, "at": "2026-11-21T12:00:00Z", "cause": "crashed"}
    ended = text({**EVENT, "type": "worker-ended", "exit": end})
    assert ended.endswith("worker-ended  exit signal 9, cause crashed")


def test_it_fits_into_the_terminal() -> None:
    long = {**EVENT, "text": "x" * 5000}
    assert len(text(long, 80)) == 80
    assert text(long, 80).endswith("…")
    assert len(text(long)) < 300
    assert text(long, 5).endswith("…")


def test_where_nothing_would_be_said_it_takes_a_second_row() -> None:
    told = text({**EVENT, "text": "word " * 40}, 30)
    assert len(told) == 60
    assert "word word" in told
