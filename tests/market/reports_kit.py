"""Reports on the bench: requests as elements, answers written and read back clean in the release they are sent in."""

from __future__ import annotations

from datetime import datetime

from lxml import etree
from market_kit import Bench, Sent, schemas

from simulator.asexml.content_reports import REPORTS
from simulator.asexml.decode import read
from simulator.asexml.encode import write
from simulator.asexml.model import Element, Header, Message, View, element
from simulator.hub.events import MessageQueued

EVER = {"FromDate": "2000-01-01", "ToDate": "9999-12-31"}
NOW = {"AsAtDate": "2026-03-02"}


def report(name: str, parameters: dict[str, str], typed: str | None = None) -> Element:
    """A ``ReportRequest``; a ``Tables`` parameter lists them by blanks."""
    parts = [element("ReportName", name)]
    for key, value in parameters.items():
        if key == "Tables":
            parts.append(element("Tables", *(element("Table", each) for each in value.split())))
        else:
            parts.append(element(key, value))
    return element("ReportRequest", element("ReportParameters", *parts, xsi_type=f"ase:{typed or REPORTS[name]}"))


def replication(table: str, after: int = 0, rows: int | None = None, **dates: str) -> Element:
    """A ``ReplicationRequest`` (C1)."""
    return element(
        "ReplicationRequest",
        element(
            "ReplicationParameters",
            element("TableName", table),
            element("CreationFromDate", dates.get("begin", "1970-01-01T00:00:00+10:00")),
            element("CreationToDate", dates.get("end", "2030-01-01T00:00:00+10:00")),
            element("LastSequenceNumber", str(after)),
            element("MaximumRows", str(rows)) if rows is not None else None,
        ),
    )


class Answer:
    """A message of an answer, as its receiver reads it; there is nothing wrong with it."""

    def __init__(self, sent: Sent, release: str) -> None:
        head = Header("NEMMCO", sent.to, "NEMMCO-MSG-1", sent.at, sent.group, sent.priority)
        self.body = write(Message(sent.release or release, head, sent.transactions))
        received = read(self.body, schemas())
        assert received.findings == (), received.findings
        self.priority = sent.priority
        self.view: View = received.transactions[0].view
        self.initiating = received.transactions[0].initiating_transaction_id

    @property
    def codes(self) -> list[str]:
        return [each.text("Code") or "" for each in self.view.all("Event")]

    @property
    def explanations(self) -> list[str]:
        return [each.text("Explanation") or "" for each in self.view.all("Event")]

    def blocks(self) -> list[str]:
        return [each.attribute("tableName") or "" for each in self._blocks()]

    def _blocks(self) -> list[View]:
        return [*self.view.all("ReplicationBlock"), *self.view.all("ReportResults/ReplicationBlock")]

    def rows(self, block: str | None = None) -> list[dict[str, str]]:
        """The rows of a block (of all), each as its leaves by name."""
        return [
            {name: part.text() or "" for name, part in row.parts().items()}
            for each in self._blocks()
            if block in (None, each.attribute("tableName"))
            for row in each.children()
        ]

    def csv(self) -> list[list[str]]:
        text = self.view.text("ReportResults/CSVData") or ""
        return [line.split(",") for line in text.split("\n")]

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.body)


def ask(
    bench: Bench, sender: str, payload: Element, *, group: str = "CATS", release: str = "r46", number: str = "T1"
) -> list[Answer]:
    """Ask, let everything that is due now happen, and read every message that came of it."""
    mark = len(bench.sent)
    bench.submit(sender, payload, number, group=group, release=release)
    bench.at(bench.now)
    return [Answer(each, release) for each in bench.sent[mark:]]


def one(bench: Bench, sender: str, payload: Element, **more: str) -> Answer:
    answers = ask(bench, sender, payload, **more)
    assert len(answers) == 1
    return answers[0]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def told(bench: Bench, since: int = 0) -> None:
    """Let the market hear of what was sent, as the house does."""
    for number, sent in enumerate(bench.sent[since:], since):
        head = Header("NEMMCO", sent.to, f"NEMMCO-MSG-{number}", sent.at, sent.group, sent.priority)
        message = Message(sent.release or "r46", head, sent.transactions)
        queued = MessageQueued(sent.at, sent.to, f"catsm_nemmco_{number}", message, sent.at)
        bench.market.changes[MessageQueued](queued)
