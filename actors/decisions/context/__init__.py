"""PURE: what of a history is sent when not all of it fits: truncated, ranked, or summarised.

Everything here takes a history that is valid and gives one that is: what is kept stays in order and
unchanged, and a tool call is never parted from its result. `strategy` is the one to ask.
"""
