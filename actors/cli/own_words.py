"""Marks texts of our own that say what to type next, among spans that hold texts of others.

The console names the data directory in these alone; what is written by others stays as it is.
"""

from __future__ import annotations


class Advice(str):
    """A whole span of our own words; a piece that is cut out of it is none any more."""

    __slots__ = ()
