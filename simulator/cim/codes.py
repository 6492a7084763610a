"""The code tables of reading types: the only place that says what a number in one of the 18 positions means.

Data, replaceable: literal names of IEC 61968-9 as three independent open implementations agree on them (two for the
rarer ones). Vendors use further numbers; those are kept as plain numbers wherever these enumerations stand.
"""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType

MacroPeriod = IntEnum(
    "MacroPeriod",
    {
        "none": 0,
        "billingPeriod": 8,
        "daily": 11,
        "monthly": 13,
        "seasonal": 22,
        "weekly": 24,
        "specifiedPeriod": 32,
        "yearly": 1001,  # a vendor's
    },
)

Aggregate = IntEnum(
    "Aggregate",
    {
        "none": 0,
        "average": 2,
        "excess": 4,
        "highThreshold": 5,
        "lowThreshold": 7,
        "maximum": 8,
        "minimum": 9,
        "nominal": 11,
        "normal": 12,
        "secondMaximum": 16,
        "secondMinimum": 17,
        "thirdMaximum": 23,
        "fourthMaximum": 24,
        "fifthMaximum": 25,
        "sum": 26,
        "high": 27,
        "low": 28,
    },
)

MeasuringPeriod = IntEnum(
    "MeasuringPeriod",
    {
        "none": 0,
        "tenMinute": 1,
        "fifteenMinute": 2,
        "oneMinute": 3,
        "twentyfourHour": 4,
        "thirtyMinute": 5,
        "fiveMinute": 6,
        "sixtyMinute": 7,
        "twoMinute": 10,
        "threeMinute": 14,
        "present": 15,
        "previous": 16,
        "twentyMinute": 31,
        "fixedBlock60Min": 50,
        "fixedBlock30Min": 51,
        "fixedBlock20Min": 52,
        "fixedBlock15Min": 53,
        "fixedBlock10Min": 54,
        "fixedBlock5Min": 55,
        "fixedBlock1Min": 56,
        "rollingBlock60MinIntvl30MinSubIntvl": 57,
        "rollingBlock60MinIntvl20MinSubIntvl": 58,
        "rollingBlock60MinIntvl15MinSubIntvl": 59,
        "rollingBlock60MinIntvl12MinSubIntvl": 60,
        "rollingBlock60MinIntvl10MinSubIntvl": 61,
        "rollingBlock60MinIntvl6MinSubIntvl": 62,
        "rollingBlock60MinIntvl5MinSubIntvl": 63,
        "rollingBlock60MinIntvl4MinSubIntvl": 64,
        "rollingBlock30MinIntvl15MinSubIntvl": 65,
        "rollingBlock30MinIntvl10MinSubIntvl": 66,
        "rollingBlock30MinIntvl6MinSubIntvl": 67,
        "rollingBlock30MinIntvl5MinSubIntvl": 68,
        "rollingBlock30MinIntvl3MinSubIntvl": 69,
        "rollingBlock30MinIntvl2MinSubIntvl": 70,
        "rollingBlock15MinIntvl5MinSubIntvl": 71,
        "rollingBlock15MinIntvl3MinSubIntvl": 72,
        "rollingBlock15MinIntvl1MinSubIntvl": 73,
        "rollingBlock10MinIntvl5MinSubIntvl": 74,
        "rollingBlock10MinIntvl2MinSubIntvl": 75,
        "rollingBlock10MinIntvl1MinSubIntvl": 76,
        "rollingBlock5MinIntvl1MinSubIntvl": 77,
        "twelveMinute": 78,
        "twoHour": 79,
        "fourHour": 80,
        "sixHour": 81,
        "twelveHour": 82,
        "threeHour": 83,
        "specifiedInterval": 100,
        "specifiedFixedBlock": 101,
        "specifiedRollingBlock": 102,
    },
)

Accumulation = IntEnum(
    "Accumulation",
    {
        "none": 0,
        "bulkQuantity": 1,
        "continuousCumulative": 2,
        "cumulative": 3,
        "deltaData": 4,
        "indicating": 6,
        "summation": 9,
        "timeDelay": 10,
        "instantaneous": 12,
        "latchingQuantity": 13,
        "boundedQuantity": 14,
    },
)

FlowDirection = IntEnum(
    "FlowDirection",
    {
        "none": 0,
        "forward": 1,  # to the customer; AEMO and Netstream call it export
        "lagging": 2,
        "leading": 3,
        "net": 4,
        "q1plusQ2": 5,
        "q1plusQ3": 7,
        "q1plusQ4": 8,
        "q1minusQ4": 9,
        "q2plusQ3": 10,
        "q2plusQ4": 11,
        "q2minusQ3": 12,
        "q3plusQ4": 13,
        "q3minusQ2": 14,
        "quadrant1": 15,
        "quadrant2": 16,
        "quadrant3": 17,
        "quadrant4": 18,
        "reverse": 19,  # to the grid, a positive number; AEMO and Netstream call it import
        "total": 20,
        "totalByPhase": 21,
    },
)

Commodity = IntEnum(
    "Commodity",
    {
        "none": 0,
        "electricitySecondaryMetered": 1,
        "electricityPrimaryMetered": 2,
        "communication": 3,
        "air": 4,
        "naturalGas": 7,
        "propane": 8,
        "potableWater": 9,
        "steam": 10,
        "wasteWater": 11,
        "heatingFluid": 12,
        "coolingFluid": 13,
        "nonpotableWater": 14,
        "co2": 18,
        "device": 41,
    },
)

