import inspect

import pytest

from actors.adapters.anthropic_options import (
    IN_BODY,
    OURS,
    PASSED_ON,
    create_arguments,
)
from actors.ports import ModelError
from storage.records.config import SessionConfig


def test_every_argument_of_the_sdk_is_passed_on_or_ours() -> None:
    from anthropic.resources.messages import AsyncMessages

    takes = set(inspect.signature(AsyncMessages.create).parameters)
    transport = {"self", "stream", "extra_headers", "extra_query", "extra_body", "timeout"}
    in_body = IN_BODY | {"temperature", "effort"}
    assert takes == PASSED_ON | transport | (OURS.keys() - in_body)


def test_temperature_and_its_kin_travel_in_the_body() -> None:
    config = SessionConfig(temperature=0.5, provider_options={"top_k": 3})
    assert create_arguments(config) == {"extra_body": {"top_k": 3, "temperature": 0.5}}


def test_effort_joins_the_output_config() -> None:
    schema = {"type": "json_schema"}
    config = SessionConfig(effort="high", provider_options={"output_config": {"format": schema}})
    assert create_arguments(config)["output_config"] == {"format": schema, "effort": "high"}
    assert create_arguments(SessionConfig(effort="low")) == {"output_config": {"effort": "low"}}


def test_options_are_passed_on() -> None:
    options = {"thinking": {"type": "adaptive"}, "stop_sequences": ["x"]}
    assert create_arguments(SessionConfig(provider_options=options)) == options
    assert create_arguments(SessionConfig()) == {}


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (SessionConfig(provider_options={"thinkng": {}}), "Those it takes: .*thinking"),
        (SessionConfig(provider_options={"temperature": 1}), r"set by config\.temperature"),
        (SessionConfig(provider_options={"extra_headers": {}}), "extra_headers"),
        (
            SessionConfig(effort="low", provider_options={"output_config": {"effort": "high"}}),
            "once",
        ),
        (SessionConfig(effort="low", provider_options={"output_config": 1}), "once"),
    ],
)
def test_a_bad_option_is_refused_and_not_dropped(config: SessionConfig, says: str) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        create_arguments(config)
    assert caught.value.code == "bad-option"
    assert not caught.value.retryable
