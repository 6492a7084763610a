"""Every choice about Netstream made where its documents are silent: the registry beside `simulator.hub.switches`.

A scenario sets them under ``assume:`` like the others; the README's table shows both.
"""

from __future__ import annotations

import msgspec

from simulator.hub import switches as hub


class NetstreamSwitches(msgspec.Struct, frozen=True):
    """The switches of one simulation; see `ASSUMPTIONS` for what each means."""

    local_time: str = "zone"
    unknown_usage_point: str = "absent"
    not_entitled: str = "absent"
    no_readings: str = "left out"
    reading_gaps: str = "split"
    several_periods: str = "union"
    reading_values: str = "objects"
    quoted_values: str = "no"
    json_blocks: str = "compact"
    json_nulls: str = "no"
    specified_flags: str = "ignore"
    names_lookup: str = "yes"
    not_acceptable: str = "json"
    error_details: str = "problem"
    xml_root: str = "MeterReadings"
    xml_namespace: str = "2011"
    xml_blocks: str = "standard"
    most_days: int = 0
    most_series: int = 0
    token_lifetime: int = 3599
    reporting_delay: int = 0
    unknown_reading_type: str = "absent"
    quality_filter: str = "apply"
    later_start: str = "empty"


DEFAULTS = NetstreamSwitches()
"""What holds where a scenario says nothing."""


class Assumption(hub.Assumption, frozen=True):
    """A decision where Netstream's documents are silent."""

    @property
    def default(self) -> str:
        """The default as a scenario would write it."""
        return str(getattr(DEFAULTS, self.switch))


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        "assume.netstream-time",
        "local_time",
        ("zone", "market"),
        "times are the usage point's wall clock without offset, or +10:00 all year",
    ),
    Assumption(
        "assume.netstream-unknown",
        "unknown_usage_point",
        ("absent", "400"),
        "an unknown mRID or name: its series is absent, or 400 names it",
    ),
    Assumption(
        "assume.netstream-entitlement",
        "not_entitled",
        ("absent", "403"),
        "a usage point the client is not entitled to: as if unknown, or 403",
    ),
    Assumption(
        "assume.netstream-no-readings",
        "no_readings",
        ("left out", "empty entry"),
        "a usage point without readings in the period",
    ),
    Assumption(
        "assume.netstream-gaps",
        "reading_gaps",
        ("split", "null"),
        "missing readings split the block, or stand in it without a value and with quality 2.5.259",
    ),
    Assumption(
        "assume.netstream-periods",
        "several_periods",
        ("union", "refuse"),
        "more than one Reading: the union of their periods, or 400 (the documents say one)",
    ),
    Assumption(
        "assume.netstream-values",
        "reading_values",
        ("objects", "numbers"),
        "members of intervalBlockInts.values: the only sample breaks off before them",
    ),
    Assumption(
        "assume.netstream-quoted", "quoted_values", ("no", "yes"), "whether JSON values are text, as in the 2013 schema"
    ),
    Assumption(
        "assume.netstream-json-blocks",
        "json_blocks",
        ("compact", "standard"),
        "JSON carries intervalBlockInts, as was seen, or the standard intervalBlocks",
    ),
    Assumption(
        "assume.netstream-nulls", "json_nulls", ("no", "yes"), "whether absent JSON members are written as null"
    ),
    Assumption(
        "assume.netstream-flags",
        "specified_flags",
        ("ignore", "honour"),
        "xxxSpecified: false beside a value: the published example contradicts its own flags",
    ),
    Assumption(
        "assume.netstream-names",
        "names_lookup",
        ("yes", "no"),
        "whether a NMI, a usage point name or a serial number may stand under names; an mRID wins",
    ),
    Assumption(
        "assume.netstream-accept",
        "not_acceptable",
        ("json", "406"),
        "an Accept that neither JSON nor XML satisfies: ASP.NET answers in JSON unless told otherwise",
    ),
    Assumption(
        "assume.netstream-errors",
        "error_details",
        ("problem", "empty"),
        "the body of a 400: application/problem+json as ASP.NET writes it, or none",
    ),
    Assumption(
        "assume.netstream-xml-root",
        "xml_root",
        ("MeterReadings", "MeterReadings2"),
        "root of the XML answer: the documents speak of MeterReadings2, no schema has it",
    ),
    Assumption(
        "assume.netstream-xml-namespace",
        "xml_namespace",
        ("2011", "none"),
        "namespace of the XML answer: that of the 2013 edition (it says 2011), or none",
    ),
    Assumption(
        "assume.netstream-xml-blocks",
        "xml_blocks",
        ("standard", "compact"),
        "XML carries the standard IntervalBlocks, or IntervalBlockInts",
    ),
    Assumption(
        "assume.netstream-most-days", "most_days", ("0..36600",), "days one request may ask for, more is 400; 0: any"
    ),
    Assumption(
        "assume.netstream-most-series",
        "most_series",
        ("0..1000000",),
        "usage points times reading types of one request, more is 413; 0: any",
    ),
    Assumption(
        "assume.netstream-token-lifetime",
        "token_lifetime",
        ("1..86400",),
        "seconds of market time an access token is good for (Entra: 3599)",
    ),
    Assumption(
        "assume.netstream-delay",
        "reporting_delay",
        ("0..100000",),
        "minutes from the end of an interval until its reading can be asked for",
    ),
    Assumption(
        "assume.netstream-unknown-type",
        "unknown_reading_type",
        ("absent", "400"),
        "a reading type that no usage point has: its series is absent, or 400 names it",
    ),
    Assumption(
        "assume.netstream-quality-filter",
        "quality_filter",
        ("apply", "ignore"),
        "ReadingQuality in a request: only readings of these qualities are answered (none said is good), or all",
    ),
    Assumption(
        "assume.netstream-later-start",
        "later_start",
        ("empty", "400"),
        "a start after now without an end, which then is now: nothing, or 400 as for a start after its end",
    ),
)
