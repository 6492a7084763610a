"""Every choice made where AEMO's documents are silent: one named switch each, with its default and reason.

The only place for defaults of assumptions. A scenario sets them under ``assume:``; the README's table is made from
`ASSUMPTIONS`. Rule ids travel with every answer that rests on one.
"""

from __future__ import annotations

import msgspec


class Switches(msgspec.Struct, frozen=True):
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
    fault_order: str = "5 6 1 9 8 7 4 3 2"
    size_limit: int = 1_048_576
    security_context: str = "check"
    context_reuse: str = "reject"
    repeated_acknowledgement: str = "same answer"
    misplaced: str = "reject"
    rejected_message: str = "remove"
    queue_order: str = "arrival"
    transaction_acknowledgements: str = "without response"
    undescribed_transactions: str = "accept"
    version_attribute: str = "enforce"
    editing: str = "replace"
    accepted_count: str = "records"
    market_of_reads: str = "ignore"
    notification_bundling: str = "one a message"
    switching_rules: str = "since 2021"
    request_read_type: str = "any"
    automatic_master: str = "send"
    slow_body_status: int = 408
    broken_body_status: int = 400
    repeats_known: int = 10_000
    history_kept: int = 1_000
    strictness: str = "strict"
    """No assumption: how much of what is documented is insisted on (`simulator.hub.strictness`)."""

    def status(self, rule: str, otherwise: int) -> int:
        """The HTTP status of a refusal made where the switches are not known: on the wire."""
        chosen = {"http.slow-body": self.slow_body_status, "http.broken-body": self.broken_body_status}
        return chosen.get(rule, otherwise)

    badack_in_alerts: str = "flow control alert"
    unknown_alert_type: str = "500"
    alerts_api_key: str = "demand"
    stream_limit: int = 0
    stopped_inbound: str = "hold"


DEFAULTS = Switches()
"""What holds where a scenario says nothing."""


