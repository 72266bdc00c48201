"""Where the journals of sessions live: one Protocol, and an implementation per place.

What a session says and how it is decided is the same whichever of them keeps it. Nothing outside
this package may assume that all of it lies on one machine.
"""
