"""What the ledger keeps of messages that nothing is owed to any more."""

from datetime import datetime

from simulator.asexml.model import Header, Message, Transaction, element
from simulator.base.clock import MARKET_ZONE
from simulator.hub.events import MessageAcknowledged, MessageQueued
from simulator.hub.ledger import BYTES_KEPT, Ledger

NOW = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)
REPORT = 1_000_000


def report(number, size):
    result = element("ReportResponse", element("ReportResults", element("CSVData", "x" * size)))
    head = Header("NEMMCO", "RETAILA", f"M{number}", NOW, "MDMT")
    content = Message("r43", head, (Transaction(f"T{number}", NOW, result),))
    return MessageQueued(NOW, "RETAILA", f"mdmtl_nemmco_{number}", content, NOW)


def pulled(count, size):
    ledger = Ledger()
    for number in range(count):
        queued = report(number, size)
        ledger.changes[MessageQueued](queued)
        ledger.changes[MessageAcknowledged](MessageAcknowledged(NOW, "RETAILA", queued.context_id, "A", "Accept"))
    return ledger


def test_reports_that_were_pulled_count_by_the_text_they_carry():
    ledger = pulled(20, REPORT)
    kept = [record.first.message.header.message_id for record in ledger.records()]
    assert len(kept) == BYTES_KEPT // REPORT == 8
    assert kept == [f"M{number}" for number in range(12, 20)]
    assert ledger.evicted == 12


def test_what_is_still_owed_never_makes_room():
    ledger = pulled(8, REPORT)
    for number in range(100, 120):
        ledger.changes[MessageQueued](report(number, REPORT))
    assert (ledger.evicted, len(list(ledger.records()))) == (0, 28)
