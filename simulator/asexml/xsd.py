"""The only place that turns our content tables into an XML schema (W3C XSD 1.0), so that validation runs in C.

Types live in the namespace of the release, elements have none, as in aseXML itself. The result is our own work made
from our own tables; it has no relation to AEMO's schema files beyond describing the same messages.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

from simulator.asexml import content, releases
from simulator.asexml.notation import Attribute, Group, Leaf, Model

_XS = "http://www.w3.org/2001/XMLSchema"
_BUILT_IN = {"boolean", "date", "dateTime", "time", "integer", "decimal"}
_ANY = '<xs:sequence><xs:any processContents="skip" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>'
_ANY_ATTRIBUTE = '<xs:anyAttribute processContents="skip"/>'
_VERSIONED = re.compile(r"\w+(ReportParameters|ReportFormat|Row|RequestData|StandingData)")


def schema(release: str) -> bytes:
    """The XML schema of a release's messages, for `lxml.etree.XMLSchema`."""
    held = content.content(release)
    versions = releases.versions(release)
    parts = [
        f'<xs:schema xmlns:xs="{_XS}" xmlns:a={quoteattr(releases.namespace(release))}'
        f" targetNamespace={quoteattr(releases.namespace(release))}>",
        '<xs:element name="aseXML" type="a:aseXML"/><xs:element name="Event" type="a:Event"/>',
    ]
    parts += [_simple(name, rule) for name, rule in held.simple.items()]
    parts += [_complex(name, model, versions.get(name)) for name, model in held.models.items()]
    parts.append("</xs:schema>")
    return "".join(parts).encode()


def _complex(name: str, model: Model, version: str | None) -> str:
    abstract = ' abstract="true"' if model.abstract else ""
    attributes = "".join(map(_attribute, model.attributes)) + _version(name, version)
    if model.text is not None:
        inner = f'<xs:simpleContent><xs:extension base="a:{model.text}">{attributes}</xs:extension></xs:simpleContent>'
    elif model.open:
        inner = _extension(model, _ANY, attributes + _ANY_ATTRIBUTE)
    else:
        inner = _extension(model, _group(model.content), attributes)
    mixed = ' mixed="true"' if model.open and model.base is None else ""
    return f'<xs:complexType name="{name}"{abstract}{mixed}>{inner}</xs:complexType>'


def _extension(model: Model, group: str, attributes: str) -> str:
    if model.base is None:
        return group + attributes
    extension = f'<xs:extension base="a:{model.base}">{group}{attributes}</xs:extension>'
    return f"<xs:complexContent>{extension}</xs:complexContent>"


def _version(name: str, version: str | None) -> str:
    if version is not None:
        return (
            '<xs:attribute name="version"><xs:simpleType><xs:restriction base="xs:string">'
            f'<xs:enumeration value="{version}"/></xs:restriction></xs:simpleType></xs:attribute>'
        )
    carries = name in content.TRANSACTIONS or (_VERSIONED.fullmatch(name) and not _is_base(name))
    return '<xs:attribute name="version" type="a:ReleaseIdentifier"/>' if carries else ""


def _is_base(name: str) -> bool:
    return name in ("BaseRow", "DatedRow", "NMIStandingData", "VerifyRequestData")


def _attribute(attribute: Attribute) -> str:
    use = ' use="required"' if attribute.required else ""
    return f'<xs:attribute name="{attribute.name}" type="{_type(attribute.type)}"{use}/>'


def _occurs(part: Leaf | Group) -> str:
    low = "" if part.low == 1 else f' minOccurs="{part.low}"'
    high = "" if part.high == 1 else f' maxOccurs="{"unbounded" if part.high is None else part.high}"'
    return low + high


def _group(group: Group) -> str:
    kind = "choice" if group.choice else "sequence"
    inner = "".join(_leaf(part) if isinstance(part, Leaf) else _group(part) for part in group.parts)
    return f"<xs:{kind}{_occurs(group)}>{inner}</xs:{kind}>"


def _leaf(leaf: Leaf) -> str:
    nillable = ' nillable="true"' if leaf.nillable else ""
    return f'<xs:element name="{leaf.name}" type="{_type(leaf.type)}"{_occurs(leaf)}{nillable}/>'


def _type(name: str) -> str:
    return f"xs:{name}" if name in _BUILT_IN else f"a:{name}"


def _simple(name: str, rule: str) -> str:
    kind, _, rest = rule.partition(" ")
    if name in _BUILT_IN:
        return ""
    inner = _FACETS[kind](rest)
    return f'<xs:simpleType name="{name}">{inner}</xs:simpleType>'


def _restriction(base: str, facets: str) -> str:
    return f'<xs:restriction base="xs:{base}">{facets}</xs:restriction>'


def _text(rest: str) -> str:
    if not rest:
        return _restriction("string", "")
    low, dots, high = rest.partition("..")
    if not dots:
        return _restriction("string", f'<xs:length value="{low}"/>')
    least = f'<xs:minLength value="{low}"/>' if low else ""
    return _restriction("string", f'{least}<xs:maxLength value="{high}"/>')


def _range(rest: str) -> str:
    low, _, high = rest.partition("..")
    least = f'<xs:minInclusive value="{low}"/>' if low else ""
    return least + (f'<xs:maxInclusive value="{high}"/>' if high else "")


def _decimal(rest: str) -> str:
    digits, _, bounds = rest.partition(" ")
    total, _, fraction = digits.partition(".")
    limits = f'<xs:totalDigits value="{total}"/><xs:fractionDigits value="{fraction}"/>' if digits else ""
    return _restriction("decimal", limits + _range(bounds))


def _one_of(rest: str) -> str:
    values = rest.removeprefix("of ").split(", ")
    return _restriction("string", "".join(f"<xs:enumeration value={quoteattr(value)}/>" for value in values))


def _integer(rest: str) -> str:
    return _restriction("integer", _range(rest))


def _pattern(rest: str) -> str:
    return _restriction("string", f"<xs:pattern value={quoteattr(rest)}/>")


def _either(rest: str) -> str:
    members = " ".join(f"xs:{name}" for name in rest.split(", "))
    return f'<xs:union memberTypes="{members}"/>'


_FACETS = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "one": _one_of,
    "pattern": _pattern,
    "either": _either,
}
