"""Every choice made where AEMO's documents are silent: one named switch each, with its default and reason.

The only place for defaults of assumptions. A scenario sets them under ``assume:``; the README's table is made from
`ASSUMPTIONS`. Rule ids travel with every answer that rests on one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Switches:
    """The switches of one simulation; see `ASSUMPTIONS` for what each means."""

    wrong_identity_status: int = 401
    missing_right_status: int = 401
    certificate_status: int = 500
    lockout_after: int = 5
    lockout_minutes: int = 30
    unknown_context_status: int = 404
    missing_context: str = "refuse"
    unknown_group_filter: str = "500"
    error_bodies: str = "empty"
    other_content: str = "accept"
    too_big: str = "reject"
    acknowledge_unfetched: str = "accept"
    require_api_key: str = "no"
    unknown_release: str = "lenient"
    nmi_checksum: str = "check"
    transition_times: str = "business days"
    meter_listing: str = "twice"


@dataclass(frozen=True, slots=True)
class Assumption:
    """A decision where the facts are silent: its rule id, its switch, what it may be set to, and why so."""

    rule: str
    switch: str
    choices: tuple[str, ...]
    reason: str
    confidence: str = "I"

    @property
    def default(self) -> str:
        """The default as a scenario would write it."""
        return next(str(f.default) for f in fields(Switches) if f.name == self.switch)


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        "assume.wrong-identity",
        "wrong_identity_status",
        ("401", "403", "500"),
        "X-initiatingParticipantID is not the user's participant",
    ),
    Assumption(
        "assume.missing-right",
        "missing_right_status",
        ("401", "403"),
        "a URM user without the right for the transaction group",
    ),
    Assumption(
        "assume.certificate",
        "certificate_status",
        ("500", "401", "403"),
        "no client certificate, or another participant's",
    ),
    Assumption(
        "assume.lockout-after", "lockout_after", ("1..100",), "wrong passwords in a row until the user is locked out"
    ),
    Assumption("assume.lockout-time", "lockout_minutes", ("1..1440",), "minutes of market time a lock-out lasts"),
    Assumption(
        "assume.unknown-context",
        "unknown_context_status",
        ("404", "200"),
        "getMessages for a messageContextID that is not queued (B2B answers 404)",
    ),
    Assumption(
        "assume.missing-context",
        "missing_context",
        ("refuse", "oldest"),
        "getMessages without messageContextID: 400, or the oldest message as B2B does",
    ),
    Assumption(
        "assume.unknown-group-filter",
        "unknown_group_filter",
        ("500", "empty"),
        "an invalid transactionGroup filter (B2B answers 500)",
    ),
    Assumption(
        "assume.error-bodies",
        "error_bodies",
        ("empty", "json"),
        "B2M documents no payload on 401; the generic e-Hub page shows JSON",
    ),
    Assumption(
        "assume.other-content",
        "other_content",
        ("accept", "reject"),
        "the same MessageID again with other content: Accept with duplicate=Yes, the new content ignored",
    ),
    Assumption("assume.too-big", "too_big", ("reject", "413"), "more than 1 MB: event 6, or the generic HTTP 413"),
    Assumption(
        "assume.acknowledge-unfetched",
        "acknowledge_unfetched",
        ("accept", "reject"),
        "a MACK for a message that was listed but never fetched",
    ),
    Assumption(
        "assume.api-key",
        "require_api_key",
        ("no", "yes"),
        "whether one of the three API key headers must be present (no client seen sends one)",
    ),
    Assumption(
        "assume.unknown-release",
        "unknown_release",
        ("lenient", "reject"),
        "an aseXML release newer than the content models: read leniently, or refused with event 4",
    ),
    Assumption(
        "assume.nmi-checksum",
        "nmi_checksum",
        ("check", "ignore"),
        "AEMO's own samples carry wrong NMI checksums; standing data requests check them as a business rule",
        "R+",
    ),
    Assumption(
        "assume.transition-times",
        "transition_times",
        ("business days",),
        "statuses roll over at midnight market time after the periods of the jurisdictional rules",
        "R",
    ),
    Assumption(
        "assume.meter-listing",
        "meter_listing",
        ("twice", "once"),
        "standing data answers list a meter twice, with its details and again for each register, as seen in AEMO's",
        "C",
    ),
)
