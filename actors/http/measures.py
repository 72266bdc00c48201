"""How many requests there were over HTTP, with which outcome and how long they took, by route.

On the I/O loop alone. The names of routes are those of the table, so there are never many.
"""

import time
from bisect import bisect_left
from collections import Counter, defaultdict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

BOUNDS_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
ROUTE = "greenroom.route"
"""In the scope of a request that reached a route: its path in the table."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
_NO_ROUTE = "none"


class Timings:
    """`counts`: of requests up to each of the bounds and above none; `seconds`: of all together."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_SECONDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self.seconds += seconds


class Measures:
    """`requests`: by method, route and status; `timings`: by route; `open`: that are under way."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.timings: defaultdict[str, Timings] = defaultdict(Timings)
        self.open = 0

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        self.requests[method if method in _METHODS else "other", route, status] += 1
        self.timings[route].add(seconds)


class Measured:
    """Stands before everything else, so that what is refused counts too. WebSockets do not."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        begun = time.monotonic()

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._measures.open += 1
        try:
            await self._app(scope, receive, told)
        finally:
            self._measures.open -= 1
            route, seconds = scope.get(ROUTE, _NO_ROUTE), time.monotonic() - begun
            self._measures.add(scope["method"], route, status, seconds)
