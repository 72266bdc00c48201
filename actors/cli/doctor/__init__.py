"""What `doctor` looks at: one module per kind of thing, each a series of findings.

All read only, and look at whatever is there: a daemon that hangs, a directory half deleted. A
check that cannot be made is a finding too.
"""
