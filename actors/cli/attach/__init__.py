"""`greenroom attach`: a person at a terminal that a worker has, straight through the terminal host.

The daemon is not asked, so typing goes on while it is down. `attachment` is the loop; what it
decides stands in `detaching` and `replay`, and in `typing_ahead` and `screen_modes` of
`actors.terminals`, which are pure.
"""
