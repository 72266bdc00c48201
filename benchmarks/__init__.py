"""How fast greenroom is, each row beside something people know, measured in the same run.

`python -m benchmarks` measures all rows, `python -m benchmarks --help` tells the rest. The rows
are in `table.py`, one module per family of them beside it. Asserts nothing: a goal is reached or
missed.
"""
