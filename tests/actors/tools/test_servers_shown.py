from typing import Any

from actors.adapters.mcp_listing import Listing
from actors.tools.servers_shown import servers_shown
from actors.tools.tool_box import ToolBox
from storage.records.tool import Tool


def box(server: str, *names: str) -> ToolBox:
    connection: Any = object()
    made = ToolBox()
    tools = tuple(
        Tool(name=f"{server}.{name}", server=server, description="", input_schema={})
        for name in names
    )
    made.offer(server, connection, Listing(tools))
    return made


def test_servers_of_workspaces_and_of_sessions_are_told_apart() -> None:
    shared, own = {"default": box("a", "x")}, {"s1": box("b", "y", "z")}
    shown = servers_shown(shared, own, {"s1": "default"})
    found = [(each["name"], each["workspace"], each["session_id"]) for each in shown]
    assert found == [("a", "default", None), ("b", "default", "s1")]
    assert (shown[1]["state"], shown[1]["tools"], shown[1]["problem"]) == ("running", 2, None)
    assert all(each["clashes"] == [] for each in shown)


def test_names_that_are_one_to_a_model_clash_also_across_scopes() -> None:
    shared, own = {"default": box("a", "b__c")}, {"s1": box("a__b", "c", "d")}
    of_default, of_session = servers_shown(shared, own, {"s1": "default"})
    assert of_session["clashes"] == ["a__b.c"]
    assert of_default["clashes"] == []
    elsewhere = servers_shown(shared, own, {"s1": "other"})
    assert elsewhere[1]["clashes"] == []
