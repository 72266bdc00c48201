"""What happened: the events of a session's journal, in the past tense.

A line of the journal holds all events of one decision; its number and time are the line's. The
kinds stand beside this module, by what they are about; all have their name here.
"""

from storage.records.conversation_event import (
    RequestCompleted,
    RequestQueued,
    ToolCallCompleted,
    ToolCallStarted,
    TurnBlockCompleted,
    TurnCompleted,
    TurnRetried,
    TurnStarted,
)
from storage.records.inbox_event import (
    AnswerPublished,
    RequestAccepted,
    RequestAnswered,
)
from storage.records.prompt_event import (
    PromptDelivered,
    PromptPutBack,
    PromptQueued,
    PromptSubmitted,
    PromptSubmitting,
    PromptTyped,
    PromptTyping,
)
from storage.records.session_event import (
    ContextWindowCritical,
    MessageAdded,
    MessageUpdated,
    SessionConfigUpdated,
    SessionCreated,
    SessionDeleted,
    SessionDeleting,
    SessionRestored,
    SessionUpdated,
    TokenMetricsUpdated,
)
from storage.records.worker_event import (
    AgentDefined,
    AgentStarting,
    ConversationForgotten,
    ConversationFound,
    InputWritten,
    OrphansEnded,
    PromptGiven,
    PromptTaken,
    WorkerCreated,
    WorkerDeleted,
    WorkerDeleting,
    WorkerEnded,
    WorkerStarted,
    WorkerStarting,
    WorkerUpdated,
)

Event = (
    SessionCreated
    | SessionUpdated
    | SessionConfigUpdated
    | SessionDeleting
    | SessionDeleted
    | SessionRestored
    | MessageAdded
    | MessageUpdated
    | TokenMetricsUpdated
    | ContextWindowCritical
    | WorkerCreated
    | WorkerUpdated
    | WorkerStarting
    | WorkerStarted
    | WorkerEnded
    | WorkerDeleting
    | WorkerDeleted
    | AgentDefined
    | AgentStarting
    | PromptGiven
    | PromptTaken
    | ConversationForgotten
    | ConversationFound
    | OrphansEnded
    | InputWritten
    | PromptQueued
    | PromptTyping
    | PromptTyped
    | PromptSubmitting
    | PromptSubmitted
    | PromptPutBack
    | PromptDelivered
    | RequestQueued
    | TurnStarted
    | TurnRetried
    | TurnBlockCompleted
    | TurnCompleted
    | ToolCallStarted
    | ToolCallCompleted
    | RequestCompleted
)
"""In a session's journal."""


RequestEvent = RequestAccepted | RequestAnswered | AnswerPublished
"""In the requests journal."""

AnyEvent = Event | RequestEvent
