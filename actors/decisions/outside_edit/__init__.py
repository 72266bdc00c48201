"""PURE: what an edit of `sessions.json` by hand asks for, or why it is refused whole.

Three-way, field by field: what the file showed when it was written (base), what is now (ours), what
stands there (theirs). Order and layout carry no meaning. What is asked for comes out as commands,
all of them tried by the decisions that will answer them; reading, watching and sending is for
others. `values` compares, `known` and `workers` are about sessions that the file showed, `added`
about new ones, `trial` decides ahead, `merge` is the whole.
"""

from actors.decisions.outside_edit.merge import EditRefused, merge
from actors.decisions.outside_edit.trial import Change

__all__ = ["Change", "EditRefused", "merge"]
