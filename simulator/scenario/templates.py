"""Answers from templates: Jinja2 in a sandbox, unknown names refused, values escaped, the result one XML element.

What a template may have is written out (`_PARTS`, `FILTERS`, `TESTS`, `NAMES`), so that its time and its result are
bounded: no macros, no includes, no methods, loops no deeper than two and never over the letters of a text, at most
`MOST_ROUNDS` rounds of one and `MOST_IN_ALL` of all, `MOST_CHARACTERS` in all. What is done in the rounds, and how much
text is read in doing it, is counted (`templates_counted`) up to `MOST_STEPS`; never a clock asked.
Jinja2 is imported only here, and this module only where a scenario has a template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any

from jinja2 import (
    StrictUndefined,
    Template,
    TemplateAssertionError,
    TemplateError,
    Undefined,
    meta,
    nodes,
)
from jinja2.filters import do_int
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from simulator.asexml import hardening, releases
from simulator.asexml.model import Element, View
from simulator.asexml.splicing import canonical
from simulator.scenario import templates_counted
from simulator.scenario.templates_counted import MOST_ROUNDS, TemplateFailed

__all__ = ["FILTERS", "LONGEST", "MOST_CHARACTERS", "NAMES", "TESTS", "TemplateFailed", "problem", "render"]

MOST_CHARACTERS = 1_000_000
LONGEST_NUMBER = 40
"""Characters that can be a whole number."""
LONGEST = 100_000
"""Characters of a template."""
DEEPEST_LOOPS = 2
NAMES = ("message", "transaction", "nmi", "now", "today", "field", "fields", "number", "flag", "range")
"""What a template may name beside its own variables."""
FILTERS = frozenset(("default", "e", "escape", "first", "int", "last", "length", "lower", "round", "trim", "upper"))
TESTS = frozenset(("defined", "undefined", "in", "eq", "ne", "lt", "le", "gt", "ge"))
_PARTS = frozenset(
    (
        "Add", "And", "Assign", "Call", "Compare", "CondExpr", "Const", "Div", "Filter", "FloorDiv", "For", "Getattr",
        "Getitem", "If", "List", "Mod", "Mul", "Name", "Neg", "Not", "Operand", "Or", "Output", "Sub", "Template",
        "TemplateData", "Test",
    )
)  # fmt: skip
_LARGEST = 10**15
_WRAPPED = (
    f'<payload xmlns:ase="{releases.namespace(releases.KNOWN[-1])}"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
"""The two prefixes of aseXML need no declaration in a template."""
_LISTS = (nodes.List, nodes.Tuple, nodes.Dict)


def problem(text: str) -> tuple[int, str] | None:
    """The line of a template (the first is 1) and what is wrong there; None when nothing is."""
    try:
        _compiled(text)
    except TemplateError as error:
        return getattr(error, "lineno", None) or 1, error.message or "not understood"
    return None


def render(text: str, names: Mapping[str, Any]) -> Element:
    """The element that a template makes of ``names``, in canonical spelling. Raises `TemplateFailed`."""
    pieces, size = [], 0
    try:
        for piece in _compiled(text).generate({**names, templates_counted.SPENT: templates_counted.Spent()}):
            size += len(piece)
            if size > MOST_CHARACTERS:
                raise TemplateFailed(f"more than {MOST_CHARACTERS} characters come of it")
            pieces.append(piece)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise TemplateFailed(str(error).strip() or type(error).__name__) from None
    return _element("".join(pieces).strip())


def _element(xml: str) -> Element:
    body = f"{_WRAPPED}{xml}</payload>".encode("utf-8", "replace")
    refused = hardening.refusal(body)
    if refused is not None:
        raise TemplateFailed(refused.explanation)
    try:
        root = etree.fromstring(body, hardening.parser())
    except etree.XMLSyntaxError as error:
        raise TemplateFailed(f"what comes of it is no XML element: {error}") from None
    excess = hardening.excess(root, body)
    if excess is not None:
        raise TemplateFailed(excess.explanation)
    if len(root) != 1 or not isinstance(root[0].tag, str) or (root.text or root[0].tail or "").strip():
        raise TemplateFailed("what comes of it is not one XML element")
    return canonical(View(root[0]))


@lru_cache(256)
def _compiled(text: str) -> Template:
    if len(text) > LONGEST:
        raise TemplateAssertionError(f"{len(text)} characters, at most {LONGEST} are taken", 1)
    try:
        return _environment().from_string(_checked(text))
    except (RecursionError, SyntaxError):
        raise TemplateAssertionError("conditions or expressions too deep inside one another", 1) from None
    except ValueError as error:
        raise TemplateAssertionError(str(error), 1) from None


def _checked(text: str) -> nodes.Template:
    """What is written there, with its loops counted; raises `TemplateError`."""
    tree = _environment().parse(text)
    for fault in _faults(tree, 0):
        raise fault
    unknown = sorted(meta.find_undeclared_variables(tree) - set(NAMES))
    if unknown:
        raise TemplateAssertionError(
            f"{unknown[0]!r} is not known; known are {', '.join(NAMES)}", _line(text, unknown[0])
        )
    templates_counted.counting(tree)
    return tree


def _line(text: str, name: str) -> int:
    return text[: text.find(name)].count("\n") + 1


class _Sandbox(ImmutableSandboxedEnvironment):
    """Attributes are keys of what is handed in, and numbers stay small."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Numbers only, so that no text grows by itself."""
        if not all(isinstance(side, int | float) and abs(side) < _LARGEST for side in (left, right)):
            raise TemplateFailed(f"{operator} takes two numbers")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """None is: what is handed in are mappings, whose keys are found before attributes would be."""
        return False


