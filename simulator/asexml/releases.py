"""The only place that knows aseXML releases: which there are, their namespaces, and the ``version`` a type has in each.

Sources: r39_p1 schema set; r44 types; AEMO's technical specifications (r46 is current for B2M). A pair of release
and type that is not listed is not known: its ``version`` is accepted as given and left out when we write, which the
schema allows (the attribute is optional with a default).
"""

from __future__ import annotations

import re
from functools import cache

PREFIX = "urn:aseXML:"
FIRST, LAST = 29, 46
KNOWN: tuple[str, ...] = (*(f"r{n}" for n in range(FIRST, 40)), "r39_p1", *(f"r{n}" for n in range(40, LAST + 1)))
newest = f"r{LAST}"

_RELEASE = re.compile(r"r([0-9]{1,6})(?:_[a-z][0-9]{1,6})?")
_KNOWN = frozenset(KNOWN)

_STEADY = {
    "r4": "SettlementDataNotification",
    "r9": "CATSBulkDataRequest CATSBulkDataResponse MeterDataVerifyRequest MeterDataVerifyResponse "
    "MeterDataHistoryRequest MeterDataHistoryResponse AccountCreationNotification MeterReadInputNotification "
    "NMIStandingDataUpdateNotification",
    "r10": "ReportRequest ReplicationRequest ReplicationNotification",
    "r14": "MeterDataMissingNotification",
    "r17": "NMIDiscoveryRequest NMIDiscoveryResponse",
    "r25": "MeterDataNotification",
    "r29": "CATSChangeRequest CATSChangeResponse CATSChangeWithdrawal CATSObjectionRequest CATSObjectionResponse "
    "CATSObjectionWithdrawal CATSNotification CATSDataRequest CATSChangeAlert MeterDataResponse "
    "NMIStandingDataUpdateResponse",
    "r31": "NMIStandingDataRequest",
    "r37": "HubFlowControlReport HubQueueReport HubFlowControlAlertNotification PayloadExceptionAlert",
    "r39": "NMIStandingDataResponse ReportResponse",
    "r43": "SharedFuseNotification",
}
"""Transactions that have kept their version from that release to the newest one."""

_UNTIL_R39 = {
    "r9": "DistributionLossFactorCodeRow CATSChangeInitiationRuleRow ElectricityNMIMeterRegisterRow",
    "r10": "CATSNetworkTariffCodeRow CATSStreamlinedCRCodeRow CATSStandingDataAccessRuleRow "
    "MDMTMissingDataReportParameters MDMTSettlementCaseDateRangeReportParameters "
    "MDMTLevel2SettlementReconciliationReportParameters",
    "r17": "ElectricityProvideMeterRequestData",
    "r19": "MSATSCodeValuesRow CATSTransactionFieldValidationRow ElectricityNMIMeterRow "
    "CATSStandingDataQualityReportParameters CATSSDRTrafficLightReportParameters "
    "MDMTMeterDataDeliveryReportParameters",
    "r20": "DateRangeReportParameters",
    "r22": "GenericReportParameters",
    "r25": "ElectricityNMIMasterRow",
    "r28": "CATSMsatsLimitsReportParameters",
    "r29": "CATSChangeResponseRow CATSObjectionRow CATSObjectionResponseRow",
    "r31": "ElectricityNMIDataStreamRow",
    "r36": "ElectricityStandingData ElectricityVerifyMeterRequestData",
}
"""Types whose version is read in r39_p1, so it holds from its own release to r39; later ones are not known."""

_SEEN = (
    (29, "r4", "NMIStandingDataResponse"),
    (31, "r4", "NMIStandingDataResponse"),
    (31, "r10", "ReportResponse"),
    (32, "r10", "ReportResponse"),
    (42, "r42", "ElectricityNMIMeterRow"),
    (43, "r42", "ElectricityNMIMeterRow"),
    (44, "r42", "ElectricityNMIMeterRow"),
    (43, "r43", "ElectricityStandingData"),
    (44, "r43", "ElectricityStandingData"),
    (43, "r43", "ElectricityNMIMasterRow"),
    (44, "r43", "ElectricityNMIMasterRow"),
)
"""Single pairs of (release, version, type), seen in real messages or in the r44 types."""


def namespace(release: str) -> str:
    """``r46`` → ``urn:aseXML:r46``."""
    return PREFIX + release


def release_of(namespace: str | None) -> str | None:
    """``urn:aseXML:r39_p1`` → ``r39_p1``, known or not; None for anything that does not name a release."""
    if namespace is None or not namespace.startswith(PREFIX):
        return None
    release = namespace[len(PREFIX) :]
    return release if _RELEASE.fullmatch(release) else None


def is_known(release: str) -> bool:
    """Whether we hold content models for that release."""
    return release in _KNOWN


def number(release: str) -> int:
    """The number whose content models apply: ``r39_p1`` → 39; the newest known one for any other release."""
    found = _RELEASE.fullmatch(release) if release in _KNOWN else None
    return int(found[1]) if found is not None else LAST


@cache
def _versions(number: int) -> dict[str, str]:
    table = {name: v for v, names in _UNTIL_R39.items() if int(v[1:]) <= number <= 39 for name in names.split()}
    table |= {name: v for v, names in _STEADY.items() if int(v[1:]) <= number for name in names.split()}
    return table | {name: v for release, v, name in _SEEN if release == number}


def versions(release: str) -> dict[str, str]:
    """Type or transaction name → the one ``version`` it has in that release; nothing is known of unknown releases."""
    return _versions(number(release)) if release in _KNOWN else {}
