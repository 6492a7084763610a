"""The only place for aseXML content models: which element holds what, in which order, per release.

The tables are written in the notation of `simulator.asexml.notation`; this module holds the envelope and puts the
tables together. Source: aseXML r39_p1 schema set, r42-r46 notes (see the parts). They are hand-written facts in our
own words: no AEMO material, and no conformance tool.
"""

from __future__ import annotations

from functools import cache

import msgspec

from simulator.asexml import content_cats, content_replication, content_reports, content_standing, releases
from simulator.asexml.notation import Leaf, Model, model

BASIC = {
    "count": "integer 0..",
    "text": "text",
    "moment": "either date, dateTime",
    **{name: name for name in ("boolean", "date", "dateTime", "decimal", "integer", "time")},
}

ENVELOPE_SIMPLE = {
    "AcknowledgedStatus": "one of Accept, Reject",
    "checksum": "pattern [0-9]",
    "Context": "text ..80",
    "EventClass": "one of Message, Application, Processing",
    "Identifier": "text 1..36",
    "Market": "one of NEM, AATELEC, ACTELEC, NSWELEC, NTELEC, QLDELEC, SAELEC, TASELEC, VICELEC, WAELEC, AATGAS, "
    "ACTGAS, NSWGAS, NTGAS, QLDGAS, SAGAS, TASGAS, VICGAS, WAGAS, NSWACTGAS",
    "MessageID": "text 1..36",
    "NMIText": "text 10",
    "PartyContext": "one of ABN",
    "Priority": "one of Low, Medium, High",
    "ReleaseIdentifier": "pattern r[0-9]*(_[a-z][0-9]*)?",
    "SecurityContext": "text ..15",
    "Severity": "one of Information, Warning, Error, Fatal",
    "TransactionGroup": "one of CATS, MDMT, MSGS, NMID, FLTS, SORD, NETB, MTRD, CUST, NOTF, SITE, FLDW, OUTG, BAR, "
    "NMIF, MKTW, HSMD, OWNP, EMMS, ERFT, IAIT, MRSR, OWNX, NPNX, PTPE, HMGT",
    "TransactionID": "text 1..36",
    "TransactionStatus": "one of Accept, Partial, Reject",
    "YesOrNo": "one of Yes, No",
}

ENVELOPE = {
    "aseXML": "Header, (Transactions | Acknowledgements)",
    "Header": "From:PartyIdentifier, To:PartyIdentifier, MessageID, MessageDate:dateTime, TransactionGroup, Priority?,"
    " SecurityContext?, Market?",
    "PartyIdentifier": "=text @context:PartyContext @description:text",
    "Transactions": "Transaction+",
    "Acknowledgements": "MessageAcknowledgement*, TransactionAcknowledgement*",
    "MessageAcknowledgement": "Event* @initiatingMessageID:Identifier! @receiptID:Identifier @receiptDate:dateTime!"
    " @status:AcknowledgedStatus! @duplicate:YesOrNo",
    "TransactionAcknowledgement": "Event* @initiatingTransactionID:Identifier! @receiptID:Identifier"
    " @receiptDate:dateTime! @status:TransactionStatus! @duplicate:YesOrNo @acceptedCount:count",
    "Event": "Code:EventCode, KeyInfo:text?, Context?, Explanation:text?, SupportedVersions?"
    " @class:EventClass @severity:Severity",
    "EventCode": "=count @description:text",
    "SupportedVersions": "Version:ReleaseIdentifier+",
    "open": "...",
}

TRANSACTION_GROUPS = frozenset(ENVELOPE_SIMPLE["TransactionGroup"].removeprefix("one of ").split(", "))
"""Every transaction group the envelope knows."""

TRANSACTIONS: dict[str, str] = content_cats.TRANSACTIONS | content_reports.TRANSACTIONS
"""Transaction name → its content model, the same in every release we know."""

