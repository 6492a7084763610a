"""The values of an aseXML message, as written and as read.

What we write is a `Message`: small immutable trees of `Element`, encoded only when somebody fetches them.
What we read is a `Received`: header values, and a `View` on each transaction's XML.
Source: aseXML r39_p1 schema set, envelope; unchanged in r44.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec
from lxml import etree


class Element(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An element: name, text or children in schema order, attributes. A name of "" is canonical XML to splice in."""

    name: str
    text: str | None = None
    children: tuple[Element, ...] = ()
    attributes: dict[str, str] | None = None


def element(name: str, *content: Element | str | None, **attributes: str | None) -> Element:
    """``element("Code", "0")`` or ``element("Event", element("Code", "0"), severity="Information")``.

    None among children or attributes is left out; ``class_`` writes ``class`` and ``xsi_type`` writes ``xsi:type``.
    """
    text = next((part for part in content if isinstance(part, str)), None)
    children = tuple(part for part in content if isinstance(part, Element))
    named = {_attribute(key): value for key, value in attributes.items() if value is not None}
    return Element(name, text, children, named or None)


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("xsi_", "xsi:")


def optional(name: str, text: str | None) -> Element | None:
    """An element with that text, or None when there is no text."""
    return None if text is None else Element(name, text)


def spliced(xml: str) -> Element:
    """XML in our canonical spelling (prefixes ``ase`` and ``xsi``, no declarations) carried through unchanged."""
    return Element("", xml)


class Header(msgspec.Struct, frozen=True, gc=False):
    """The header of a message. ``message_date`` is aware; None only where a received one could not be read."""

    sender: str
    receiver: str
    message_id: str
    message_date: datetime | None
    transaction_group: str
    priority: str | None = None
    security_context: str | None = None
    market: str | None = "NEM"
    sender_description: str | None = None


class AseEvent(msgspec.Struct, frozen=True, gc=False):
    """aseXML's ``Event``: a code with its severity. Our default differs from the schema's: success is Information."""

    code: int
    severity: str = "Information"
    event_class: str | None = None
    key_info: str | None = None
    context: str | None = None
    explanation: str | None = None
    supported_versions: tuple[str, ...] = ()


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """One transaction to be written: the payload's name is the transaction's."""

    transaction_id: str
    transaction_date: datetime
    payload: Element
    initiating_transaction_id: str | None = None


class MessageAcknowledgement(msgspec.Struct, frozen=True, gc=False):
    """A MACK. ``receipt_id`` is absent on Reject. ``status`` is Accept or Reject."""

    initiating_message_id: str
    receipt_date: datetime
    status: str
    receipt_id: str | None = None
    duplicate: bool = False
    events: tuple[AseEvent, ...] = ()


