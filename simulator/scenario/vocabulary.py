"""The words of a scenario file: code lists, and the forms of identifiers and other texts, each with its advice.

Codes are AEMO's (CATS standing data code lists), described in our own words. Lengths are those of the aseXML schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from simulator.base.errors import BadValue
from simulator.base.ids import Nmi
from simulator.scenario.kinds import Figure, Text
from simulator.scenario.readers import ELEMENT_PATH

ROLES: Mapping[str, str] = {
    "FRMP": "the retailer",
    "LNSP": "the distributor",
    "LR": "the local retailer",
    "RP": "the metering coordinator",
    "MC": "the metering coordinator, by its newer name",
    "MDP": "the metering data provider",
    "MPB": "the meter provider",
    "MPC": "the meter provider of category C",
    "NSP2": "the second network provider",
    "ROLR": "the retailer of last resort",
    "ENM": "the embedded network manager",
    "DRSP": "the demand response provider",
}
WIRE_ROLES: Mapping[str, str] = {"MC": "RP"}
"""The metering coordinator keeps, in messages, the code of the responsible person it replaced."""

GROUPS = ("CATS", "NMID", "MDMT", "MTRD", "HMGT")
JURISDICTIONS = ("ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA")
CLASSIFICATIONS = (
    "SMALL", "LARGE", "GENERATR", "WHOLESAL", "INTERCON", "EPROFILE", "SAMPLE", "BULK", "XBOUNDRY", "NCONUML", "NREG",
    "DWHOLSAL", "DGENRATR", "DIRS", "TIRS",
)  # fmt: skip
INSTALLATIONS = (
    "BASIC", "MRIM", "MRAM", "COMMS1", "COMMS2", "COMMS3", "COMMS4", "COMMS4A", "COMMS4C", "COMMS4D", "COMMS8",
    "COMMS9", "COMMS9CM", "VICAMI", "UMCP", "NCONUML", "PROF", "SAMPLE",
)  # fmt: skip
ACCUMULATION = frozenset({"BASIC"})
"""Installation types without intervals."""

TRANSACTIONS = (
    "CATSChangeRequest", "CATSChangeWithdrawal", "CATSObjectionRequest", "CATSObjectionWithdrawal",
    "NMIDiscoveryRequest", "NMIStandingDataRequest", "MeterDataNotification", "MeterDataVerifyRequest",
    "MeterDataHistoryRequest", "ReportRequest", "ReplicationRequest",
)  # fmt: skip
"""What participants send to AEMO, and so what a rule can answer."""

AEMO = "NEMMCO"
"""The participant id AEMO goes by on the wire."""


def choice(*words: str) -> Text:
    """One of these words."""
    return Text(f"one of {', '.join(words)}", choices=words)


def formed(form: str, pattern: str, hint: Callable[[str], str | None] | None = None) -> Text:
    """A text of that pattern, matched whole."""
    return Text(form, re.compile(pattern), hint=hint)


def free(form: str, longest: int) -> Text:
    """Any text on one line."""
    return Text(form, longest=longest)


def number_or_text(form: str, pattern: str, kind: str, most: int) -> Figure:
    """A number that is kept as written; ``kind`` and ``most`` describe the unquoted one."""
    return Figure(re.compile(pattern), form, {"type": kind, "minimum": 0, "maximum": most})


_PARTICIPANT_FORM = "[A-Z0-9_]{1,10}"


def _participant_hint(text: str) -> str | None:
    fits = re.fullmatch(_PARTICIPANT_FORM, text.upper())
    return f"write it in capitals: {text.upper()}" if fits else None


def _nmi_hint(text: str) -> str | None:
    try:
        nmi = Nmi.parse(text[:10].upper())
    except BadValue:
        return None
    if len(text) == 11 and text[10] == nmi.checksum:
        return f'leave the checksum off: "{nmi}"'
    return f'write it in capitals: "{nmi}"' if len(text) == 10 else None


PARTICIPANT = formed("a participant id: 1 to 10 of A-Z, 0-9, _", _PARTICIPANT_FORM, _participant_hint)
NMI = formed("a NMI: ten of 0-9 and A-Z without I and O, no checksum", "[A-HJ-NP-Z0-9]{10}", _nmi_hint)
RELEASE = formed("an aseXML release from r29 on, such as r46", r"r(29|[3-9][0-9]|[1-9][0-9]{2})(_[a-z][0-9])?")
NAME = free("a name", 120)
FILE_NAME = free("the name of a file beside this one", 240)
CODE = formed("a code of 1 to 10 letters and digits", "[A-Za-z0-9_./-]{1,10}")
USER_NAME = formed("a user name without blanks or ':'", "[!-9;-~]{1,64}")
PASSWORD = Text("a password", secret=True)

SUFFIX = formed("a suffix of two capitals or digits, such as E1", "[A-Z0-9]{2}")
UNIT = formed("a unit in capitals, such as KWH", "[A-Z]{1,5}")
MULTIPLIER = number_or_text("a number", r"[0-9]{1,6}(\.[0-9]{1,5})?", "number", 999_999)
DIAL_FORMAT = number_or_text("a number such as 8.0", r"[0-9]{1,2}(\.[0-9]{1,2})?", "number", 99)
SERIAL = formed("a serial number of 1 to 12 characters", "[A-Za-z0-9/_.-]{1,12}")
REASON = formed("a change reason code: four digits in quotes", "[0-9]{4}")
OBJECTION = formed("an objection code of up to eight capitals, such as DEBT", "[A-Z0-9]{1,8}")
REQUEST_READ_TYPE = formed("two capitals or digits, such as SP", "[A-Z0-9]{1,2}")
READ_TYPE = formed("a read type such as RWDA or MV3", "[RM][TWPIGV][123D][ABCDM]?")
NODE = formed("four capitals or digits", "[A-Z0-9]{4}")
LOSS_FACTOR = formed("up to four capitals or digits", "[A-Z0-9]{1,4}")

POSTCODE = formed("four digits in quotes", "[0-9]{4}")
HOUSE_NUMBER = number_or_text("a number of up to five digits", "[0-9]{1,5}", "integer", 99_999)
HOUSE_SUFFIX = formed("one letter or digit", "[A-Za-z0-9]")
STREET_TYPE = formed("a street type of one to four letters, such as ST", "[A-Za-z]{1,4}")
FLAT_TYPE = formed("a flat type of one to four letters, such as U", "[A-Za-z]{1,4}")
FLAT_NUMBER = number_or_text("up to seven letters and digits", "[A-Za-z0-9]{1,7}", "integer", 9_999_999)
LOT_NUMBER = number_or_text("up to six letters and digits", "[A-Za-z0-9]{1,6}", "integer", 999_999)
DELIVERY_POINT = formed("eight digits in quotes", "[1-9][0-9]{7}")

ELEMENT = formed(
    "an element such as ChangeReasonCode, MasterData/Status or NMI/@checksum",
    ELEMENT_PATH,
)

APIS = ("B2MMessagingPull", "HubMessageManagement", "Netstream")
OPERATIONS = (
    "submitMessages", "submitMessageAcknowledgements", "getMessages", "getQueueMetaData", "getAlerts", "ping",
    "GetMeterReadings", "token",
)  # fmt: skip
"""Of all APIs together; ``token`` is Netstream's sign-in."""
RENAMED = {"alerts": "getAlerts"}
"""What version 1 of HubMessageManagement calls an operation → what version 2 does."""
HEADER = formed("the name of a header, such as Accept", "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
FLAG = formed("a name of letters, digits, blanks, _ and -", "[A-Za-z][A-Za-z0-9 _-]{0,59}")
FLAG_VALUE = free("a value in quotes", 120)
CHANCE = re.compile(r"0?\.[0-9]{1,6}")
