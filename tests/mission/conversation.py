"""Part C of the mission: conversations. Every name of it, and the test that shows it."""

from tests.mission.rows import Row

_TALK = "contract/test_conversations.py::"
_COORDINATOR = "actors.library:SessionCoordinator"
_RECORD = "storage.records.conversation:"
_PROMPT = "storage.records.prompt:"
_ACTOR = "actors/workers/test_conversation_actor.py::"
_CALLS = "actors/decisions/test_tool_calls.py::"
_MESSAGES = "actors/adapters/test_anthropic_messages.py::"

COORDINATOR = (
    Row(
        "SessionCoordinator(metadata, prompt, sessions, mcp, models, files?, dynamic_context?,"
        " logger?)",
        _COORDINATOR,
        (
            "mission/test_values.py::test_a_coordinator_takes_what_the_mission_says",
            "actors/library/test_workspace.py::test_parts_of_two_workspaces_make_no_coordinator",
        ),
    ),
    Row(
        "handle_request -> (response_id, completion)",
        f"{_COORDINATOR}.handle_request",
        (f"{_TALK}test_a_request_gives_its_id_at_once_and_its_round_when_it_is_done",),
    ),
    Row(
        "stream_request -> (response_id, stream of Turn, completion)",
        f"{_COORDINATOR}.stream_request",
        (
            f"{_TALK}test_a_stream_gives_growing_turns_each_at_last_as_it_ended",
            f"{_TALK}test_leaving_a_stream_early_lets_the_request_go_on",
        ),
    ),
    Row(
        "get_round_by_response_id",
        f"{_COORDINATOR}.get_round_by_response_id",
        (
            f"{_TALK}test_a_request_gives_its_id_at_once_and_its_round_when_it_is_done",
            f"{_ACTOR}test_what_is_written_so_far_can_be_read",
            "mission/test_values.py::test_a_round_is_found_by_its_id_and_not_by_looking_through",
        ),
    ),
    Row(
        "build_context -> Context",
        f"{_COORDINATOR}.build_context",
        (f"{_TALK}test_the_context_is_what_would_be_sent",),
    ),
    Row(
        "Context",
        f"{_PROMPT}Context",
        (f"{_TALK}test_the_context_is_what_would_be_sent",),
        ("system_prompt", "history", "files", "dynamic_context"),
    ),
    Row(
        "cleanup",
        f"{_COORDINATOR}.cleanup",
        (f"{_TALK}test_cleanup_lets_go_of_what_is_open",),
    ),
    Row("cancel", f"{_COORDINATOR}.cancel", (f"{_TALK}test_a_cancel_ends_the_request",)),
    Row("completion raises what went wrong", None, (f"{_TALK}test_what_went_wrong_is_raised",)),
    Row(
        "usable in-process by a Python program",
        "actors.library:Workspace",
        (
            "examples/test_conversation.py::test_it_prints_what_was_said_and_leaves_nothing",
            "docs/test_python_api.py::test_the_examples_run_and_say_what_they_should",
        ),
        (
            "init",
            "greenroom",
            "coordinator",
            "close",
        ),
    ),
)

ERRORS = (
    Row(
        "SessionNotFoundError",
        "actors.library:SessionNotFoundError",
        (f"{_TALK}test_what_went_wrong_is_raised",),
    ),
    Row(
        "ProviderError",
        "actors.library:ProviderError",
        (f"{_TALK}test_what_went_wrong_is_raised",),
    ),
    Row(
        "ToolExecutionError",
        "actors.library:ToolExecutionError",
        (f"{_TALK}test_what_went_wrong_is_raised",),
    ),
    Row(
        "ContextBuildError",
        "actors.library:ContextBuildError",
        (f"{_TALK}test_a_file_that_cannot_be_read_is_a_fault_of_the_context",),
    ),
    Row(
        "each has a code",
        "actors.library:ConversationError",
        (
            (
                "actors/library/test_coordinator.py::"
                "test_every_code_that_a_request_can_end_with_has_its_kind"
            ),
        ),
    ),
)

