"""An actor whose supervisor always learns of its end; every actor of the process is one.

Closes what pykka leaves open: an exception under `ask` or in the start ends the actor like any
other; a BaseException stops this actor and not all of the process; an `ask` is always answered.
Whether it is started again is left to its supervisor.
"""

import logging
from types import TracebackType
from typing import Any

import pykka

from actors.supervision.context import ChildContext
from actors.supervision.inbox import Inbox

_log = logging.getLogger(__name__)


class ActorEndedError(Exception):
    """An end for the supervisor to judge that is no bug: a process that died, a server that went.

    The log gets one line of it.
    """


class ActorCrashedError(Exception):
    """What an asker gets in place of SystemExit and the like, which would end the asker too."""


class BaseActor(pykka.ThreadingActor):
    """Subclasses override `started`, `on_message` and `stopping`, and nothing of pykka's hooks.

    All three run in the actor's own thread. An expected refusal is a return value: any exception
    is a bug or a broken world and ends the actor. The order at the end: askers answered,
    `stopping`, `Down` told to the supervisor, `context.terminated` set.
    """

    use_daemon_thread = True
    says_when_it_runs = False
    """It is `starting` beyond `started`, until it calls `context.report_running` itself."""
    actor_inbox: Inbox

    def __init__(self, context: ChildContext) -> None:
        super().__init__()
        self.context = context
        self.__error: str | None = None
        self.__is_up = False
        self.__is_wound_up = False
        self.actor_inbox.dropped = self.__on_dropped
        context.ref = self.actor_ref

    def started(self) -> None:
        """Before the first message. What it took when it raises, it must give back itself."""

    def on_message(self, message: Any) -> object:
        """Handle one message; the return value answers an `ask`."""
        raise TypeError(f"{type(self).__name__} knows no {type(message).__name__}")

    def stopping(self) -> None:
        """After the last message, be it a stop or a crash in `on_message`: give back all."""

    def dropped(self, message: Any) -> None:
        """A message that was told and came too late: nobody will handle it.

        Called by whichever thread finds it, after `on_message` was called for the last time.
        """

    def on_start(self) -> None:
        try:
            self.started()
        except BaseException as error:  # noqa: BLE001 - SystemExit here would stop every actor
            self._crash(error)
        else:
            self.__is_up = True
            if not self.says_when_it_runs:
                self.context.report_started()

    def on_receive(self, message: Any) -> object:
        return self.on_message(message)

    def on_stop(self) -> None:
        self._wind_up()

    @staticmethod
    def _create_actor_inbox() -> Inbox:
        return Inbox()

    def _start_actor_loop(self) -> None:
        try:
            super()._start_actor_loop()
        except BaseException:  # no thread to be had: the registry must not keep it for ever
            pykka.ActorRegistry.unregister(self.actor_ref)
            raise

    def _actor_loop(self) -> None:
        try:
            super()._actor_loop()
        except BaseException as error:  # noqa: BLE001 - not even a fault of pykka's goes unreported
            self._crash(error)
        try:
            self.actor_inbox.close()
            self._wind_up()
        finally:
            self.context.end(self.__error)

    def _actor_loop_teardown(self) -> None:
        """Instead of pykka's, which loses what was told."""
        self.actor_inbox.close()

    def __on_dropped(self, message: Any) -> None:
        try:
            self.dropped(message)
        except BaseException:  # noqa: BLE001 - the end goes on, whatever comes
            _log.exception("actor %s lost a message", "/".join(self.context.path))

    def _handle_receive(self, message: Any) -> Any:
        # pykka's own step, not only on_receive: proxy calls come through here too.
        if self.context.abandoned and not self.actor_stopped.is_set():
            self._leave_loop()
            raise pykka.ActorDeadError(f"{self} was abandoned")
        try:
            return super()._handle_receive(message)
        except Exception as error:
            self._crash(error)
            raise
        except BaseException as error:
            self._crash(error)
            raise ActorCrashedError(describe(error)) from error

    def _handle_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing left for pykka to do: `_crash` has written the one report."""

    def _crash(self, error: BaseException) -> None:
        self._leave_loop()
        text = describe(error)
        self.__error = (
            self.__error or text
        )  # the first is the cause, later ones come of the clean-up
        where = "/".join(self.context.path)
        if isinstance(error, ActorEndedError):
            _log.warning("actor %s ended: %s", where, text)
        else:
            _log.error("actor %s crashed: %s", where, text, exc_info=error)

    def _leave_loop(self) -> None:
        pykka.ActorRegistry.unregister(self.actor_ref)
        self.actor_stopped.set()

    def _wind_up(self) -> None:
        if self.__is_wound_up:
            return
        self.__is_wound_up = True
        self.context.report_stopping()
        try:
            self._release()
        except BaseException as error:  # noqa: BLE001 - the end goes on, whatever comes
            self._crash(error)
        try:
            if self.__is_up:
                self.stopping()
        except BaseException as error:  # noqa: BLE001 - as above
            self._crash(error)

    def _release(self) -> None:
        """For `Supervisor`: what must end before `stopping`, also when the start failed."""


def describe(error: BaseException) -> str:
    """Type and text on one line; of an end that is no bug the text alone.

    Never raises, whatever the exception's own `__str__` does.
    """
    name = type(error).__name__
    try:
        text = " ".join(str(error).split())
    except BaseException:  # noqa: BLE001 - a broken __str__ must not hide the end of an actor
        return name
    if text and isinstance(error, ActorEndedError):
        return text
    return f"{name}: {text}" if text else name
