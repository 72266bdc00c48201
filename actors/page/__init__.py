"""The page that people use in a browser: HTML, style sheets and ES modules as they are served.

No program of Python runs in it; `actors/http/static.py` serves what lies here. The terminal's own
library is put into `vendor/` when greenroom is built; without it a terminal is shown as text.
"""
