from actors.cli.watch.settled import settled


def test_figures_that_never_stand_still_are_no_change() -> None:
    def status(memory: int, state: str = "idle") -> object:
        process = {"pid": 1, "memory_bytes": memory, "cpu_percent": 0.1, "processes": 1}
        worker = {"process": process, "activity": {"state": state}}
        return {"sessions": [{"workers": [worker], "usage": {"memory_bytes": memory}}]}

    assert settled(status(1)) == settled(status(2))
    assert settled(status(1)) != settled(status(1, "active"))
    assert settled({"process": {"pid": 1}}) != settled({"process": None})
