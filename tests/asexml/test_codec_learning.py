"""What is learned of messages: that the usual ones are, soon; that it is let go; that threads may share it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from codec_messages import FULL_STANDING, OK, body, transaction

from simulator.asexml.decode import parsed, read, usual
from simulator.asexml.encode import write
from simulator.asexml.model import Element, Message, element
from simulator.asexml.schemas import Schemas
from simulator.asexml.spelling import spelling
from simulator.asexml.usual import ALIKE, MOST_KEPT
from simulator.base.clock import MARKET_ZONE
from simulator.client import messages
from simulator.client.messages import Envelope

AT = datetime(2026, 3, 2, 9, 0, tzinfo=MARKET_ZONE)
ROLES = (("FRMP", "RETAILA"), ("RP", "MCCO"), ("MDP", "METERCO"), ("MPB", "MPBCO"), ("MPC", "MPBCO"))
HOUSE = element("House", element("HouseNumber", "12"))


def envelope(number: int) -> Envelope:
    return Envelope("RETAILA", f"RETAILA-MSG-{number}", AT + timedelta(seconds=number), security_context="RETAILAB")


def nmi(number: int) -> str:
    return f"4102{number:06d}"


def address(number: int) -> Element:
    street = element("Street", element("StreetName", f"Made Up {number}"), element("StreetType", "ST"))
    return element("Address", element("StructuredAddress", HOUSE, street), element("PostCode", "2000"))


def change(number: int) -> Message:
    day = date(2026, 3, 16) + timedelta(number)
    return messages.change_request(envelope(number), nmi(number), proposed_date=day, roles=ROLES)


USUAL: dict[str, Callable[[int], Message]] = {
    "change request": change,
    "its edit": lambda number: messages.change_request(
        envelope(number), nmi(number), proposed_date=date(2026, 3, 16), initiating_request_id=str(2_000_000 + number)
    ),
    "withdrawal": lambda number: messages.withdrawal(envelope(number), str(2_000_000 + number)),
    "objection": lambda number: messages.objection(envelope(number), str(2_000_000 + number), role="FRMP", code="DEBT"),
    "discovery by serial": lambda number: messages.nmi_discovery(envelope(number), "NSW", meter_serial=f"M{number}"),
    "discovery by address": lambda number: messages.nmi_discovery(envelope(number), "NSW", address=address(number)),
    "standing data": lambda number: messages.nmi_standing_data(envelope(number), nmi(number)),
    "type 3 search": lambda number: messages.nmi_standing_data(envelope(number), nmi(number), kind="3", reason="MCR"),
}


@pytest.mark.parametrize("which", USUAL)
def test_once_enough_of_a_kind_were_parsed_the_next_is_not(which: str) -> None:
    schemas, make = Schemas(), USUAL[which]
    for number in range(ALIKE):
        message = write(make(number))
        assert usual(message, schemas) is None
        assert read(message, schemas).findings == ()
    following = write(make(ALIKE))
    quick = usual(following, schemas)
    assert quick is not None
    same = parsed(following, schemas)
    assert (quick.header, quick.digest) == (same.header, same.digest)
    assert [each.view.texts() for each in quick.transactions] == [each.view.texts() for each in same.transactions]


def meter_data(number: int, used: str = "1.5") -> bytes:
    text = f"NMI,Suffix,Value\n{nmi(1)},E1,{used}\n"
    return write(messages.meter_data(envelope(number), text, record_count=1, role="FRMP"))


def test_meter_data_is_parsed_whenever_it_tells_something_else() -> None:
    """A text without a limit is no value that an expression can judge: it stays as it is."""
    schemas = Schemas()
    for number in range(ALIKE):
        assert read(meter_data(number), schemas).findings == ()
    assert usual(meter_data(ALIKE), schemas) is not None
    assert usual(meter_data(ALIKE, "1.6"), schemas) is None


ACKNOWLEDGEMENT = (
    '<Acknowledgements><MessageAcknowledgement initiatingMessageID="NEMMCO-MSG-{0}" receiptID="RETAILA-R{0}" '
    'receiptDate="2026-03-02T09:00:01+10:00" status="Accept"/></Acknowledgements>'
)


def test_messages_of_acknowledgements_are_always_parsed() -> None:
    schemas = Schemas()
    for number in range(4 * ALIKE):
        message = body(ACKNOWLEDGEMENT.format(number))
        assert usual(message, schemas) is None
        assert len(read(message, schemas).message_acknowledgements) == 1


def test_an_element_whose_position_is_not_published_is_always_judged_by_the_schema() -> None:
    plain = body(transaction("NMIStandingDataResponse", FULL_STANDING + OK), "NMID")
    transformer = b"<CurrentTransformerType>x</CurrentTransformerType><InstallationTypeCode>"
    floating = plain.replace(b"<InstallationTypeCode>", transformer)
    schemas = Schemas()
    for _ in range(4 * ALIKE):
        assert read(floating, schemas).findings == ()
    assert usual(floating, schemas) is None
    assert spelling(plain, "r46") is not None


def learn(schemas: Schemas, message: bytes) -> None:
    schemas.usual._alike.clear()
    for _ in range(ALIKE):
        assert parsed(message, schemas).findings == ()
    assert usual(message, schemas) is not None


def ending(number: int) -> bytes:
    """A standing data request that ends as no other does."""
    closing = b"</Transaction>" + b"\n" * number + b" " * (30 - number) + b"</Transactions>"
    return write(messages.nmi_standing_data(envelope(number), nmi(1))).replace(
        b"</Transaction></Transactions>", closing
    )


def test_an_expression_that_is_let_go_is_kept_by_nothing_else() -> None:
    whole = spelling(ending(0), "r46")
    assert whole is not None
    seen = [weakref.ref(whole)]
    del whole
    schemas = Schemas()
    for number in range(MOST_KEPT + 1):
        learn(schemas, ending(number))
        (latest,) = schemas.usual._known[ending(number)[-64:]]
        seen.append(weakref.ref(latest._inside))
    del latest
    assert [each() is None for each in seen] == [True, True, *[False] * MOST_KEPT]


def test_one_thread_may_learn_while_another_looks() -> None:
    schemas = Schemas()
    for number in range(MOST_KEPT):
        learn(schemas, ending(number))
    looking = schemas.usual._known
    rest = iter(looking)
    endings = [next(rest)]
    learn(schemas, ending(MOST_KEPT))
    assert [*endings, *rest] == [ending(number)[-64:] for number in range(MOST_KEPT)]
    assert len(schemas.usual._known) == MOST_KEPT


def test_threads_that_read_together_read_what_one_reads() -> None:
    schemas, faults = Schemas(), list[object]()
    wanted = [write(make(number)) for make in USUAL.values() for number in range(2 * ALIKE)]
    wanted += [ending(number) for number in range(MOST_KEPT + 4) for _ in range(ALIKE)]
    ids = [parsed(message, schemas).message_id for message in wanted]
    begin = threading.Barrier(4)

    def reading() -> None:
        begin.wait()
        try:
            read_now = [read(message, schemas) for message in wanted]
            assert all(each.findings == () for each in read_now)
            assert [each.message_id for each in read_now] == ids
        except BaseException as fault:
            faults.append(fault)
            raise

    threads = [threading.Thread(target=reading) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert faults == []
    assert 0 < len(schemas.usual._known) <= MOST_KEPT