class Assumption(msgspec.Struct, frozen=True):
    """A decision where the facts are silent: its rule id, its switch, what it may be set to, and why so."""

    rule: str
    switch: str
    choices: tuple[str, ...]
    reason: str
    confidence: str = "I"

    @property
    def default(self) -> str:
        """The default as a scenario would write it."""
        return str(getattr(DEFAULTS, self.switch))


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        "assume.wrong-identity",
        "wrong_identity_status",
        ("401", "403", "500"),
        "X-initiatingParticipantID (of v1 the parameter) is not the user's participant: that it is refused is "
        "documented, with which status is not; for HubMessageManagement v1 it is called an exception, which is how the "
        "generic e-Hub page names its body of 401 (`error_bodies: json`)",
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
        "an aseXML release without content models (before r29, after r46): read leniently, or refused with event 4",
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
        ("business days", "calendar days"),
        "statuses roll over at midnight market time after the periods of the jurisdictional rules, counted in these",
        "R",
    ),
    Assumption(
        "assume.meter-listing",
        "meter_listing",
        ("twice", "once"),
        "standing data answers list a meter twice, with its details and again for each register, as seen in AEMO's",
        "C",
    ),
    Assumption(
        "assume.fault-order",
        "fault_order",
        ("5 6 1 9 8 7 4 3 2", "5 6 1 2 3 4 7 8 9"),
        "which fault is answered when a message has several: the first of these event codes",
    ),
    Assumption(
        "assume.megabyte",
        "size_limit",
        ("1..16777216",),
        'bytes after inflating that AEMO\'s "1 MB uncompressed" means',
    ),
    Assumption(
        "assume.security-context",
        "security_context",
        ("check", "ignore"),
        "SecurityContext must be a user of the From participant, or its batch user",
    ),
    Assumption(
        "assume.context-reuse",
        "context_reuse",
        ("reject", "accept"),
        "a messageContextID that was used for another MessageID: event 7",
    ),
    Assumption(
        "assume.repeated-acknowledgement",
        "repeated_acknowledgement",
        ("same answer", "badack"),
        "an acknowledgement message that comes again with the same MessageID",
    ),
    Assumption(
        "assume.misplaced",
        "misplaced",
        ("reject", "accept"),
        "acknowledgements sent to submitMessages, or transactions to submitMessageAcknowledgements: event 7",
    ),
    Assumption(
        "assume.rejected-message",
        "rejected_message",
        ("remove", "keep"),
        "a queued message that the participant acknowledges with Reject: removed and noted, no resend",
    ),
    Assumption(
        "assume.queue-order",
        "queue_order",
        ("arrival", "priority"),
        "order of getQueueMetaData: as received (of one moment: by rank), or High, Medium, Low and then as received",
    ),
    Assumption(
        "assume.transaction-acknowledgements",
        "transaction_acknowledgements",
        ("without response", "every transaction"),
        "AEMO's TACKs: only for transactions that have no response, or queued before every answer",
    ),
    Assumption(
        "assume.undescribed",
        "undescribed_transactions",
        ("accept", "reject"),
        "transactions of a group whose content we do not know: taken at envelope depth without an answer, or event 3",
    ),
    Assumption(
        "assume.version",
        "version_attribute",
        ("enforce", "ignore"),
        "a transaction's version attribute other than the one its release has: event 4",
    ),
    Assumption(
        "assume.editing",
        "editing",
        ("replace", "refuse"),
        "a change request that names the sender's own unfinished one as InitiatingRequestID replaces it",
    ),
    Assumption(
        "assume.accepted-count",
        "accepted_count",
        ("records", "values"),
        "AcceptedCount counts accepted 300 or 250 records, or legacy CSV lines; or every value in them",
    ),
    Assumption(
        "assume.badack-in-alerts",
        "badack_in_alerts",
        ("flow control alert", "payload exception", "off"),
        "how a bad acknowledgement shows in getAlerts for B2MStopFile: an entry of AlertType BADACK, the documented "
        "PayloadExceptionAlert beside the report, or not at all",
    ),
    Assumption(
        "assume.unknown-alert-type",
        "unknown_alert_type",
        ("500", "400", "empty"),
        "an alertType that is none of the two (B2B answers 500 to an invalid transactionGroup)",
    ),
    Assumption(
        "assume.alerts-api-key",
        "alerts_api_key",
        ("demand", "no"),
        "whether HubMessageManagement v1 answers 400 where its key header x-eHub-APIKey is missing",
    ),
    Assumption(
        "assume.stream-limit",
        "stream_limit",
        ("0..100000",),
        "unacknowledged messages of one transaction group and priority a participant is sent at a time; 0: any number "
        "(the file interface has 30)",
    ),
    Assumption(
        "assume.stopped-inbound",
        "stopped_inbound",
        ("hold", "reject"),
        "requests of a kind whose stop file stands: acknowledged and held unprocessed until it clears, or event 100",
    ),
    Assumption(
        "assume.market-of-reads",
        "market_of_reads",
        ("ignore", "400"),
        "X-market other than NEM on getMessages and getQueueMetaData, which have no body to reject",
    ),
    Assumption(
        "assume.slow-body",
        "slow_body_status",
        ("408", "500"),
        "a body that takes more than 30 seconds to arrive; 408 is HTTP's status, not one of B2M's documented codes",
    ),
    Assumption(
        "assume.broken-body",
        "broken_body_status",
        ("400", "500"),
        "a body that breaks off or is not framed as HTTP has it",
    ),
    Assumption(
        "assume.notification-bundling",
        "notification_bundling",
        ("one a message", "by receiver"),
        "AEMO may bundle the notifications of one status for one receiver (who holds several roles) in one message",
    ),
    Assumption(
        "assume.switching-rules",
        "switching_rules",
        ("since 2021", "before 2021"),
        "transfers by the rules since the reform of October 2021 (who loses a customer learns of it when it is done; a "
        "day for objections), or by those before (told of every status; five days)",
        "R",
    ),
    Assumption(
        "assume.request-read-type",
        "request_read_type",
        ("any", "listed"),
        "a MeterReadTypeCode that is not in the table of read types: taken as it is, or refused with event 1100",
    ),
    Assumption(
        "assume.automatic-master",
        "automatic_master",
        ("send", "off"),
        "that AEMO sends a C4 report to new parties after a transfer or a change of roles is documented; what it looks "
        "like (Detailed, about the one NMI, answering the request) is not",
    ),
    Assumption(
        "assume.repeats-known",
        "repeats_known",
        ("1000..10000000",),
        "messages and acknowledgements taken over last, of all senders, whose repeats are known and answered with the "
        "same receipt; an older one is a new message, and its messageContextID is free again",
    ),
    Assumption(
        "assume.history-kept",
        "history_kept",
        ("1000..10000000",),
        "finished change requests, and changes of standing data, that are remembered, the latest of each; once there "
        "were so many changes, a NMI that changes again keeps ten dated rows of a role or a data stream; a report that "
        "may need more says so",
    ),
)
