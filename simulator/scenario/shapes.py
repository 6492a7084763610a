"""Lists and mappings of a scenario file, and the keys a mapping may have. The only place that finds an unknown key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import force_setattr, replace
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from simulator.scenario.kinds import FORMS, WRONG, Json, Kind, Text, bad, misplaced
from simulator.scenario.mistakes import Notes, listed, nearest, shown


class Fields(dict[str, Any]):
    """What stands under the keys of one mapping, without what was wrong; ``node`` remembers where."""

    __slots__ = ("node",)

    def __init__(self, node: MappingNode) -> None:
        super().__init__()
        self.node = node

    def at(self, key: str) -> Node:
        """The node of the value under a key, the mapping itself when the key is not there."""
        return next((value for name, value in self.node.value if name.value == key), self.node)

    def key(self, name: str) -> Node:
        """The node of a key itself, the mapping when the key is not there."""
        return next((key for key, _ in self.node.value if key.value == name), self.node)


class ListOf(msgspec.Struct, frozen=True):
    """A list of one kind."""

    kind: Kind
    least: int = 0

    def read(self, node: Node, notes: Notes) -> Any:
        """A `list`, without what was wrong."""
        if type(node) is not SequenceNode or node.tag:
            return misplaced(
                node, notes, f"a list: [{node.value}]" if type(node) is ScalarNode else "a list: [..., ...]"
            )
        if len(node.value) < self.least:
            return bad(node, notes, "an empty list", "name at least one")
        read, kind = [], self.kind
        for item in node.value:
            value = kind.read(item, notes)
            if value is not WRONG:
                read.append(value)
        return read

    def schema(self) -> Json:
        """An array."""
        return {"type": "array", "items": self.kind.schema()} | ({"minItems": self.least} if self.least else {})


class MapOf(msgspec.Struct, frozen=True):
    """A mapping from names of one kind to values of another, at least so many."""

    name: Text
    kind: Kind
    least: int = 0

    def read(self, node: Node, notes: Notes) -> Any:
        """A `Fields`."""
        if type(node) is not MappingNode or node.tag:
            return misplaced(node, notes, "keys with values")
        if len(node.value) < self.least:
            return bad(node, notes, "nothing named", "name at least one")
        return read_keys(node, notes, lambda key: self.kind if self.name.read(key, notes) is not WRONG else None)

    def schema(self) -> Json:
        """An object with any properties of that name."""
        made = {"type": "object", "propertyNames": self.name.schema(), "additionalProperties": self.kind.schema()}
        return made | ({"minProperties": self.least} if self.least else {})


class ByForm(msgspec.Struct, frozen=True):
    """Different kinds by the form of what is written: a single value, a list, or keys with values."""

    scalar: Kind | None = None
    sequence: Kind | None = None
    mapping: Kind | None = None

    def read(self, node: Node, notes: Notes) -> Any:
        """What the kind for that form reads."""
        forms: dict[type[Node], Kind | None] = {
            ScalarNode: self.scalar,
            SequenceNode: self.sequence,
            MappingNode: self.mapping,
        }
        kind = forms[type(node)]
        if kind is not None:
            return kind.read(node, notes)
        return misplaced(node, notes, " or ".join(FORMS[form] for form, kind in forms.items() if kind is not None))

    def schema(self) -> Json:
        """Any of them."""
        return {"anyOf": [kind.schema() for kind in (self.scalar, self.sequence, self.mapping) if kind is not None]}


class Key(msgspec.Struct, frozen=True):
    """One key: its name, the kind of its value, what it is for, and an example of its value."""

    name: str
    kind: Kind
    doc: str
    required: bool = False
    example: Any = None
    spellings: tuple[str, ...] = ()


class Shape(msgspec.Struct, frozen=True):
    """A mapping with known keys. ``later`` are the keys that a later version brings; ``needs``: a key needs another.

    ``least`` is how many keys there must be at least, ``most`` at most; of every group of ``one_of`` exactly one, of
    ``any_of`` one or more.
    """

    name: str
    keys: tuple[Key, ...]
    later: Mapping[str, str] = msgspec.field(default_factory=dict)
    needs: tuple[tuple[str, str], ...] = ()
    least: int = 0
    most: int = 1000
    one_of: tuple[tuple[str, ...], ...] = ()
    any_of: tuple[str, ...] = ()
    _named: dict[str, Key] = msgspec.field(default_factory=dict)
    """Every spelling of every key; made of ``keys``, whatever is given."""

    def __post_init__(self) -> None:
        force_setattr(self, "_named", {name: key for key in self.keys for name in (key.name, *key.spellings)})

    def read(self, node: Node, notes: Notes) -> Any:
        """A `Fields` with what was right."""
        if type(node) is not MappingNode or node.tag:
            return misplaced(node, notes, f"keys with values: {listed(key.name for key in self.keys[:6])}")
        read = read_keys(node, notes, lambda key: self._known(key, notes))
        self._check_presence(node, notes)
        return read

    def _known(self, node: ScalarNode, notes: Notes) -> Kind | None:
        key = self._named.get(node.value)
        if key is not None:
            return key.kind
        if node.value in self.later:
            what = f"not yet: {node.value!r} comes with {self.later[node.value]}"
            notes.add(node, what, "leave it out until then")
        else:
            notes.add(
                node,
                f"unknown key {shown(node.value)} in {self.name}",
                nearest(node.value, [each.name for each in self.keys]),
            )
        return None

    def _check_presence(self, node: MappingNode, notes: Notes) -> None:
        there = {key.value for key, _ in node.value if type(key) is ScalarNode}
        if there & self.later.keys():
            return
        for key in self.keys:
            if key.required and key.name not in there:
                notes.add(node, f"{self.name} without {key.name!r}", f"add '{key.name}: {_written(key.example)}'")
        for key_name, needed in self.needs:
            if key_name in there and needed not in there:
                notes.add(node, f"{key_name!r} without {needed!r}", f"add {needed!r}")
        for group in self.one_of:
            self._check_one(node, [name for name in group if name in there], group, notes)
        if self.any_of and not there.intersection(self.any_of):
            self._check_one(node, [], self.any_of, notes)
        if not self.least <= len(node.value) <= self.most:
            count = "one" if self.most == 1 else "at least one"
            notes.add(
                node,
                f"{len(node.value)} keys in {self.name}",
                f"write {count} of {listed(each.name for each in self.keys)}",
            )

    def _check_one(self, node: MappingNode, there: list[str], group: tuple[str, ...], notes: Notes) -> None:
        if not there:
            notes.add(node, f"{self.name} without {' or '.join(map(repr, group))}", "add one of them")
        elif len(there) > 1:
            notes.add(node, f"{' and '.join(map(repr, there))} in {self.name}", "keep one of them")

    def schema(self) -> Json:
        """An object with exactly these properties."""
        properties = {}
        for name, key in self._named.items():
            described = {"description": key.doc} | ({} if key.example is None else {"examples": [key.example]})
            properties[name] = key.kind.schema() | described
        made: Json = {"type": "object", "properties": properties, "additionalProperties": False}
        made |= {"minProperties": self.least} if self.least else {}
        made |= {"maxProperties": self.most} if self.most < len(properties) else {}
        required = [key.name for key in self.keys if key.required]
        made |= {"required": required} if required else {}
        groups = [{"oneOf": [{"required": [name]} for name in group]} for group in self.one_of]
        groups += [{"anyOf": [{"required": [name]} for name in self.any_of]}] if self.any_of else []
        made |= {"allOf": groups} if groups else {}
        return made | ({"dependentRequired": {key: [needed] for key, needed in self.needs}} if self.needs else {})


def demanding(shape: Shape, *names: str) -> Shape:
    """The same mapping with these keys required."""
    keys = (replace(key, required=key.required or key.name in names) for key in shape.keys)
    return replace(shape, keys=tuple(keys))


def _written(example: Any) -> str:
    return f"[{listed(example)}]" if isinstance(example, list) else str(example)


def read_keys(node: MappingNode, notes: Notes, kind_of: Callable[[ScalarNode], Kind | None]) -> Fields:
    """Read a mapping key by key; a key twice, or one that is no text, is a mistake."""
    read = Fields(node)
    seen: dict[str, Node] = {}
    for key, value in node.value:
        name = key.value
        if type(key) is not ScalarNode or key.tag:
            notes.add(key, "a key that is no text", "write a name before the colon")
        elif name in seen:
            notes.add(key, f"{shown(name)} a second time", f"the first is in line {seen[name].start_mark.line + 1}")
        else:
            seen[name] = key
            kind = kind_of(key)
            found = WRONG if kind is None else kind.read(value, notes)
            if found is not WRONG:
                read[name] = found
    return read
