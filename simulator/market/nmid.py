"""What AEMO answers to ``NMIDiscoveryRequest`` (search 1) and ``NMIStandingDataRequest`` (searches 2 and 3).

Search 1 finds NMIs by address, delivery point and meter serial, exactly first and then wider; search 2 shows the
standing data of a NMI; search 3 is the same with a reason, and shows who the retailer is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from simulator.asexml.model import Element, View, element
from simulator.asexml.releases import number as release_number
from simulator.base.turn import Turn
from simulator.market.desk import Request
from simulator.market.discovery_rules import KEYS, MOST, SearchRight, shown
from simulator.market.events import AnswerGiven
from simulator.market.operator import SUCCESS, Operator, event, written
from simulator.market.proposal import read_address
from simulator.market.rules import Rejection
from simulator.market.standing import checksum_fits, detail, discovered
from simulator.world.model import Address, ConnectionPoint
from simulator.world.search import Key, address_keys, normal
from simulator.world.world import holders

_EXTINCT = "X"
_WIDER = (
    "house_number", "street_name", "lot_number", "building", "suburb", "state", "postcode",
    "flat_type", "flat_number", "house_suffix", "street_type",
)  # fmt: skip
_WIDEST = ("house_number", "street_name", "lot_number", "suburb", "state", "postcode")
"""Address parts that must still agree when the wider search drops flats, suffixes and types of street."""


def discovery(op: Operator, turn: Turn, request: Request) -> None:
    """Answer a ``NMIDiscoveryRequest``."""
    view = request.transaction.view
    jurisdiction = view.text("JurisdictionCode") or ""
    found: list[ConnectionPoint] = []
    roles = discovering(op, request.sender)
    right = op.rules.discovery.search(roles, jurisdiction)
    problem = _scenario(request) or _unsearchable(op, view, jurisdiction, right)
    if problem is None:
        points = search(op, view, jurisdiction, _visible(op, request.sender, turn, jurisdiction))
        found = sorted(points, key=lambda point: point.nmi)
        if not found:
            problem = op.rules.refuse("nmid.none", "No NMI matches, neither exactly nor in a wider search")
    events = tuple(map(written, request.rejection)) or (SUCCESS if problem is None else event(problem),)
    most = MOST if right is None else right.most
    if len(found) > most:
        more = op.rules.refuse("nmid.too-many", f"More than {most} NMIs match; the first {most} are shown")
        events, found = (event(more, severity="Warning"),), found[:most]
        problem = more
    seen = partial(shown, fields=op.rules.discovery.fields(roles, jurisdiction))
    hits = [discovered(point, turn.now.date(), seen) for point in found]
    _answer(op, turn, request, problem, Element("NMIDiscoveryResponse", None, (*hits, *events)))


def search(
    op: Operator, view: View, jurisdiction: str, visible: Callable[[ConnectionPoint], bool]
) -> list[ConnectionPoint]:
    """Connection points that every criterion fits: exactly, else wider, else widest."""
    part = view.first("Address")
    address = None if part is None else read_address(part)
    meter, delivery_point = view.text("MeterSerialNumber"), view.text("DeliveryPointIdentifier")
    keys = _keys(address, meter, delivery_point)
    if not keys:
        return []
    candidates = [
        point
        for nmi in op.world.find(min(keys, key=op.world.candidates))
        if (point := op.world.point(nmi)) is not None
        and point.jurisdiction == jurisdiction
        and point.status != _EXTINCT
        and visible(point)
        and _has(point, meter, delivery_point)
    ]
    if address is None:
        return candidates
    for fits in (_exact, _wider, _widest):
        hits = [point for point in candidates if point.address is not None and fits(address, point.address)]
        if hits:
            return hits
    return []


def standing_data_request(op: Operator, turn: Turn, request: Request) -> None:
    """Answer a ``NMIStandingDataRequest``."""
    view = request.transaction.view
    nmi = view.text("NMI") or ""
    point = op.world.point(nmi)
    problem = _scenario(request) or _unanswerable(op, request, point, turn)
    events = tuple(map(written, request.rejection)) or (SUCCESS if problem is None else event(problem, nmi or None),)
    content: list[Element] = []
    if problem is None and point is not None:
        today, reason = turn.now.date(), view.text("Reason")
        involved = request.sender in holders(point, today).values()
        hidden = () if reason or involved else ("FRMP",)
        fields = op.rules.discovery.fields(discovering(op, request.sender), point.jurisdiction)
        seen = partial(shown, fields=fields)
        content.append(detail(point, today, seen, hidden, op.switches.meter_listing == "twice"))
        if release_number(request.release) >= 39:
            content.append(_previous_reads(op, nmi))
    _answer(op, turn, request, problem, Element("NMIStandingDataResponse", None, (*content, *events)))


def _scenario(request: Request) -> Rejection | None:
    """How a scenario rule wants it refused."""
    first = request.rejection[0] if request.rejection else None
    return None if first is None else Rejection("scenario.reject", first.code, first.explanation or "")


def discovering(op: Operator, sender: str) -> frozenset[str]:
    """The roles somebody discovers in: those it is registered for; whoever may hold any, all of them."""
    return op.world.roles_of(sender) or op.rules.codes["roles"]


def _unsearchable(op: Operator, view: View, jurisdiction: str, right: SearchRight | None) -> Rejection | None:
    if jurisdiction not in op.rules.codes["jurisdiction_codes"]:
        return op.rules.refuse("nmid.jurisdiction", "Value of [JurisdictionCode] is invalid")
    given = [name for name in KEYS if view.first(name)]
    if not given:
        return op.rules.refuse("nmid.nothing-to-search", "Give an address, a delivery point or a meter serial number")
    forbidden = next((name for name in given if right is None or name not in right.keys), None)
    if forbidden is not None:
        return op.rules.refuse("nmid.no-search", f"You may not search for [{forbidden}] in {jurisdiction}")
    return None


def _unanswerable(op: Operator, request: Request, point: ConnectionPoint | None, turn: Turn) -> Rejection | None:
    view, rules = request.transaction.view, op.rules
    nmi, reason = view.text("NMI") or "", view.text("Reason")
    if op.switches.nmi_checksum == "check" and not checksum_fits(nmi, view.attribute("checksum", "NMI") or ""):
        return rules.refuse("nmid.checksum", f"The checksum of NMI {nmi} is wrong")
    if point is None:
        return rules.refuse("nmid.nmi-unknown", f"NMI {nmi} is not known")
    if reason and reason not in rules.codes["discovery_reasons"]:
        return rules.refuse("nmid.reason", "Value of [Reason] is invalid")
    if not op.rules.discovery.fields(discovering(op, request.sender), point.jurisdiction):
        return rules.refuse("nmid.no-access", f"{request.sender} has no right to discover NMIs in {point.jurisdiction}")
    if not _visible(op, request.sender, turn, point.jurisdiction)(point):
        return rules.refuse("nmid.no-access", f"{request.sender} may discover its own NMIs only")
    return None


def _visible(op: Operator, sender: str, turn: Turn, jurisdiction: str) -> Callable[[ConnectionPoint], bool]:
    """Distributors and embedded network managers discover their own NMIs only."""
    right, today = op.rules.discovery.search(discovering(op, sender), jurisdiction), turn.now.date()
    if right is None or not right.own_only:
        return lambda point: True
    return lambda point: holders(point, today).get("LNSP") == sender


def _keys(address: Address | None, meter: str | None, delivery_point: str | None) -> list[Key]:
    keys = [] if address is None else address_keys(address)
    if meter:
        keys.append(("meter", normal(meter)))
    if delivery_point:
        keys.append(("delivery point", delivery_point.strip()))
    return keys


def _has(point: ConnectionPoint, meter: str | None, delivery_point: str | None) -> bool:
    if meter and all(normal(each.serial) != normal(meter) or each.status == "R" for each in point.meters):
        return False
    held = point.address.delivery_point if point.address is not None else None
    return not delivery_point or held == delivery_point.strip()


def _exact(wanted: Address, held: Address) -> bool:
    return all(_part(wanted, name) == _part(held, name) or not _part(wanted, name) for name in _PLACE) and all(
        _part(wanted, name) == _part(held, name) for name in _WIDER if name not in _PLACE
    )


_PLACE = ("suburb", "state", "postcode")


def _wider(wanted: Address, held: Address) -> bool:
    return _agree(wanted, held, _WIDER)


def _widest(wanted: Address, held: Address) -> bool:
    return _agree(wanted, held, _WIDEST)


def _agree(wanted: Address, held: Address, names: tuple[str, ...]) -> bool:
    return all(not (part := _part(wanted, name)) or part == _part(held, name) for name in names)


def _part(address: Address, name: str) -> str:
    return normal(getattr(address, name) or "")


def _previous_reads(op: Operator, nmi: str) -> Element:
    """The dates and qualities of actual accumulation reads that are loaded, newest first; else that none applies."""
    reads = {(day, quality) for day, quality in _reads(op, nmi)}
    if not reads:
        none = op.rules.refuse("nmid.previous-read", "Not applicable")
        return element("PreviousReadDates", event(none, severity="Warning"))
    newest = sorted(reads, reverse=True)
    return element(
        "PreviousReadDates",
        *(
            element("PreviousReadDate", Element("ReadDate", day), Element("ReadQuality", quality))
            for day, quality in newest
        ),
    )


def _reads(op: Operator, nmi: str) -> Iterator[tuple[str, str]]:
    for reading in op.world.readings.accumulations(nmi):
        current = getattr(reading, "current", None)
        if current is not None:
            yield current.read_at.date().isoformat(), current.quality[:1]


def _answer(op: Operator, turn: Turn, request: Request, problem: Rejection | None, payload: Element) -> None:
    asked = request.transaction.transaction_id
    if problem is not None:
        turn.emit(AnswerGiven(turn.now, request.sender, asked, problem.code, problem.rule, problem.explanation))
    op.answer(turn, request, turn.draw.digits(12, "nmid", request.sender, asked), payload)
