"""Which requests only end things, and which change nothing: what both means is for who asks."""

from storage.records import request as r

_ENDING = (
    r.PauseSession,
    r.StopSession,
    r.ArchiveSession,
    r.DeleteSession,
    r.StopWorker,
    r.DeleteWorker,
    r.Cancel,
    r.PurgeSession,
)


def is_ending(request: r.RequestBase) -> bool:
    """True for what only ends or holds things: it is done also while nothing can be recorded."""
    if isinstance(request, r.UpdateWorker):
        return request.updates == r.WorkerUpdates(desired="stopped")
    if isinstance(request, r.UpdateSession):
        updates = request.updates
        return updates.get("desired") in {"stopped", "paused"} and len(updates) == 1
    return isinstance(request, _ENDING)


_READING: tuple[type[r.RequestBase], ...] = (
    r.GetSession,
    r.GetBudget,
    r.GetEvents,
    r.GetWorktree,
    r.GetDiff,
    r.ListSessions,
    r.GetWorker,
    r.ListWorkers,
    r.GetOutput,
    r.GetScreen,
    r.GetActivity,
    r.GetMessages,
    r.GetHistory,
    r.GetContext,
    r.GetResponse,
    r.ListPermissions,
    r.ListTimers,
    r.GetStatus,
    r.ListTrash,
    r.ListAgents,
)


def is_reading(request: r.RequestBase) -> bool:
    """True for what changes nothing."""
    return isinstance(request, _READING)


def is_of_the_past(request: r.RequestBase) -> bool:
    """True for what is answered from a session's journal, and not from how it is now."""
    is_dated = isinstance(request, r.GetSession | r.GetHistory) and request.at is not None
    return is_dated or isinstance(request, r.GetEvents)


READING_TYPES = frozenset(r.type_of_class(kind) for kind in _READING)
"""What changes nothing: such a request is answered afresh each time, and not journaled."""
