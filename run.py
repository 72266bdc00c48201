import os, sys; sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from actors.cli.main import run
run()
