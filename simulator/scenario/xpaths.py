"""The XPath that rules may use: a part of XPath 1.0 whose cost is bounded, on the payload of one transaction.

``//Name`` looks anywhere in that transaction. Refused: axes and ``//`` inside conditions, more than one ``//``,
variables, prefixes, functions beyond `FUNCTIONS`, conditions inside conditions. What compares two paths, or joins them
with ``|``, costs the square of what they find: it finds nothing in a transaction of more than `MOST_NODES` elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from lxml import etree

from simulator.asexml.model import View

LONGEST = 300
MOST_NODES = 5000
"""Elements of a transaction in which two paths are compared or joined."""
FUNCTIONS = frozenset(
    (
        "boolean", "ceiling", "concat", "contains", "count", "false", "floor", "last", "local-name", "name", "node",
        "normalize-space", "not", "number", "position", "round", "starts-with", "string", "string-length", "substring",
        "substring-after", "substring-before", "sum", "text", "translate", "true",
    )
)  # fmt: skip
_OPERATORS = frozenset(("and", "or", "div", "mod"))
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<deep>//)|(?P<up>\.\.)
    |(?P<name>[A-Za-z_][\w-]*)|(?P<sign>!=|<=|>=|[][()@,=<>+*/|.-]))""",
    re.VERBOSE | re.ASCII,
)
_STRING = etree.XPath("string()", smart_strings=False)
_NUMBER = etree.XPath("number($text)")
COMPARING = frozenset(("=", "!=", "<", "<=", ">", ">="))
_STEPS = frozenset(("/", "//", "@"))
_BEFORE_OPERAND = frozenset(("", "(", "[", ",", "|", "=", "!=", "<", "<=", ">", ">=", "+", "-", *_OPERATORS))


class Unsafe(ValueError):
    """Why an expression may not be used."""


def problem(expression: str) -> str | None:
    """Why an expression may not be used; None when it may."""
    try:
        _compiled(expression)
    except (Unsafe, etree.XPathSyntaxError) as error:
        return str(error)
    return None


def select(view: View, expression: str) -> tuple[str, ...]:
    """The texts an expression selects, or its value as one text: ``true``, ``false``, ``3``."""
    found = _found(view, expression)
    if isinstance(found, list):
        return tuple(_text(each) for each in found)
    if isinstance(found, bool):
        return ("true" if found else "false",)
    if isinstance(found, float):
        return (str(int(found)) if found.is_integer() else str(found),)
    return (str(found).strip(),)


def values(view: View, path: str) -> tuple[str, ...]:
    """The texts that an equation with a path, or with what makes a text, compares: each as it stands, with everything
    inside.
    """
    return tuple(_whole(_found(view, path)))


def numbers(view: View, expression: str) -> tuple[str, ...]:
    """The numbers that a comparison with a number compares, as Python writes them."""
    found = _found(view, expression)
    if isinstance(found, float):
        return (repr(found),)
    return tuple(repr(_NUMBER(view._node, text=text)) for text in _whole(found))


def number(written: str) -> float:
    """What a number in an expression is."""
    return float(etree.XPath(written)(etree.Element("any")))


def _found(view: View, expression: str) -> object:
    """What lxml finds; nothing where an expression cannot be evaluated, or would cost too much there."""
    compiled, squared = _compiled(expression)
    if squared and _many(view._node):
        return []
    try:
        return compiled(view._node)
    except etree.XPathError:
        return []


def _whole(found: object) -> Iterator[str]:
    """Each text of what was selected, or the one that was made."""
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, etree._Element):
            yield str(_STRING(one))
        elif isinstance(one, str):
            yield str(one)


def _text(found: object) -> str:
    return ((found.text or "") if isinstance(found, etree._Element) else str(found)).strip()


def _many(node: etree._Element) -> bool:
    return next(islice(node.iter(), MOST_NODES, None), None) is not None


@lru_cache(4096)
def _compiled(expression: str) -> tuple[etree.XPath, bool]:
    """The expression, and whether its cost may be the square of what it finds."""
    if len(expression) > LONGEST:
        raise Unsafe(f"{len(expression)} characters, at most {LONGEST} are taken")
    compiled = etree.XPath(" ".join(_checked(expression)), regexp=False, smart_strings=False)
    return compiled, _squared(tuple(tokens(expression)))


def _is_value(sign: str, following: str) -> bool:
    """Whether a function begins here that makes one value."""
    return following.startswith("(") and sign in FUNCTIONS - {"node", "text"}


def _squared(written: tuple[tuple[str, str, str], ...]) -> bool:
    """Whether two paths are joined, or compared with each other rather than with a text or a number."""
    single = [kind in ("text", "number") or _is_value(sign, after) for kind, sign, after in written]
    for place, (_, sign, _) in enumerate(written):
        compared = sign in COMPARING and not any(single[max(place - 1, 0) : place + 2 : 2])
        if sign == "|" or compared:
            return True
    return False


def _checked(expression: str) -> Iterator[str]:
    """The tokens, with what begins at ``//`` kept inside the transaction; raises `Unsafe`."""
    before, depth, deep = "", 0, 0
    for kind, sign, following in tokens(expression):
        depth += {"[": 1, "]": -1}.get(sign, 0)
        deep += kind == "deep"
        if depth > 1 or deep > 1:
            raise Unsafe("a condition inside a condition" if depth > 1 else "more than one //")
        if depth and kind in ("deep", "up"):
            raise Unsafe(f"{sign} inside a condition")
        begins = before in _BEFORE_OPERAND
        if begins and sign == "/":
            raise Unsafe("a path from the root: begin with // or with a name")
        if kind == "name":
            _check_name(sign, following)
            if sign in _OPERATORS and (begins or before in _STEPS):
                raise Unsafe(f"{sign} joins two values here: an element of that name is *[name()='{sign}']")
        yield ".//" if begins and kind == "deep" else sign
        multiplies = sign == "*" and not begins and before not in _STEPS
        before = "div" if multiplies else sign


def _check_name(name: str, following: str) -> None:
    if following.startswith(":"):
        raise Unsafe(f"{name}: as an axis or a prefix: write names alone")
    if following.startswith("(") and name not in FUNCTIONS and name not in _OPERATORS:
        raise Unsafe(f"the function {name}()")


def tokens(expression: str) -> Iterator[tuple[str, str, str]]:
    """What an expression is written with: the kind of each sign, the sign, and what follows it. Raises `Unsafe`."""
    at, end = 0, len(expression.rstrip())
    while at < end:
        found = _TOKEN.match(expression, at)
        if found is None or found.lastgroup is None:
            raise Unsafe(f"{expression[at : at + 8].strip()!r} is not understood")
        at = found.end()
        yield found.lastgroup, found.group(found.lastgroup), expression[at:].lstrip()
