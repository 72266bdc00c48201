"""`greenroom status --watch`: the status as it changes, on a terminal or line by line in a pipe.

`watching` is the loop; `follower` hears of changes from the daemon, `unanswered` knows what there
is to show without one. `views` says where it goes, `frame` how a screen is drawn anew, which is
pure, as is `settled`, which tells a change from figures that never stand still.
"""
