"""Part B of the mission: session state. Every name of it, and the test that shows it."""

from tests.mission.rows import Row

_COMMANDS = "contract/test_commands.py::"
_STATE = "contract/test_session_state.py::"
_REPOSITORY = "contract/test_session_repository.py::"
_FACTORY = "actors/test_session_factory.py::"
_MESSAGE = "storage.records.message:"
_REQUEST = "storage.records.request:"
_EVENT = "storage.records.event:"
_STRATEGIES = "actors/decisions/context/test_strategy.py::test_what_is_sent_is_valid_and_fits"

CONTENT = (
    Row(
        "ChatMessage",
        f"{_MESSAGE}ChatMessage",
        (f"{_COMMANDS}test_a_message_of_any_role_is_recorded_and_calls_no_model",),
        ("id", "role", "content", "created_at", "tool_call_id", "tool_calls", "metadata"),
    ),
    Row(
        "TextContent",
        f"{_MESSAGE}TextContent",
        (f"{_FACTORY}test_messages_take_text_or_a_list_of_content",),
        ("text",),
    ),
    Row(
        "ImageContent",
        f"{_MESSAGE}ImageContent",
        (
            "actors/adapters/test_anthropic_messages.py::test_images_go_by_address_or_by_content",
            "mission/test_values.py::test_an_image_says_how_closely_it_is_to_be_looked_at",
        ),
        ("url", "detail", "alt_text"),
    ),
    Row(
        "ToolCallContent",
        f"{_MESSAGE}ToolCallContent",
        ("actors/decisions/test_conversation.py::test_content_in_blocks_is_recorded_as_it_is",),
        ("tool_call_id", "name", "args"),
    ),
    Row(
        "ToolResultContent",
        f"{_MESSAGE}ToolResultContent",
        (f"{_FACTORY}test_a_tool_message_is_one_result_with_the_id_of_its_call",),
        ("tool_call_id", "content", "is_error"),
    ),
    Row(
        "roles: system, user, assistant, tool, function, summary",
        f"{_MESSAGE}Role",
        (f"{_COMMANDS}test_a_message_of_any_role_is_recorded_and_calls_no_model",),
    ),
)

RECORDS = (
    Row(
        "SessionConfig",
        "storage.records.config:SessionConfig",
        (
            f"{_STATE}test_a_config_field_that_there_is_not_is_refused",
            f"{_STATE}test_a_temperature_outside_its_range_is_refused",
        ),
        (
            "provider",
            "model",
            "system_prompt",
            "temperature",
            "effort",
            "max_tokens",
            "context_strategy",
            "tools",
            "provider_options",
            "budget",
        ),
    ),
    Row(
        "context_strategy: summarize, truncate, relevance, adaptive",
        "storage.records.config:ContextStrategy",
        (_STRATEGIES,),
    ),
    Row(
        "TokenMetrics",
        "storage.records.config:TokenMetrics",
        (
            f"{_STATE}test_tokens_add_up_and_the_last_call_alone_fills_the_window",
            (
                "actors/decisions/test_metrics.py::"
                "test_every_kind_of_token_is_summed_and_the_total_is_prompt_and_completion"
            ),
        ),
        (
            "prompt_tokens",
            "completion_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "total_tokens",
            "estimated_cost",
            "price_source",
            "context_utilization",
            "max_context_window",
        ),
    ),
    Row(
        "SessionInfo",
        "storage.records.session:SessionInfo",
        (f"{_COMMANDS}test_a_listing_is_in_order_of_creation_with_these_fields",),
        (
            "id",
            "title",
            "type",
            "status",
            "provider",
            "model",
            "created_at",
            "updated_at",
            "message_count",
            "worker_count",
            "is_active",
        ),
    ),
)

