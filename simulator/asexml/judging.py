"""The only place that decides what is wrong with a well-formed message.

Which schema judges it (the official one where the user holds it, else ours), what a release we do not know changes,
and what no schema says: whether a transaction travels in its group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from lxml import etree

from simulator.asexml import content, hardening, releases
from simulator.asexml.floating import settled
from simulator.asexml.model import Finding, Header, ReceivedTransaction
from simulator.asexml.schemas import Schemas

_PARSER = hardening.parser()
_PAYLOAD = re.compile(r"/[^/]+/Transactions/Transaction(?:\[\d+\])?/[^/]+(?P<below>/.*)?")
_Faults = list[tuple[Finding, str]]


@lru_cache(maxsize=256)
def root_name(tag: str) -> tuple[str | None, str]:
    """``{urn:aseXML:r46}aseXML`` → ``("r46", "aseXML")``; None where the namespace names no release."""
    namespace, _, local = tag.rpartition("}")
    return releases.release_of(namespace[1:]), local


def local_name(node: etree._Element) -> str:
    """The name without namespace: messages that qualify more than the root are read as far as they go."""
    tag = str(node.tag)
    return tag.rpartition("}")[2] if tag[0] == "{" else tag


def judged(
    body: bytes,
    root: etree._Element,
    schemas: Schemas,
    unknown_release: str,
    header: Header | None,
    transactions: Sequence[ReceivedTransaction],
) -> tuple[Finding, ...]:
    """Everything that is wrong with a message: events 2, 3 and 4."""
    release, local = root_name(str(root.tag))
    if release is None or local not in ("aseXML", "Event"):
        return (_wrong_root(root),)
    official = schemas.official(release)
    if official is not None:
        faults = official.faults(root)
    elif releases.is_known(release):
        faults = _own_faults(root, schemas, release)
    elif unknown_release == "reject":
        return (_unsupported(release),)
    else:
        faults = _lenient_faults(body, schemas, release)
    group = header.transaction_group if header is not None else None
    misplaced = _misplaced(group, transactions)
    if not faults:
        return misplaced
    known = group in content.TRANSACTION_GROUPS
    return misplaced + tuple(found for found, path in faults if not (known and _is_unknown_transaction(found, path)))


def _wrong_root(root: etree._Element) -> Finding:
    text = f"the root is {str(root.tag)[:80]}; expected is {{urn:aseXML:rNN}}aseXML"
    return Finding(2, "asexml.root", text, root.sourceline, local_name(root)[:80])


def _unsupported(release: str) -> Finding:
    text = f"release {release} is not supported; supported are {releases.KNOWN[0]} to {releases.newest}"
    return Finding(4, "asexml.release", text, 1, "aseXML")


def _own_faults(root: etree._Element, schemas: Schemas, release: str) -> _Faults:
    validator = schemas.own(release)
    faults = validator.faults(root)
    if not faults:
        return faults
    in_place = settled(root, release)
    return faults if in_place is None else validator.faults(in_place)


def _lenient_faults(body: bytes, schemas: Schemas, release: str) -> _Faults:
    """Judge a copy that claims to be of the newest release: all of the envelope, of payloads what is missing."""
    there, here = releases.namespace(release).encode(), releases.namespace(releases.newest).encode()
    for quote in (b'"', b"'"):
        body = body.replace(quote + there + quote, quote + here + quote)
    renamed = etree.fromstring(body, _PARSER)
    if root_name(str(renamed.tag))[0] != releases.newest:
        return [(_unsupported(release), "/*")]
    faults = _own_faults(renamed, schemas, releases.newest)
    return [(found, path) for found, path in faults if not _in_payload(path) or found.rule == "asexml.missing"]


def _in_payload(path: str) -> bool:
    """Whether a path leads to a payload or into it."""
    return _PAYLOAD.fullmatch(path) is not None


def _is_unknown_transaction(finding: Finding, path: str) -> bool:
    """Whether it says that there is a transaction we do not hold: `_misplaced` has said so already, or lets it pass."""
    if finding.rule != "asexml.order" or finding.element in content.TRANSACTIONS:
        return False
    place = _PAYLOAD.fullmatch(path)
    return place is not None and place["below"] is None


def _misplaced(group: str | None, transactions: Sequence[ReceivedTransaction]) -> tuple[Finding, ...]:
    """Event 3 for transactions that do not travel in this group. Of B2B groups we hold no transactions: any may."""
    allowed = content.GROUPS.get(group) if group is not None else None
    if allowed is None:
        return ()
    return tuple(
        Finding(3, "asexml.group", f"{each.name} does not belong in group {group}", each.view.line, each.name)
        for each in transactions
        if each.name not in allowed
    )
