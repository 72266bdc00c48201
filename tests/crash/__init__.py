"""The proof that no crash takes back what was acknowledged, and the proof of that proof.

`file_layer` records what the real storage code does to files; `disk` says what a power cut after
any of these calls may leave; `recovery` runs the real recovery on that; `ledger` compares it with
what had been promised by then, which `marking` hears from the code itself. `desk` and `house_rows`
are the workloads, each a table of rows; `traits` and `faults` show that the proof would notice.
"""