FACTORY = (
    Row(
        "SessionFactory",
        "actors.library:SessionFactory",
        (f"{_FACTORY}test_a_session_begins_with_its_system_prompt_and_no_numbers",),
    ),
    Row(
        "SessionFactory.create_session",
        "actors.library:SessionFactory.create_session",
        (f"{_FACTORY}test_a_session_begins_with_its_system_prompt_and_no_numbers",),
    ),
    *(
        Row(
            f"create_{role}_message",
            f"actors.library:SessionFactory.create_{role}_message",
            (f"{_FACTORY}test_messages_take_text_or_a_list_of_content",),
        )
        for role in ("system", "user", "assistant")
    ),
    Row(
        "create_tool_message",
        "actors.library:SessionFactory.create_tool_message",
        (f"{_FACTORY}test_a_tool_message_is_one_result_with_the_id_of_its_call",),
    ),
    Row(
        "create_summary_message",
        "actors.library:SessionFactory.create_summary_message",
        (f"{_FACTORY}test_a_summary_names_what_it_stands_for",),
    ),
    Row(
        "get_context_window_size",
        "actors.library:get_context_window_size",
        (f"{_FACTORY}test_windows_and_prices_are_to_be_had_by_name",),
    ),
    Row(
        "calculate_cost",
        "actors.library:calculate_cost",
        (
            f"{_FACTORY}test_windows_and_prices_are_to_be_had_by_name",
            (
                "actors/adapters/test_prices.py::"
                "test_cached_tokens_are_part_of_the_prompt_cheaper_to_read_and_dearer_to_write"
            ),
        ),
    ),
)

COMMANDS = (
    Row(
        "CreateSession",
        f"{_REQUEST}CreateSession",
        (f"{_COMMANDS}test_create_and_get_give_the_session_and_an_unknown_one_is_null",),
    ),
    Row(
        "GetSession",
        f"{_REQUEST}GetSession",
        (f"{_COMMANDS}test_create_and_get_give_the_session_and_an_unknown_one_is_null",),
        ("session",),
    ),
    Row(
        "UpdateSession",
        f"{_REQUEST}UpdateSession",
        (f"{_COMMANDS}test_changes_give_the_session_as_it_is_then",),
        ("session", "updates"),
    ),
    Row(
        "DeleteSession",
        f"{_REQUEST}DeleteSession",
        (f"{_COMMANDS}test_a_deletion_says_whether_there_was_one_and_none_makes_no_event",),
        ("session",),
    ),
    Row(
        "AddMessage",
        f"{_REQUEST}AddMessage",
        (f"{_COMMANDS}test_a_message_of_any_role_is_recorded_and_calls_no_model",),
        ("session", "message"),
    ),
    Row(
        "UpdateMessage",
        f"{_REQUEST}UpdateMessage",
        (f"{_COMMANDS}test_changes_give_the_session_as_it_is_then",),
        ("session", "message_id", "updates"),
    ),
    Row(
        "ListSessions",
        f"{_REQUEST}ListSessions",
        (f"{_COMMANDS}test_a_listing_is_in_order_of_creation_with_these_fields",),
    ),
    Row(
        "UpdateTokenMetrics",
        f"{_REQUEST}UpdateTokenMetrics",
        (f"{_STATE}test_tokens_add_up_and_the_last_call_alone_fills_the_window",),
        ("session", "prompt_tokens", "completion_tokens"),
    ),
    Row(
        "reply: success with data, or an error with a code and a text",
        f"{_REQUEST}Answer",
        ("contract/test_dispatch.py::test_what_is_no_command_is_refused",),
        ("id", "type", "ok", "data", "error"),
    ),
    Row(
        "Session not found with ID: X",
        None,
        (f"{_COMMANDS}test_no_such_session_has_its_code_and_text",),
    ),
    Row(
        "Session already exists with ID: X",
        None,
        (f"{_REPOSITORY}test_an_id_is_used_once",),
    ),
    Row(
        "Message not found with ID: X",
        None,
        (f"{_COMMANDS}test_no_such_message_has_its_code_and_text",),
    ),
    Row(
        "subscribe",
        "actors.library:Greenroom.subscribe",
        ("contract/test_dispatch.py::test_a_subscriber_hears_of_one_type_until_it_ends_that",),
    ),
    Row(
        "unsubscribe",
        "actors.library:Subscription.unsubscribe",
        ("contract/test_dispatch.py::test_a_subscriber_hears_of_one_type_until_it_ends_that",),
    ),
)