class TransactionAcknowledgement(msgspec.Struct, frozen=True, gc=False):
    """A TACK. ``status`` is Accept, Partial or Reject."""

    initiating_transaction_id: str
    receipt_date: datetime
    status: str
    receipt_id: str | None = None
    duplicate: bool = False
    accepted_count: int | None = None
    events: tuple[AseEvent, ...] = ()


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message to be written: either transactions or acknowledgements."""

    release: str
    header: Header
    transactions: tuple[Transaction, ...] = ()
    message_acknowledgements: tuple[MessageAcknowledgement, ...] = ()
    transaction_acknowledgements: tuple[TransactionAcknowledgement, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """A fault in what was read: the standard event code, our rule id, where it stands, and what would be right."""

    code: int
    rule: str
    explanation: str
    line: int | None = None
    element: str | None = None


class Filled(Protocol):
    """An element of a message that was not parsed (`simulator.asexml.usual`), asked as `View` is. A path that looks at
    values, in brackets, is beyond it."""

    @property
    def like(self) -> etree._Element:
        """An element of the same name, in the same line."""
        ...

    @property
    def node(self) -> etree._Element:
        """The element itself; now its message is parsed."""
        ...

    def text(self, path: str) -> str | None:
        """The text of the first element there."""
        ...

    def attribute(self, name: str, path: str) -> str | None:
        """An attribute of the first element there."""
        ...

    def texts(self) -> dict[str, str]:
        """The texts of the children by name."""
        ...

    def first(self, path: str) -> Filled | None:
        """The first element there."""
        ...

    def all(self, path: str) -> tuple[Filled, ...]:
        """Every element there, in document order."""
        ...

    def written(self, name: str | None, write: Callable[[View], str]) -> str:
        """What ``write`` makes of it under a name."""
        ...


class View(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A read-only look at one element of a received message. Paths are un-namespaced: ``NMIStandingData/NMI``."""

    _tree: etree._Element | None
    _filled: Filled | None = None

    @property
    def _node(self) -> etree._Element:
        if self._tree is not None:
            return self._tree
        if self._filled is None:
            raise LookupError("a view of nothing")
        return self._filled.node

    @property
    def name(self) -> str:
        """The element's local name."""
        node = self._node if self._filled is None else self._filled.like
        return str(node.tag).rpartition("}")[2]

    @property
    def line(self) -> int:
        """The source line, 1 when unknown."""
        node = self._node if self._filled is None else self._filled.like
        return node.sourceline or 1

    def text(self, path: str = ".") -> str | None:
        """The text of the first element there; None when absent, "" when empty."""
        if self._filled is not None and "[" not in path:
            return self._filled.text(path)
        node = self._node
        found = node if path == "." else _found(node, path)
        return None if found is None else (found.text or "")

    def attribute(self, name: str, path: str = ".") -> str | None:
        """An attribute of the first element there."""
        if self._filled is not None and "[" not in path:
            return self._filled.attribute(name, path)
        node = self._node
        found = node if path == "." else node.find(path)
        return None if found is None else found.get(name)

    def all(self, path: str) -> tuple[View, ...]:
        """Every element there, in document order."""
        if self._filled is not None and "[" not in path:
            return tuple([View(None, filled) for filled in self._filled.all(path)])
        return tuple(View(node) for node in self._node.iterfind(path))

    def first(self, path: str) -> View | None:
        """The first element there."""
        if self._filled is not None and "[" not in path:
            filled = self._filled.first(path)
            return None if filled is None else View(None, filled)
        found = _found(self._node, path)
        return None if found is None else View(found)

    def children(self) -> list[View]:
        """The child elements in document order."""
        return [View(node) for node in self._node if isinstance(node.tag, str)]

    def parts(self) -> dict[str, View]:
        """The children by name, the first of each name, in one pass: cheaper than several questions by path."""
        return {str(node.tag): View(node) for node in reversed(self._node)}

    def names(self) -> dict[str, None]:
        """The names of all elements inside, at any depth, in document order, once each."""
        node = self._node if self._filled is None else self._filled.like
        return dict.fromkeys(str(each.tag) for each in node.iterdescendants(etree.Element))

    def texts(self) -> dict[str, str]:
        """The texts of the children by name, the first of each name."""
        if self._filled is not None:
            return self._filled.texts()
        return {str(node.tag): node.text or "" for node in reversed(self._node)}

    def rows(self) -> list[dict[str, str]]:
        """For a table of elements, each child as a row: the texts of its children by name, the first of each name."""
        return [{str(cell.tag): cell.text or "" for cell in reversed(row)} for row in self._node]

    def xpath(self, expression: str) -> tuple[str, ...]:
        """Texts that an XPath expression selects (for scenario matching)."""
        found = self._node.xpath(expression)
        items = found if isinstance(found, list) else [found]
        return tuple(str(item.text or "") if isinstance(item, etree._Element) else str(item) for item in items)


def _found(node: etree._Element, path: str) -> etree._Element | None:
    """The first element there. A name alone is looked for among the children, which spares lxml reading a path."""
    return node.find(path) if "/" in path or "*" in path else next(node.iterchildren(path), None)


class ReceivedTransaction(msgspec.Struct, frozen=True, gc=False):
    """One transaction as read. ``view`` looks at the payload element (``CATSChangeRequest`` …)."""

    name: str
    transaction_id: str
    transaction_date: str
    initiating_transaction_id: str | None
    version: str | None
    view: View


class Received(msgspec.Struct, frozen=True, gc=False):
    """A message as read, as far as it could be. ``findings`` empty means nothing is wrong with it in itself.

    ``digest`` identifies the content (equal bytes, equal digest). ``is_event`` marks a root-level ``ase:Event``.
    ``size`` is in bytes after inflating.
    """

    release: str | None
    header: Header | None
    digest: str
    size: int
    transactions: tuple[ReceivedTransaction, ...] = ()
    message_acknowledgements: tuple[MessageAcknowledgement, ...] = ()
    transaction_acknowledgements: tuple[TransactionAcknowledgement, ...] = ()
    findings: tuple[Finding, ...] = ()
    is_event: bool = False
    message_id: str | None = None
    """The MessageID even where the header as a whole could not be read."""
    events: tuple[AseEvent, ...] = ()
    """What a root-level ``ase:Event`` says; empty for messages."""
