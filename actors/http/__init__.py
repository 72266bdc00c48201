"""The HTTP front: REST, server-sent events, WebSockets and the page, on the I/O loop.

`route_table.py` has every way in; nothing is served that has no row there, and `gate.py` stands
before all of it.
"""