RECORDS = (
    Row(
        "Round",
        f"{_RECORD}Round",
        (f"{_TALK}test_two_requests_make_two_rounds_and_the_second_carries_the_first",),
        ("id", "request", "status", "turns", "failure", "created_at", "completed_at", "usage"),
    ),
    Row(
        "Turn",
        f"{_RECORD}Turn",
        (
            f"{_TALK}test_a_stream_gives_growing_turns_each_at_last_as_it_ended",
            "actors/decisions/test_conversation.py::test_each_turn_carries_its_model",
        ),
        (
            "content",
            "text",
            "raw_response",
            "tool_calls",
            "status",
            "usage",
            "cost",
            "started_at",
            "completed_at",
        ),
    ),
    Row(
        "status: streaming, completed, error, interrupted",
        f"{_RECORD}TurnStatus",
        (
            "mission/test_values.py::test_a_turn_has_four_states",
            (
                "actors/decisions/test_conversation.py::"
                "test_a_failed_call_is_asked_again_three_times_with_growing_pauses"
            ),
        ),
    ),
    Row(
        "tool_calls, each with its result",
        f"{_RECORD}ToolCall",
        (f"{_TALK}test_a_round_with_a_tool_has_call_and_result_in_its_turn",),
        ("tool_call_id", "name", "args", "status", "result"),
    ),
    Row(
        "stream updates",
        f"{_RECORD}TurnGrew",
        (f"{_ACTOR}test_a_stream_grows_until_it_is_whole",),
        ("session_id", "response_id", "turn"),
    ),
    Row(
        "History(rounds)",
        f"{_RECORD}History",
        (f"{_TALK}test_two_requests_make_two_rounds_and_the_second_carries_the_first",),
        ("rounds",),
    ),
    Row(
        "all tool calls of a turn run, in parallel where safe",
        None,
        (
            f"{_CALLS}test_readers_start_together_and_the_next_turn_begins_when_all_are_back",
            f"{_CALLS}test_writers_run_one_at_a_time_in_the_models_order",
        ),
    ),
    Row(
        "a response has as many turns as the model took",
        None,
        (f"{_TALK}test_a_stream_gives_growing_turns_each_at_last_as_it_ended",),
    ),
)

_TEXT = "actors/conversations/test_text_tools.py::"
TOOLS = (
    Row("tool calls natively", None, (f"{_ACTOR}test_a_tool_of_a_real_server_is_called",)),
    Row(
        '<tool_call>{"tool": "name", "parameters": {...}}</tool_call>',
        None,
        (
            f"{_TEXT}test_a_call_in_text_runs_and_its_result_goes_back",
            f"{_TEXT}test_a_call_that_cannot_be_read_is_told_to_the_model",
            f"{_TEXT}test_a_call_that_is_only_shown_does_not_run",
            "actors/decisions/test_text_calls.py::test_any_split_gives_the_same",
        ),
    ),
    Row(
        "execute, format result or error, continue",
        None,
        (
            f"{_CALLS}test_an_error_of_a_tool_goes_to_the_model",
            f"{_ACTOR}test_a_server_that_ends_in_a_call_is_an_error_for_the_model",
        ),
    ),
)

STREAMING = (
    Row(
        "the response id at once",
        None,
        (f"{_TALK}test_a_request_gives_its_id_at_once_and_its_round_when_it_is_done",),
    ),
    Row(
        "turn updates while they arrive",
        None,
        (f"{_ACTOR}test_a_stream_grows_until_it_is_whole",),
    ),
    Row(
        "clean stop on cancel",
        None,
        (
            f"{_TALK}test_a_cancel_ends_the_request",
            f"{_ACTOR}test_a_cancel_ends_a_call_of_the_model_at_once",
            f"{_ACTOR}test_a_cancel_ends_a_tool_call_too",
        ),
    ),
    Row(
        "leaving early frees the subscription",
        "actors.library.turn_stream:TurnStream.aclose",
        (
            (
                "actors/library/test_coordinator.py::"
                "test_a_greenroom_will_do_and_a_daemon_is_told_that_nobody_looks"
            ),
            (
                "actors/library/test_coordinator.py::"
                "test_a_stream_that_nobody_holds_wants_to_hear_no_more"
            ),
        ),
    ),
)

