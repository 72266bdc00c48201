"""What is stored and said: values without behaviour.

Those of a journal are made in great numbers and live long, so they are declared `gc=False`: the
collector of garbage passes them over. Plain values cannot form the cycles that it is for.
"""
