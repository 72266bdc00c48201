"""`greenroom attach`: a person at a terminal that a worker has, straight through the terminal host.

The daemon is not asked, so typing goes on while it is down. `attachment` is the loop; what it
decides stands in `typing_ahead`, `detaching`, `screen_modes` and `replay`, which are pure.
"""
