"""`greenroom completion`: what may stand at the cursor of a shell.

The scripts hand over what was typed; `shell_line` reads it as the shell would, `place` says what is
wanted there, `names` how it is called. All but the asking, which the command does, is pure.
"""
