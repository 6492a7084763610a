"""The register of behaviour: every rule id the simulator can answer with, what it means, and where that is from.

Documented by AEMO or a standards body, seen in real traffic, or a numbered assumption with what sets it otherwise; the
rest is the simulator's own. `explain`, ``GET /_sim/register`` and the README's tables are made from here.
"""

from simulator.register.entries import Entry, register
from simulator.register.written import assumptions_table, counts_table, data_table, markdown, section

__all__ = ["Entry", "assumptions_table", "counts_table", "data_table", "markdown", "register", "section"]
