"""What a template may do in all: rounds of its loops, steps in them, text that is read. Counted, so always the same.

Every loop charges its rounds and what stands in its body; whatever works through a text or a list charges its length.
Imported only by `simulator.scenario.templates`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Undefined, nodes, pass_context
from jinja2.runtime import Context

MOST_ROUNDS = 1000
"""Of one loop; two may be inside one another."""
MOST_IN_ALL = 20_000
"""Rounds of all loops of one answer."""
MOST_STEPS = 2_000_000
"""Of one answer: each part of a template that is worked out in a loop is one, each `CALL` so many."""
CALL = 20
LETTERS = 8
"""So many letters that are read are a step."""
SPENT, _ROUNDS, _READ = "spent so far", "rounds of a loop", "read by something"
"""No names that a template could write."""
_READING = (nodes.Filter, nodes.Compare, nodes.Operand, nodes.Test, nodes.Call)


class TemplateFailed(ValueError):
    """Why a template gives no answer."""


class Spent:
    """What the making of one answer has done so far."""

    __slots__ = ("_rounds", "_steps")

    def __init__(self) -> None:
        self._rounds = self._steps = 0

    def rounds(self, number: int, steps: int) -> None:
        """Rounds of a loop, each of so many steps. Raises `TemplateFailed` where that is too much."""
        self._rounds += number
        if self._rounds > MOST_IN_ALL:
            raise TemplateFailed(f"more than {MOST_IN_ALL} rounds of its loops")
        self.steps(number * steps)

    def steps(self, number: int) -> None:
        """Raises `TemplateFailed` where that is too much."""
        self._steps += number
        if self._steps > MOST_STEPS:
            raise TemplateFailed(f"more than {MOST_STEPS} steps: fewer rounds, or less text in them")


def counting(tree: nodes.Template) -> None:
    """Have a template charge what it does."""
    loops = tuple(tree.find_all(nodes.For))
    for node in tuple(tree.find_all(_READING)):
        _charge_reading(node)
    for loop in loops:
        steps = [nodes.Const(sum(map(_steps, (*loop.body, *loop.else_, *([loop.test] if loop.test else [])))))]
        loop.iter = nodes.Filter(loop.iter, _ROUNDS, steps, [], None, None, lineno=loop.lineno)


def _steps(node: nodes.Node) -> int:
    """Of one round, loops inside aside: those charge their own."""
    if isinstance(node, nodes.For):
        return 1 + _steps(node.iter)
    return (CALL if isinstance(node, nodes.Call) else 1) + sum(map(_steps, node.iter_child_nodes()))


def _charge_reading(node: Any) -> None:
    if isinstance(node, nodes.Compare | nodes.Operand):
        node.expr = _charged(node.expr)
        return
    if not isinstance(node, nodes.Call) and node.node is not None:
        node.node = _charged(node.node)
    node.args = [_charged(each) for each in node.args]
    for each in node.kwargs:
        each.value = _charged(each.value)


def _charged(read: nodes.Expr) -> nodes.Expr:
    return read if isinstance(read, nodes.Const) else nodes.Filter(read, _READ, [], [], None, None, lineno=read.lineno)


@pass_context
def _rounds(context: Context, value: Any, steps: int) -> Any:
    """What a loop goes over, when there are rounds left for it."""
    if isinstance(value, Undefined):
        return value
    if not isinstance(value, list | range | Mapping):
        raise TemplateFailed(f"a loop over {type(value).__name__}: it goes over fields(…), range(…) or a list")
    context.resolve(SPENT).rounds(len(value), steps)
    return value


@pass_context
def _read(context: Context, value: Any) -> Any:
    """What is worked through, when there are steps left for it."""
    if isinstance(value, str | list):
        context.resolve(SPENT).steps(_length(value) // LETTERS)
    return value


def _length(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    return LETTERS + sum(map(_length, value)) if isinstance(value, list) else LETTERS


FILTERS: Mapping[str, Any] = {_ROUNDS: _rounds, _READ: _read}
