import os, sys; sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))  # noqa: E401, E702, I001, PTH120
from actors.cli.main import run
run()
