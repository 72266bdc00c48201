"""What happened: the events of a session's journal, in the past tense.

A line of the journal holds all events of one decision; its number and time are the line's. The
kinds stand beside this module, by what they are about; all have their name here.
"""

from storage.records.budget_event import (
    BudgetOpened,
    BudgetReserved,
    BudgetSettled,
    BudgetWarning,
)
from storage.records.conversation_event import (
    ContextPartFailed,
    HistorySummarized,
    RequestCompleted,
    RequestQueued,
    ToolCallCompleted,
    ToolCallStarted,
    TurnBlockCompleted,
    TurnCompleted,
    TurnRetried,
    TurnStarted,
    UsageLimitReached,
)
from storage.records.inbox_event import (
    AnswerPublished,
    RequestAccepted,
    RequestAnswered,
)
from storage.records.permission_event import (
    PermissionAnswered,
    PermissionHeld,
    PermissionRequested,
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
    SessionDeleteRefused,
    SessionDeleting,
    SessionForked,
    SessionRestored,
    SessionUpdated,
    TokenMetricsUpdated,
    WorktreeKept,
    WorktreeRemoved,
)
from storage.records.timer_event import TimerCancelled, TimerFired, TimerSet
from storage.records.worker_event import (
    AgentDefined,
    AgentStarting,
    ConversationForgotten,
    ConversationFound,
    InputWritten,
    LimitPassed,
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
    | WorktreeRemoved
    | WorktreeKept
    | SessionDeleteRefused
    | SessionDeleted
    | SessionRestored
    | SessionForked
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
    | LimitPassed
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
    | UsageLimitReached
    | TurnBlockCompleted
    | HistorySummarized
    | ContextPartFailed
    | TurnCompleted
    | ToolCallStarted
    | ToolCallCompleted
    | PermissionRequested
    | PermissionHeld
    | PermissionAnswered
    | BudgetOpened
    | BudgetReserved
    | BudgetSettled
    | BudgetWarning
    | TimerSet
    | TimerFired
    | TimerCancelled
    | RequestCompleted
)
"""In a session's journal."""


RequestEvent = RequestAccepted | RequestAnswered | AnswerPublished
"""In the requests journal."""

AnyEvent = Event | RequestEvent
