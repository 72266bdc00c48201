"""The proof that no crash takes back what was acknowledged, and the proof of that proof.

`file_layer` records what the real storage code does to files; `disk` says what a power cut after
any of these calls may leave; `recovery` runs the real recovery on that; `ledger` compares it with
what had been promised by then. `desk` and `house` are the workloads, each a table of rows.
"""
