"""What a request needs to be answered."""

from datetime import datetime, timedelta

import pytest
from cim_samples import KWH, MIDNIGHT, SUMMER
from msgspec.structs import replace

from simulator.cim import model as m
from simulator.cim.request import wanting

DAY = m.Interval(MIDNIGHT, MIDNIGHT + timedelta(days=1))
GOOD = m.GetMeterReadings(
    readings=(m.RequestedReading(DAY),),
    reading_types=(m.Identified(KWH),),
    usage_points=(m.Identified("up-1"),),
)


def reading(start: datetime | None, end: datetime | None) -> tuple[m.RequestedReading, ...]:
    return (m.RequestedReading(m.Interval(start, end)),)


def test_the_three_pieces_are_enough() -> None:
    assert wanting(GOOD) == ()
    someone = (m.Identified(names=(m.Name("4102034567"),)),)
    for member in ("end_devices", "usage_point_groups", "end_device_groups"):
        assert wanting(replace(GOOD, usage_points=(), **{member: someone})) == ()


@pytest.mark.parametrize(
    ("request_", "path", "rule"),
    [
        (replace(GOOD, readings=()), "Reading", "cim.required"),
        (replace(GOOD, readings=(m.RequestedReading(),)), "Reading[0].timePeriod", "cim.required"),
        (replace(GOOD, readings=reading(None, MIDNIGHT)), "Reading[0].timePeriod.start", "cim.required"),
        (replace(GOOD, readings=reading(MIDNIGHT, MIDNIGHT)), "Reading[0].timePeriod", "cim.period-order"),
        (
            replace(GOOD, readings=reading(MIDNIGHT.replace(tzinfo=SUMMER), MIDNIGHT)),
            "Reading[0].timePeriod",
            "cim.period-order",
        ),
        (replace(GOOD, reading_types=()), "ReadingType", "cim.required"),
        (
            replace(GOOD, reading_types=(m.Identified(KWH), m.Identified("1.2"))),
            "ReadingType[1].mRID",
            "cim.reading-type",
        ),
        (replace(GOOD, reading_types=(m.Identified(),)), "ReadingType[0].mRID", "cim.reading-type"),
        (replace(GOOD, usage_points=()), "UsagePoint", "cim.required"),
        (replace(GOOD, usage_points=(m.Identified(),)), "UsagePoint[0]", "cim.required"),
        (replace(GOOD, end_devices=(m.Identified(" "),)), "EndDevice[0].mRID", "cim.blank"),
    ],
)
def test_what_is_wanting(request_: m.GetMeterReadings, path: str, rule: str) -> None:
    assert [(fault.path, fault.rule) for fault in wanting(request_)] == [(f"GetMeterReadings.{path}", rule)]


def test_an_empty_request_wants_all_three() -> None:
    assert [fault.path.rpartition(".")[2] for fault in wanting(m.GetMeterReadings())] == [
        "Reading",
        "ReadingType",
        "UsagePoint",
    ]


def test_an_open_end_a_type_by_name_and_mixed_offsets_are_fine() -> None:
    assert wanting(replace(GOOD, readings=reading(MIDNIGHT, None))) == ()
    assert wanting(replace(GOOD, readings=reading(MIDNIGHT, (MIDNIGHT + timedelta(1)).replace(tzinfo=SUMMER)))) == ()
    assert wanting(replace(GOOD, reading_types=(m.Identified(names=(m.Name("half hours"),)),))) == ()
    assert wanting(replace(GOOD, readings=(*GOOD.readings, *GOOD.readings))) == ()
