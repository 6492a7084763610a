"""What AEMO, the market operator, has at hand when it answers: the only place that gives out numbers.

Numbers come from keyed chance, so that the order in which independent participants come changes none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from simulator.asexml.model import AseEvent, Element, Transaction, element, optional
from simulator.base.turn import Turn
from simulator.hub.flow import Flow
from simulator.hub.switches import Switches
from simulator.market.desk import Desk, Request
from simulator.market.replication_history import History
from simulator.market.report_jobs import Jobs
from simulator.market.rules import Place, Rejection, Rules, shipped_rules
from simulator.market.submission import Reader
from simulator.market.terms import Book
from simulator.world.calendar import Calendar
from simulator.world.changes import ChangeRequest
from simulator.world.metering import Metering
from simulator.world.requests import ChangeRequests
from simulator.world.world import World

CATS, NMID, MDMT = "CATS", "NMID", "MDMT"
PRIORITIES = {"CATS": "Medium", "NMID": "High", "MDMT": "Low", "MTRD": "Low"}
"""Priority of what AEMO sends, by transaction group (CATS and NMID as seen; MDMT as its request's)."""
_REQUEST_DIGITS = 15


@dataclass(slots=True)
class Operator:
    """The market's world, rules and registers."""

    world: World
    switches: Switches
    desk: Desk
    rules: Rules = field(default_factory=shipped_rules)
    calendar: Calendar = field(default_factory=Calendar)
    history: History = field(default_factory=History)
    jobs: Jobs = field(default_factory=Jobs)
    used_codes: dict[str, tuple[int, list[tuple[tuple[str, str], ...]]]] = field(default_factory=dict)
    """Codes that connection points use and no table lists, by table, as of so many changes."""
    flow: Flow | None = None
    """What the hub counts of each participant; without it, limits reports show what the market itself knows."""
    reader: Reader = field(default_factory=Reader)
    book: Book = field(init=False)
    metering: Metering | None = None
    """The one view of readings, generated ones among them; without it, reports show what was received only."""

    def __post_init__(self) -> None:
        self.book = Book(self.rules, self.calendar)

    @property
    def requests(self) -> ChangeRequests:
        """The register of change requests and objections."""
        return self.world.requests

    def place(self, request: ChangeRequest) -> Place:
        """Jurisdiction and class of the NMI a change request is about, or those it is to be created with."""
        point, master = self.world.point(request.nmi), request.proposal.master
        if point is not None:
            return point.jurisdiction, point.classification
        return master.get("jurisdiction", "ALL"), master.get("classification", "ALL")

    def number(self, turn: Turn, kind: str, request: Request) -> str:
        """A RequestID or ObjectionID for a transaction."""
        sender, transaction_id = request.sender, request.transaction.transaction_id
        number = turn.draw.digits(_REQUEST_DIGITS, kind, sender, transaction_id)
        again = 0
        while self.requests.taken(number):
            again += 1
            number = turn.draw.digits(_REQUEST_DIGITS, kind, sender, transaction_id, str(again))
        return number

    def answer(self, turn: Turn, request: Request, number: str, payload: Element) -> None:
        """Send the response to a transaction, in the release it came in."""
        group, asked = request.group, request.transaction
        transaction = Transaction(f"{group}-{number}", turn.now, payload, asked.transaction_id)
        self.desk.send(
            turn, request.sender, group, PRIORITIES.get(group, "Medium"), (transaction,), release=request.release
        )

    def tell(self, turn: Turn, to: str, transactions: Sequence[Transaction]) -> None:
        """Send a participant something of CATS that it did not ask for, in its own release."""
        self.desk.send(turn, to, CATS, PRIORITIES[CATS], transactions)

    def tell_all(self, turn: Turn, letters: Sequence[tuple[str, tuple[Transaction, ...]]]) -> None:
        """The same for several participants, one after the other."""
        self.desk.send_all(turn, CATS, PRIORITIES[CATS], letters)


SUCCESS = element("Event", element("Code", "0"), element("Explanation", "Success"), severity="Information")


def event(rejection: Rejection, key: str | None = None, severity: str = "Error") -> Element:
    """``Event`` for a rejection; ``key`` names what was refused (KeyInfo)."""
    return Element(
        "Event",
        None,
        (
            Element("Code", str(rejection.code)),
            *(() if key is None else (Element("KeyInfo", key),)),
            Element("Explanation", rejection.explanation),
        ),
        {"severity": severity},
    )


def written(given: AseEvent) -> Element:
    """``Event`` as a scenario rule wants it."""
    return element(
        "Event",
        element("Code", str(given.code)),
        optional("KeyInfo", given.key_info),
        optional("Context", given.context),
        optional("Explanation", given.explanation),
        class_=given.event_class,
        severity=given.severity,
    )