_FIELDS = f"{_COMMANDS}test_events_carry_type_session_time_and_their_own_fields"
EVENTS = (
    Row("session-created", f"{_EVENT}SessionCreated", (_FIELDS,), ("session",)),
    Row("session-updated", f"{_EVENT}SessionUpdated", (_FIELDS,), ("updates",)),
    Row("session-deleted", f"{_EVENT}SessionDeleted", (_FIELDS,)),
    Row("message-added", f"{_EVENT}MessageAdded", (_FIELDS,), ("message",)),
    Row("message-updated", f"{_EVENT}MessageUpdated", (_FIELDS,), ("message_id", "updates")),
    Row("token-metrics-updated", f"{_EVENT}TokenMetricsUpdated", (_FIELDS,), ("metrics",)),
    Row("session-config-updated", f"{_EVENT}SessionConfigUpdated", (_FIELDS,), ("config",)),
    Row(
        "context-window-critical",
        f"{_EVENT}ContextWindowCritical",
        (f"{_STATE}test_a_full_window_is_told_once_per_crossing",),
        ("utilization", "max_context_window"),
    ),
)

_OF_REPOSITORY = {
    "get_session": "test_what_was_created_is_there",
    "create_session": "test_an_id_is_used_once",
    "update_session": "test_config_and_metrics_are_merged_one_level_deep",
    "delete_session": "test_deleting_says_whether_there_was_one",
    "get_messages": "test_messages_are_kept_in_order_and_can_be_changed",
    "add_message": "test_messages_are_kept_in_order_and_can_be_changed",
    "update_message": "test_messages_are_kept_in_order_and_can_be_changed",
    "list_sessions": "test_they_are_listed_oldest_first",
    "session_exists": "test_what_was_created_is_there",
}
REPOSITORY = (
    *(
        Row(name, f"actors.library:SessionRepository.{name}", (f"{_REPOSITORY}{test}",))
        for name, test in _OF_REPOSITORY.items()
    ),
    Row(
        "an in-memory one",
        "actors.library:MemorySessionRepository",
        (f"{_REPOSITORY}test_the_one_in_memory_can_be_counted_and_cleared",),
        (*_OF_REPOSITORY, "size", "clear"),
    ),
    Row(
        "the file one",
        "actors.library:FileSessionRepository",
        ("actors/repository/test_places.py::test_what_was_kept_is_there_for_the_next_one",),
        tuple(_OF_REPOSITORY),
    ),
    Row(
        "values go in and out as copies",
        None,
        (f"{_REPOSITORY}test_values_go_in_and_out_as_copies",),
    ),
)

FAULTS = (
    Row(
        "utilization from cumulative tokens",
        None,
        (f"{_STATE}test_tokens_add_up_and_the_last_call_alone_fills_the_window",),
    ),
    Row(
        "the old window and price tables",
        None,
        (
            (
                "actors/adapters/test_anthropic_model.py::"
                "test_limits_come_from_the_models_api_and_are_asked_once"
            ),
            (
                "actors/adapters/test_prices.py::"
                "test_an_unknown_model_or_provider_has_neither_window_nor_price"
            ),
            f"{_STATE}test_an_unknown_model_has_no_window_no_price_and_no_alarm",
        ),
    ),
    Row(
        "session-config-updated never sent",
        None,
        ("contract/test_dispatch.py::test_a_change_of_the_config_is_one_commit",),
    ),
    Row(
        "read-modify-write of metrics",
        None,
        (f"{_REPOSITORY}test_tokens_added_from_many_threads_all_count",),
    ),
    Row(
        "a crash between write and publish loses the event",
        None,
        (
            "contract/test_dispatch.py::test_nothing_is_heard_that_does_not_stand_in_the_journal",
            (
                "actors/library/test_remote_way.py::"
                "test_who_subscribes_again_and_looks_anew_misses_nothing_and_hears_nothing_twice"
            ),
        ),
    ),
    Row(
        "updates that overwrite id or created_at",
        None,
        (
            f"{_STATE}test_some_fields_cannot_be_set",
            f"{_REPOSITORY}test_some_fields_cannot_be_set",
        ),
    ),
    Row(
        "strategies without an implementation",
        None,
        (_STRATEGIES,),
    ),
)

ROWS = (*CONTENT, *RECORDS, *FACTORY, *COMMANDS, *EVENTS, *REPOSITORY, *FAULTS)
