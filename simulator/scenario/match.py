"""Whether a rule fits a message. A match is "no differences", so that why nothing matched is answered for free."""

from __future__ import annotations

from simulator.asexml.model import ReceivedTransaction, View
from simulator.scenario.model import Rule


def differences(rule: Rule, sender: str, transaction: ReceivedTransaction) -> tuple[str, ...]:
    """Every criterion of a rule that a transaction does not meet, in words; empty when it matches."""
    match = rule.message
    found = []
    if match.transaction is not None and match.transaction != transaction.name:
        found.append(f"transaction is {transaction.name}, not {match.transaction}")
    if match.sender is not None and match.sender != sender:
        found.append(f"from is {sender}, not {match.sender}")
    for path, wanted in match.fields.items():
        texts = field_texts(transaction.view, path)
        if wanted not in texts:
            is_what = f"is {', '.join(map(repr, texts[:5]))}" if texts else "is not there"
            found.append(f"{path} {is_what}, not {wanted!r}")
    return tuple(found)


def field_texts(view: View, path: str) -> tuple[str, ...]:
    """The texts of every element of that path, at any depth: ``NMI``, ``MasterData/Status``, ``NMI/@checksum``."""
    elements, _, attribute = path.partition("/@")
    found = view.all(f".//{elements}")
    texts = (each.attribute(attribute) if attribute else each.text() for each in found)
    return tuple(text.strip() for text in texts if text is not None)
