"""What is said of a reading in CIM's words: quality codes of flags. The only place that maps one to the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import tzinfo
from functools import lru_cache

from simulator.cim.nem import FLAG_QUALITIES
from simulator.cim.quality import Quality
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


def sought(qualities: Iterable[QualityNote], codes: Collection[str]) -> bool:
    """Whether a reading has one of the qualities asked for; one that says none is good. No codes: all are wanted."""
    told = [note.code for note in qualities]
    if told or not codes:
        return not codes or any(code in codes for code in told)
    return any(Quality.parse(code).is_good for code in codes)
