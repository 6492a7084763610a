"""The only place that says how another message must be spelt to be as good as one that was found without fault.

    <MessageID>RETAILA-MSG-1</MessageID>  →  <MessageID>((?! )[…]{1,36}+)</MessageID>

One regular expression for a whole message: literal, but for the values whose type is one that an expression can judge.
What matches it has the same elements and attributes in the same places, and values of their types. Nothing that is
looked at in judging a message looks at two values together, but for the group with its transactions, and that stays
literal; so there is nothing against what matches either. Expressions are narrower than the types: no blank in front,
no reference, nothing beyond ASCII, no text of any length. What they leave out is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from simulator.asexml import content, releases
from simulator.asexml.content import Content
from simulator.asexml.notation import Attribute

MOST_BYTES = 8192
"""Of a message whose spelling is taken down."""
MOST_VALUES = 400
MOST_TEXT = 200
"""Characters of a value whose type has no limit."""

MOST_DIGITS = 15

_compiled: Callable[[str, int], re.Pattern[str]] = getattr(re, "_compiler", re).compile
"""The compiler behind `re.compile`, which would keep the expression of a whole message beyond its use, as long as the
process lives. A Python that has it elsewhere keeps some."""

_PROLOG = re.compile(r'<\?xml version="1\.0" encoding="UTF-8"\?>\s*')
_TAG = re.compile(
    r'<(?P<end>/?)(?P<name>[\w:.-]+)(?P<rest>(?:\s+[\w:.-]+="[^"<>&]*")*)\s*(?P<empty>/?)>(?P<text>[^<>&]*)'
)
_ATTRIBUTE = re.compile(r'(?P<before>\s+(?P<name>[\w:.-]+)=")(?P<value>[^"]*)')
_LITERAL = frozenset(("TransactionGroup", "version"))
_CHARACTER = "[ !#-%'-;=?-~]"
_DATE = r"(?:19|2\d)\d\d-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_TIME = r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
_ZONE = r"(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)?"
_DATES = {"date": _DATE + _ZONE, "dateTime": _DATE + _TIME + _ZONE}
_SHARED = re.compile(r"(?:[A-Za-z0-9_\[\]{}*,' -]|\\-)+")
"""Patterns that mean the same to XML Schema and here, and have no groups of their own."""
_PLAIN = re.compile(r'(?:\sxsi:type="ase:(?P<type>\w+)")?(?:\s+(?!xmlns)(?:xsi:nil|[\w.-]+)="[^"]*")*')
"""Attributes of all but the root: a type of ours comes first, as we write it; none is of another namespace."""


def spelling(body: bytes, release: str) -> re.Pattern[str] | None:
    """What every message spelt like this one matches, a group for each value; None where it is not spelt simply.

    ``body`` is without fault, in a release that is known, judged by our own tables.
    """
    if len(body) > MOST_BYTES or not body.isascii():
        return None
    try:
        parts = list(_parts(body.decode(), content.content(release), f'="{releases.namespace(release)}"'))
    except (LookupError, ValueError):
        return None
    if sum(part.startswith("(") for part in parts) > MOST_VALUES:
        return None
    return compiled("".join(parts))


def compiled(expression: str) -> re.Pattern[str]:
    """An expression for a message: it goes when whoever asked for it lets it go."""
    return _compiled(expression, re.ASCII.value)


def _parts(text: str, held: Content, namespace: str) -> Iterator[str]:
    """The expression, piece by piece. Raises LookupError or ValueError for anything unusual."""
    prolog = _PROLOG.match(text)
    at = prolog.end() if prolog is not None else 0
    yield re.escape(text[:at])
    types: list[str] = []
    opened = ""
    while at < len(text):
        tag = _TAG.match(text, at)
        if tag is None or (not types and at != (prolog.end() if prolog is not None else 0)):
            raise ValueError("no plain element")
        if tag["end"]:
            yield re.escape(tag[0])
            types.pop()
        else:
            type_ = _type(tag, types, held, namespace)
            opened = tag["name"]
            yield re.escape(f"<{opened}")
            yield from _attributes(tag["rest"], held, type_)
            yield re.escape(text[tag.end("rest") : tag.start("text")])
            leaf = not tag["empty"] and text.startswith(f"</{opened}>", tag.end())
            yield _value(_rule(held, type_), tag["text"]) if leaf and opened not in _LITERAL else re.escape(tag["text"])
            if not tag["empty"]:
                types.append(type_)
        at = tag.end()


def _type(tag: re.Match[str], types: list[str], held: Content, namespace: str) -> str:
    """The type of an element inside of an element of another."""
    if not types:
        if tag["name"] != "ase:aseXML" or f" xmlns:ase{namespace}" not in tag["rest"]:
            raise ValueError("no usual root")
        return "aseXML"
    leaf = next((each for each in held.leaves(types[-1]) if each.name == tag["name"]), None)
    plain = _PLAIN.fullmatch(tag["rest"])
    if leaf is None or leaf.floating or plain is None:
        raise LookupError(tag["name"])
    type_ = plain["type"] or leaf.type
    if type_ in held.models and any(each.open for each in held.chain(type_)):
        raise LookupError(type_)
    return type_


def _attributes(rest: str, held: Content, type_: str) -> Iterator[str]:
    declared: dict[str, Attribute] = {}
    if type_ in held.models:
        declared = {each.name: each for part in held.chain(type_) for each in part.attributes}
    for found in _ATTRIBUTE.finditer(rest):
        yield re.escape(found["before"])
        rule = held.simple.get(declared[found["name"]].type) if found["name"] in declared else None
        yield _value(None if found["name"] in _LITERAL else rule, found["value"]) + '"'


def _rule(held: Content, type_: str) -> str | None:
    """The simple type of an element's text, in the notation of our tables."""
    if type_ not in held.models:
        return held.simple[type_]
    text = next((each.text for each in held.chain(type_) if each.text is not None), None)
    return None if text is None else held.simple[text]


def _value(rule: str | None, value: str) -> str:
    """A group that any value of the type may fill, or the value itself where there is none."""
    judge = None if rule is None else _expression(rule)
    if not value or judge is None or re.fullmatch(judge, value, re.ASCII) is None:
        return re.escape(value)
    return f"({judge})"


def _expression(rule: str) -> str | None:
    """What values of a simple type match; None where expressions do not tell."""
    kind, _, rest = rule.partition(" ")
    match kind:
        case "text":
            return _text(rest)
        case "one":
            values = sorted(rest.removeprefix("of ").split(", "), key=len, reverse=True)
            return f"(?:{'|'.join(map(re.escape, values))})"
        case "pattern":
            return f"(?! )(?:{rest})" if _SHARED.fullmatch(rest) else None
        case "integer":
            return _integer(rest)
        case _:
            return _DATES.get(kind)


def _integer(rest: str) -> str | None:
    """Numbers above nought; their range has to be one of digits."""
    low, _, high = rest.partition("..")
    if low not in ("", "0", "1") or high.strip("9"):
        return None
    return f"[1-9][0-9]{{0,{(len(high) or MOST_DIGITS) - 1}}}+"


def _text(rest: str) -> str:
    low, dots, high = rest.partition("..")
    least, most = max(1, int(low or 1)), int((high if dots else low) or MOST_TEXT)
    return f"(?! ){_CHARACTER}{{{least},{most}}}+"