_REPORTS = frozenset(content_reports.TRANSACTIONS)
GROUPS: dict[str, frozenset[str]] = {
    "CATS": frozenset(content_cats.CATS) | _REPORTS,
    "NMID": frozenset(content_cats.NMID),
    "MDMT": _REPORTS
    | {"MeterDataNotification", "MeterDataResponse", "SettlementDataNotification", "MeterDataMissingNotification"},
    "MTRD": frozenset(content_cats.METER_DATA) - {"SettlementDataNotification"},
    "HMGT": frozenset(content_cats.HUB),
    "MSGS": frozenset(),
}
"""Transaction group → the transactions that may travel in it. Groups that are not here are B2B groups whose
transactions we do not hold: they are read at envelope depth."""

_TRANSACTION = {
    "Transaction": f"({' | '.join(TRANSACTIONS)}) @transactionID:Identifier! @transactionDate:dateTime!"
    " @initiatingTransactionID:Identifier"
}
_BASE_MODELS = (
    ENVELOPE
    | _TRANSACTION
    | TRANSACTIONS
    | content_cats.PARTS
    | content_reports.PARTS
    | content_reports.PARAMETERS
    | content_standing.MODELS
    | content_replication.ROWS
)
_BASE_SIMPLE = (
    BASIC
    | ENVELOPE_SIMPLE
    | content_cats.SIMPLE
    | content_reports.SIMPLE
    | content_standing.SIMPLE
    | content_replication.SIMPLE
)
_CHANGES: tuple[tuple[int, dict[str, str], dict[str, str]], ...] = (
    (42, content_standing.R42_MODELS | content_replication.R42_ROWS, {}),
    (43, content_replication.R43_ROWS, {}),
    (44, content_reports.R44_PARAMETERS, content_standing.R44_SIMPLE),
    (46, content_standing.R46_MODELS | content_replication.R46_ROWS, content_standing.R46_SIMPLE),
)
_DROPPED = ((44, content_reports.R44_DROPPED),)


class Content(msgspec.Struct, frozen=True):
    """The content models of one release: complex types and simple types by name."""

    models: dict[str, Model]
    simple: dict[str, str]

    def chain(self, type_: str) -> tuple[Model, ...]:
        """A type and what it extends, the furthest base first."""
        own = self.models[type_]
        return (*(self.chain(own.base) if own.base else ()), own)

    def leaves(self, type_: str) -> tuple[Leaf, ...]:
        """Every element a type may hold, inherited ones first, in the order we write them."""
        return tuple(leaf for part in self.chain(type_) for leaf in part.leaves())


@cache
def _content(number: int) -> Content:
    models, simple = dict(_BASE_MODELS), dict(_BASE_SIMPLE)
    for since, more_models, more_simple in _CHANGES:
        if since <= number:
            models |= more_models
            simple |= more_simple
    gone = {name for since, names in _DROPPED if since <= number for name in names}
    return Content({name: model(text) for name, text in models.items() if name not in gone}, simple)


def content(release: str) -> Content:
    """The content models of a release; of the newest known one for a release we do not know."""
    return _content(releases.number(release))


@cache
def _order(number: int, type_: str) -> dict[str, int]:
    return {leaf.name: place for place, leaf in reversed(list(enumerate(_content(number).leaves(type_))))}


def order_of(type_: str, release: str) -> dict[str, int]:
    """Element name → its place among its siblings inside a type: what we write and in which order.

    Types are named as in the tables: ``MasterData``, ``Meter``, ``Register``, ``PartialStructuredAddress``,
    ``ElectricityNMIMasterRow`` … Raises KeyError for a type that the release does not have.
    """
    return _order(releases.number(release), type_)


@cache
def floating(number: int) -> dict[str, frozenset[str]]:
    """Type name → its elements whose position is not published, for the content models of that number."""
    found = {
        name: frozenset(leaf.name for leaf in held.leaves() if leaf.floating)
        for name, held in _content(number).models.items()
    }
    return {name: names for name, names in found.items() if names}
