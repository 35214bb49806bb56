"""What the performance claims rest on, measured: `make bench` prints the table.

`filling.py` fills the databases, `pages.py` and `queries.py` hold what is measured against what, `timing.py`
takes turns, `table.py` says what came out. How and why: docs/decisions/0006-speed.md.
"""
