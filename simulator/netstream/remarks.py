"""What is said of a reading in CIM's words: quality codes of flags. The only place that maps one to the other."""

from __future__ import annotations

from datetime import tzinfo
from functools import lru_cache

from simulator.cim.nem import FLAG_QUALITIES
from simulator.cim.series import QualityNote, Remarks
from simulator.world.irregularities import Condition

_QUALITIES = {**FLAG_QUALITIES, "Clock changed": "1.4.9", "Incomplete": "2.11.0"}


@lru_cache(4096)
def remark(condition: Condition, where: tzinfo) -> Remarks:
    """The remarks of a condition; none for an actual reading. Times are those of a zone."""
    code = None if condition.flag == "Actual" else _QUALITIES[condition.flag]
    notes = () if code is None else (QualityNote(code, condition.description or None),)
    reported = None if condition.reported is None else condition.reported.astimezone(where).replace(tzinfo=None)
    return Remarks(notes, reported)