MeasurementKind = IntEnum(
    "MeasurementKind",
    {
        "none": 0,
        "apparentPowerFactor": 2,
        "currency": 3,
        "current": 4,
        "currentAngle": 5,
        "date": 7,
        "demand": 8,
        "energization": 11,
        "energy": 12,
        "frequency": 15,
        "lineLosses": 31,
        "losses": 32,
        "power": 37,
        "powerFactor": 38,
        "sag": 41,
        "swell": 42,
        "switchPosition": 43,
        "tariffRate": 45,
        "temperature": 46,
        "totalHarmonicDistortion": 47,
        "voltageRMS": 54,  # "voltage" in older lists
        "voltageAngle": 55,
        "voltageExcursion": 56,
        "voltageImbalance": 57,
        "volume": 58,
        "distortionPowerFactor": 64,
        "batteryVoltage": 94,
        "electronicSerialNumber": 101,
        "signalStrength": 115,
        "alarm": 118,
        "demandReset": 122,
        "powerOutage": 136,
        "tamper": 148,
        "volumetricFlow": 155,
        "voltage": 158,
    },
)

Phases = IntEnum(
    "Phases",
    {
        "none": 0,
        "phaseN": 16,
        "phaseNtoGnd": 17,
        "phaseC": 32,
        "phaseCtoN": 33,
        "phaseCtoAv": 40,
        "phasesCAtoN": 41,
        "phaseB": 64,
        "phaseBtoN": 65,
        "phasesBtoC": 66,
        "phaseBtoAv": 72,
        "phasesBCtoN": 97,
        "phaseA": 128,
        "phaseAtoN": 129,
        "phasesAtoB": 132,
        "phaseAtoAv": 136,
        "phasesABtoN": 193,
        "phasesABC": 224,
        "phasesABCtoN": 225,
        "phaseS2": 256,
        "phaseS2N": 257,
        "phaseS1": 512,
        "phaseS1N": 513,
        "phasesS12": 768,
        "phasesS12N": 769,
        "threeWireWye": 1248,
        "fourWireWye": 1249,
        "threeWireDelta": 2272,
        "fourWireDelta": 2273,
        "fourWireHLDelta": 6369,
        "fourWireOpenDelta": 10465,
        "networked": 17153,
    },
)

Multiplier = IntEnum(
    "Multiplier",
    {
        "pico": -12,
        "nano": -9,
        "micro": -6,
        "milli": -3,
        "centi": -2,
        "deci": -1,
        "none": 0,
        "deca": 1,
        "hecto": 2,
        "kilo": 3,
        "mega": 6,
        "giga": 9,
        "tera": 12,
    },
)

MULTIPLIER_SYMBOLS = MappingProxyType(
    {-12: "p", -9: "n", -6: "micro", -3: "m", -2: "c", -1: "d", 0: "", 1: "da", 2: "h", 3: "k", 6: "M", 9: "G", 12: "T"}
)

Unit = IntEnum(
    "Unit",
    {
        "none": 0,
        "m": 2,
        "A": 5,
        "deg": 9,
        "degC": 23,
        "s": 27,
        "V": 29,
        "ohm": 30,
        "J": 31,
        "Hz": 33,
        "W": 38,
        "Pa": 39,
        "m3": 42,
        "VA": 61,
        "VAr": 63,
        "phaseAngle": 64,
        "cosPhi": 65,
        "V2": 67,
        "A2": 69,
        "VAh": 71,
        "Wh": 72,
        "VArh": 73,
        "money": 80,
        "V2h": 104,
        "A2h": 105,
        "Ah": 106,
        "timeStamp": 108,
        "boolean": 109,
        "count": 111,
        "code": 114,
        "ft3": 119,
        "m3PerH": 125,
        "Btu": 132,
        "litre": 134,
        "lPerH": 137,
        "APerA": 152,
        "WPerVA": 153,
        "min": 159,
        "h": 160,
        "m3Uncompensated": 166,
        "m3Compensated": 167,
        "therm": 169,
    },
)

UNIT_SYMBOLS = MappingProxyType({125: "m3/h", 137: "l/h", 152: "A/A", 153: "W/VA"})
"""Symbols that are not the name itself."""

MINUTES = MappingProxyType(
    {1: 10, 2: 15, 3: 1, 5: 30, 6: 5, 7: 60, 10: 2, 14: 3, 31: 20}
    | {50: 60, 51: 30, 52: 20, 53: 15, 54: 10, 55: 5, 56: 1}
    | dict.fromkeys(range(57, 65), 60)
    | dict.fromkeys(range(65, 71), 30)
    | dict.fromkeys(range(71, 74), 15)
    | dict.fromkeys(range(74, 77), 10)
    | {77: 5, 78: 12, 79: 120, 80: 240, 81: 360, 82: 720, 83: 180}
)
"""Measuring periods of a fixed length, in minutes. twentyfourHour is a calendar day and not among them."""

CALENDAR_PERIODS = MappingProxyType({11: "day", 13: "month", 1001: "year"})
"""Macro periods that make a reading type one of calendar intervals."""

READING_REASONS = (
    *("billing", "demandReset", "inquiry", "installation", "loadManagement", "loadResearch"),
    *("moveIn", "moveOut", "other", "removal", "serviceConnect", "serviceDisconnect"),
)