CONVERSION = (
    Row(
        "records to the provider's messages and back",
        None,
        (
            f"{_MESSAGES}test_records_come_back_as_they_went",
            f"{_MESSAGES}test_provider_messages_come_back_as_they_were",
        ),
    ),
    Row(
        "images, system, function, summary, is_error",
        None,
        (
            f"{_MESSAGES}test_images_go_by_address_or_by_content",
            f"{_MESSAGES}test_system_messages_are_added_to_the_prompt",
            f"{_MESSAGES}test_summaries_and_function_results_are_marked_as_such",
            f"{_MESSAGES}test_an_error_comes_back_as_an_error",
        ),
    ),
    Row(
        "stream events to a turn",
        None,
        (
            (
                "actors/adapters/test_anthropic_turn.py::"
                "test_text_comes_in_deltas_then_as_a_block_then_in_the_turn"
            ),
            "actors/adapters/test_anthropic_turn.py::test_whatever_is_streamed_is_the_turn",
        ),
    ),
    Row(
        "text tool calls parsed and formatted",
        None,
        ("actors/decisions/test_text_calls.py::test_a_formatted_call_is_read_as_itself",),
    ),
    Row(
        "results formatted",
        None,
        (
            "actors/adapters/test_mcp_results.py::test_texts_are_joined_by_lines",
            "actors/decisions/test_text_history.py::test_results_come_back_as_they_went",
        ),
    ),
)

_WORKSPACE = "actors/library/test_workspace.py::"
_PARTS = f"{_WORKSPACE}test_each_part_shows_the_file_and_changes_it"
WORKSPACE = (
    Row(
        "Workspace(path, name), init(description?), paths",
        "actors.library:Workspace",
        (f"{_WORKSPACE}test_it_is_made_and_described_and_says_where_it_lies",),
        ("init",),
    ),
    Row(
        "models.update_provider",
        "actors.library.workspace_parts:WorkspaceModels.update_provider",
        (_PARTS,),
    ),
    Row(
        "mcp.start_server",
        "actors.library.workspace_parts:WorkspaceMcp.start_server",
        (f"{_WORKSPACE}test_servers_that_were_started_go_and_what_was_there_comes_back",),
    ),
    Row(
        "mcp.cleanup",
        "actors.library.workspace_parts:WorkspaceMcp.cleanup",
        (f"{_WORKSPACE}test_servers_that_were_started_go_and_what_was_there_comes_back",),
    ),
    Row(
        "sessions.create_session",
        "actors.library.workspace_sessions:WorkspaceSessions.create_session",
        (f"{_TALK}test_sessions_are_made_looked_up_and_deleted",),
    ),
    Row(
        "sessions.render_session_history",
        "actors.library.workspace_sessions:WorkspaceSessions.render_session_history",
        (f"{_TALK}test_two_requests_make_two_rounds_and_the_second_carries_the_first",),
    ),
    Row("prompt", "actors.library.workspace_parts:WorkspacePrompt", (_PARTS,)),
    Row("files", "actors.library.workspace_parts:WorkspaceFiles", (_PARTS,)),
    Row("dynamic_context", "actors.library.workspace_parts:WorkspaceDynamicContext", (_PARTS,)),
)

ROWS = (
    *COORDINATOR,
    *ERRORS,
    *RECORDS,
    *TOOLS,
    *STREAMING,
    *CONVERSION,
    *WORKSPACE,
)
