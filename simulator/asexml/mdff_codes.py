"""The only place for the code lists of meter data files: data, replaceable, own words.

Source: AEMO's MDFF specification v1.06 as transcribed by open-source readers; the split of reason codes into
current and obsolete ones was not found, so all of 0 to 99 are known here.
"""

from __future__ import annotations

from types import MappingProxyType

FLAGS = MappingProxyType(
    {
        "A": "actual",
        "E": "forward estimate",
        "F": "final substitute",
        "N": "null",
        "S": "substitute",
        "V": "variable: see the 400 records",
    }
)
METHOD_FLAGS = frozenset("EFS")
"""Flags that must be followed by a two-digit method; the others must not."""

REASON_FLAGS = frozenset("FS")
"""Flags that must come with a reason code."""

EVENT_REASONS = frozenset({61, 79, 89})
"""An actual day with one of these reasons must be detailed by 400 records: box damaged, power outage, time reset."""

METHODS = MappingProxyType(
    {
        11: "types 1-4: check",
        12: "types 1-4: calculated",
        13: "types 1-4: SCADA",
        14: "types 1-4: retrospective like day",
        15: "types 1-4: retrospective average like day",
        16: "types 1-4: agreed (obsolete)",
        17: "types 1-4: linear",
        18: "types 1-4: alternate",
        19: "types 1-4: zero",
        20: "types 1-4: prospective like day",
        21: "types 1-4: five-minute, no historical data",
        22: "types 1-4: prospective average like day",
        23: "types 1-4: previous year",
        24: "types 1-4: data scaling",
        25: "types 1-4: average daily load",
        51: "type 5: previous year",
        52: "type 5: previous read",
        53: "type 5: revision",
        54: "type 5: linear",
        55: "type 5: agreed",
        56: "type 5: prior to first read, agreed",
        57: "type 5: customer class",
        58: "type 5: zero",
        59: "type 5: five-minute, no historical data",
        61: "type 6: previous year",
        62: "type 6: previous read",
        63: "type 6: customer class",
        64: "type 6: agreed",
        65: "type 6: average daily load",
        66: "type 6: revision",
        67: "type 6: customer read",
        68: "type 6: zero",
        69: "type 6: linear extrapolation",
        71: "type 7: recalculation",
        72: "type 7: revised table",
        73: "type 7: revised algorithm",
        74: "type 7: agreed",
        75: "type 7: existing table",
    }
)
"""Methods of estimates and substitutes. Real files use estimates with any of them, so the E/S split is not enforced."""

TRANSACTION_CODES = MappingProxyType(
    {
        "A": "alteration",
        "C": "meter reconfiguration",
        "D": "de-energisation",
        "E": "forward estimate",
        "G": "re-energisation",
        "N": "normal read",
        "O": "other",
        "R": "removal of meter",
        "S": "special read",
    }
)

UNITS = MappingProxyType(
    {
        unit.upper(): unit
        for unit in (
            *("MWh", "kWh", "Wh", "MVArh", "kVArh", "VArh", "MVAr", "kVAr", "VAr", "MW", "kW", "W"),
            *("MVAh", "kVAh", "VAh", "MVA", "kVA", "VA", "kV", "V", "kA", "A", "pf"),
        )
    }
)
"""Upper-case spelling to the documented one; compared without case on input."""

INTERVAL_LENGTHS = (5, 15, 30)
TOLERATED_LENGTHS = (1, 10)
"""Minutes. The market uses the first three; files with the others have been seen and are read."""

LEGACY_STATUSES = frozenset("AEFS")
"""Statuses of the older MDMT columns (recalled by the research, R+)."""

REASONS: MappingProxyType[int, str] = MappingProxyType(
    {
        0: "free text",
        1: "meter or equipment changed",
        2: "extreme weather or wet",
        3: "quarantine",
        4: "savage dog",
        5: "meter or equipment changed",
        6: "extreme weather or wet",
        7: "unable to locate meter",
        8: "vacant premises",
        9: "meter or equipment changed",
        10: "lock damaged or seized",
        11: "in wrong walk",
        12: "locked premises",
        13: "locked gate",
        14: "locked meter box",
        15: "access overgrown",
        16: "noxious weeds",
        17: "unsafe equipment or location",
        18: "read below previous",
        19: "consumer wanted",
        20: "damaged equipment or panel",
        21: "switched off",
        22: "seals missing",
        23: "seals missing",
        24: "seals missing",
        25: "seals missing",
        26: "seals missing",
        27: "seals missing",
        28: "damaged equipment or panel",
        29: "relay faulty",
        30: "meter stop switch on",
        31: "seals missing",
        32: "damaged equipment or panel",
        33: "relay faulty",
        34: "meter not in handheld",
        35: "timeswitch faulty or reset",
        36: "meter high, ladder needed",
        37: "meter high, ladder needed",
        38: "unsafe equipment or location",
        39: "reverse energy observed",
        40: "timeswitch faulty or reset",
        41: "faulty display or dials",
        42: "faulty display or dials",
        43: "power outage",
        44: "unsafe equipment or location",
        45: "readings failed to validate",
        46: "extreme weather or hot",
        47: "refused access",
        48: "timeswitch faulty or reset",
        49: "wet paint",
        50: "wrong tariff",
        51: "installation demolished",
        52: "access blocked",
        53: "bees or wasp",
        54: "meter box damaged",
        55: "faulty display or dials",
        56: "meter box damaged",
        57: "timeswitch faulty or reset",
        58: "supply failure",
        59: "faulty display or dials",
        60: "illegal connection or tampered",
        61: "meter box damaged",
        62: "damaged equipment or panel",
        63: "illegal connection or tampered",
        64: "key required",
        65: "wrong key",
        66: "lock damaged or seized",
        67: "extreme weather or wet",
        68: "zero consumption",
        69: "reading exceeds estimate",
        70: "probe reports tampering",
        71: "probe read error",
        72: "meter or equipment changed",
        73: "low consumption",
        74: "high consumption",
        75: "customer read",
        76: "communications fault",
        77: "estimation forecast",
        78: "null data",
        79: "power outage alarm",
        80: "short interval alarm",
        81: "long interval alarm",
        82: "CRC error",
        83: "RAM checksum error",
        84: "ROM checksum error",
        85: "data missing alarm",
        86: "clock error alarm",
        87: "reset occurred",
        88: "watchdog timeout alarm",
        89: "time reset occurred",
        90: "test mode",
        91: "load control",
        92: "added interval (data correction)",
        93: "replaced interval (data correction)",
        94: "estimated interval (data correction)",
        95: "pulse overflow alarm",
        96: "data out of limits",
        97: "excluded data",
        98: "parity error",
        99: "energy type (register changed)",
    }
)