@lru_cache(1)
def _environment() -> ImmutableSandboxedEnvironment:
    made = _Sandbox(undefined=StrictUndefined, autoescape=True, finalize=_single, keep_trailing_newline=False)
    made.globals = {"range": _range}
    made.filters = {name: call for name, call in made.filters.items() if name in FILTERS}
    made.filters |= {"round": _rounded, "int": _whole, **templates_counted.FILTERS}
    made.tests = {name: call for name, call in made.tests.items() if name in TESTS}
    return made


def _rounded(value: Any, digits: int = 0) -> float:
    """Jinja's own takes any power of ten."""
    if not isinstance(value, int | float) or not isinstance(digits, int) or not 0 <= digits <= 15:
        raise TemplateFailed("round takes a number, and 0 to 15 digits")
    return round(float(value), digits)


def _whole(value: Any, default: Any = 0) -> Any:
    """Jinja's own takes any base, and as many digits as there are."""
    if isinstance(value, str) and len(value) > LONGEST_NUMBER:
        return default
    return do_int(value, default)


def _single(value: Any) -> Any:
    """Only single values are written."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Undefined):
        return value
    raise TemplateFailed(f"{type(value).__name__} is no text or number")


def _range(*limits: int) -> range:
    found = range(*limits)
    if len(found) > MOST_ROUNDS:
        raise TemplateFailed(f"range of {len(found)}, at most {MOST_ROUNDS}")
    return found


def _faults(node: nodes.Node, loops: int) -> Iterator[Exception]:
    """What a template has that it may not."""
    kind = type(node).__name__
    why = _why_not(node, kind, loops)
    if why is not None:
        yield TemplateAssertionError(why, node.lineno)
        return
    inside = loops + (kind == "For")
    for child in node.iter_child_nodes():
        yield from _faults(child, inside)


def _why_not(node: Any, kind: str, loops: int) -> str | None:
    if kind not in _PARTS:
        return f"{kind} is not for templates here"
    if kind == "For" and (loops >= DEEPEST_LOOPS or node.recursive):
        return f"loops deeper than {DEEPEST_LOOPS}"
    if kind == "Call" and (type(node.node).__name__ != "Name" or node.dyn_args or node.dyn_kwargs):
        return f"only these can be called: {', '.join(NAMES)}"
    if kind == "Const" and isinstance(node.value, float) and not isfinite(node.value):
        return "a number without end"
    if kind == "Assign" and (isinstance(node.node, _LISTS) or any(True for _ in node.node.find_all(_LISTS))):
        return "a variable holds one value"
    return None
