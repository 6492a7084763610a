"""Rules are looked up, never gone through: what answers is what going through them one by one would have answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from rules_drawn import MESSAGES, NOW, Nobody, facts, played, rule_sets

from simulator.asexml.model import Header, Message, Transaction, View, element
from simulator.scenario import elements, index, pattern_literals, pattern_parts, pattern_set, patterns, xpaths
from simulator.scenario.bits import bits, places
from simulator.scenario.criteria import Absent, Matches, MessageMatch, NetstreamMatch
from simulator.scenario.equations import (
    Begins,
    Compares,
    Holds,
    Implied,
    Other,
    Present,
    conditions,
    cut_from,
    equations,
)
from simulator.scenario.facts import MessageFacts, OutgoingFacts, Question, RequestFacts
from simulator.scenario.index import Asking, Index
from simulator.scenario.match import Look, criteria, unmet
from simulator.scenario.model import Rule, Where
from simulator.scenario.pattern_set import FEW, PatternSet
from simulator.scenario.tables import Beginning, Holding, Numbers


class Walked(Index):
    """The reference: every rule is a candidate, one after the other."""

    def candidates(self, look: Look) -> Sequence[Asking]:
        return self._rules


# Patterns

ATOMS = st.sampled_from(
    ["a", "b", "1", ".", "[ab]", "[^a]", r"\d", r"\w", r"\s", r"\.", "(a|b1)", "(ab)", "(a?b)", "()"]
)
TIMES = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"])
ROWS = st.lists(st.tuples(ATOMS, TIMES).map("".join), max_size=4).map("".join)
ANCHORED = st.tuples(st.sampled_from(["", "", "^"]), ROWS, st.sampled_from(["", "", "$"])).map("".join)
PATTERNS = st.lists(ANCHORED, min_size=1, max_size=2).map("|".join).filter(lambda each: patterns.problem(each) is None)
TEXTS = st.text("ab1. \n", max_size=8)


def asked_together(written: Sequence[str]) -> PatternSet:
    """Each for a rule of its own, at its place."""
    return PatternSet({pattern: [place] for place, pattern in enumerate(written)})


@given(st.lists(PATTERNS, max_size=8, unique=True), st.lists(TEXTS, max_size=6))
@example([".*", ".*a", "a.*", "(a*)*", "(a|b1)*1"], ["", "a", "b1", "\n", "a\n", "ab1" * 30])
@example(["a", "^a$", "$", "^", ""], ["", "a", "a\n", "\n"])
def test_patterns_asked_together_match_what_each_matches_by_itself(written: list[str], texts: list[str]) -> None:
    for shortest in (1, patterns.LONGEST_PATTERN):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(pattern_literals, "SHORTEST", shortest)
            together = asked_together(written)
        for text in texts:
            found = set(places(together.matching(text)))
            right = {number for number, pattern in enumerate(written) if patterns.fits(pattern, text)}
            assert right <= found
            assert shortest == 1 or len(found - right - set(places(together.alone))) <= 2 * FEW


@pytest.mark.parametrize(
    ("pattern", "begins", "ends", "inside"),
    [
        ("4102.*", "4102", "", "4102"),
        (".*567$", "", "567", "567"),
        (".*0203.*", "", "", "0203"),
        ("(41|63)7.*", "417 637", "", "417 637"),
        ("(41|6.)7.*", "", "", ""),
        ("[2-4]17[0-9]{5}", "217 317 417", "", "217 317 417"),
        ("[^2]17[a-z]", "", "", ""),
        (r"(a|\d)bcd", "", "abcd bcd", ""),
        ("a?bcd*", "", "", ""),
        ("(abc)+x", "abc", "abcx", "abc"),
        ("abc|x", "", "", ""),
        ("abc|[A-Z]bcd", "", "abc bcd", "abc bcd"),
        ("[0-9]+(abc|bcd).+", "", "", "abc bcd"),
        ("[]a]bc", "]bc abc", "]bc abc", "]bc abc"),
        ("[é]abc", "", "abc", "abc"),
        ("a{300}", "a" * 12, "a" * 12, "a" * 12),
    ],
)
def test_letters_that_a_text_cannot_be_without(pattern: str, begins: str, ends: str, inside: str) -> None:
    told = pattern_literals.literals(pattern_parts.parts(pattern))
    assert [set(each.split()) for each in (begins, ends, inside)] == [set(each) for each in told]


def test_patterns_that_share_their_letters_are_read_together() -> None:
    together = asked_together([f"abc[0-9]{{{n}}}x" for n in range(1, 10)])
    assert list(places(together.matching("abc123x"))) == [2]


@pytest.mark.parametrize(
    ("pattern", "text"), [("a^b", "ab"), ("(^a)", "a"), ("a$b", "ab"), ("(a|b$)", "b"), ("(([a-z]{9}){9}){99}", "a")]
)
def test_a_pattern_that_cannot_stand_with_others_is_told_to_be_tried_alone(pattern: str, text: str) -> None:
    together = asked_together(["[0-9]", pattern, text])
    assert list(places(together.alone)) == [1]
    assert list(places(together.matching(text))) == [1, 2]


def test_patterns_beyond_what_is_held_together_are_tried_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_set, "MOST_IN_ALL", 5)
    together = asked_together([f"{n}[a-z]c" for n in range(9)])
    assert list(places(together.alone)) == [2, 3, 4, 5, 6, 7, 8]
    assert together.matching("1abc") == bits([1]) | together.alone


def test_what_was_found_out_is_forgotten_and_found_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    written = [f"[0-9]*{n}[0-9]{{{n}}}x" for n in range(10)]
    texts = [f"{n * 7919:06d}x" for n in range(60)]
    kept = [asked_together(written).matching(text) for text in texts]
    monkeypatch.setattr(pattern_set, "MOST_HELD", 20)
    small = asked_together(written)
    assert [small.matching(text) for text in texts] == kept


def test_a_text_longer_than_any_pattern_takes_is_found_by_none() -> None:
    assert not asked_together([".*", "a*"]).matching("a" * (patterns.LONGEST_TEXT + 1))


# Tables
COMPARED = {"<": float.__lt__, "<=": float.__le__, "=": float.__eq__, ">=": float.__ge__, ">": float.__gt__}


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=8), st.text("ab", max_size=6), st.sampled_from([0, 50]))
@example(["ab", "b"], "aab", 50)
def test_parts_of_a_text_are_found_wherever_they_are_in_it(written: list[str], text: str, others: int) -> None:
    """Whether each is looked for, or each part of the text is looked up, as where many more are wanted."""
    standing = [(part, place) for place, part in enumerate(written + [f"c{number}" for number in range(others)])]
    inside = [place for part, place in standing if part in text]
    assert list(places(Holding(standing).left(text))) == inside
    assert list(places(Beginning(standing).left(text))) == [at for part, at in standing if text.startswith(part)]


@given(
    st.lists(st.tuples(st.sampled_from(["<", "<=", "=", ">=", ">"]), st.sampled_from([-1.0, -0.0, 0.0, 0.5, 1.0])))
    | st.lists(st.tuples(st.sampled_from(["<", ">", ">="]), st.integers(0, 9).map(float)), min_size=40, max_size=90),
    st.sampled_from(["-1.0", "0.0", "-0.0", "0.5", "0.7", "2.0", "7.0", "inf", "-inf", "nan"]),
)
def test_numbers_are_compared_as_each_rule_wants_it(written: list[tuple[str, float]], text: str) -> None:
    standing = [(sign, number, place) for place, (sign, number) in enumerate(written)]
    right = [place for sign, number, place in standing if COMPARED[sign](float(text), number)]
    assert list(places(Numbers(standing).left(text))) == right


# XPath
EACH_OF_TWO = [("//A/B", Compares("=", 1)), ("//A/C", Present())]
SUBSTRING = [("substring(normalize-space(//A), 1, 2)", "1"), ("//A", Holds("1"))]


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("//NMI = '1'", [("//NMI", "1")]),
        ("'1' = A/B", [("A/B", "1")]),
        ("//NMI[. = '1']", [("//NMI/.", "1")]),
        ("//Role[Party = 'A' and @x = \"2\"]/Code", [("//Role/Party", "A"), ("//Role/@x", "2")]),
        ("//A = '1' and count(B) > 1 and C", [("//A", "1"), ("count(B)", Compares(">", 1)), ("C", Present())]),
        ("//A = '1' or B = '2'", []),
        ("//A | B", []),
        ("//A[B = '1'] = false()", []),
        ("//A[B = '1' or C]", []),
        ("not(//A = '1')", [("//A", Other("1"))]),
        ("not('1' = A/B) and //C", [("A/B", Other("1")), ("//C", Present())]),
        ("not(//A)", [("//A", Absent())]),
        ("not(not(//A))", []),
        ("not(//A and B)", []),
        ("not(//A[B = '1'])", []),
        ("contains(//A, '1')", [("//A", Holds("1"))]),
        ("contains(//A, '')", []),
        ("contains('1', //A)", []),
        ("contains(//A[B = '1'], '2')", [("//A[B = '1']", Holds("2")), ("//A/B", "1")]),
        ("contains(normalize-space(//A), '2')", [("normalize-space(//A)", Holds("2")), ("//A", Holds("2"))]),
        ("contains(translate(//A, '1', '2'), '2')", [("translate(//A, '1', '2')", Holds("2"))]),
        ("starts-with(substring(//A, 2), ' x')", [("substring(//A, 2)", Begins(" x")), ("//A", Holds(" x"))]),
        ("contains(count(//A), '2')", []),
        ("starts-with(A/@x, '1')", [("A/@x", Begins("1"))]),
        ("starts-with(//A, '1') or B", []),
        ("starts-with(//A, '1') = false()", []),
        ("//A", [("//A", Present())]),
        ("//A[not(B)]", []),
        ("//A[not(B = '1') and contains(C, '2')]", [("//A/C", Holds("2"))]),
        ("true()", []),
        ("count(//A)", []),
        ("//A != '1'", []),
        ("string(//A) = '1'", [("string(//A)", "1"), ("//A", Holds("1"))]),
        ("string(//A[B]) = '1'", [("string(//A[B])", "1"), ("//A[B]", Holds("1")), ("//A/B", Present())]),
        ("normalize-space(//A) = '1 2'", [("normalize-space(//A)", "1 2")]),
        ("substring(normalize-space(//A), 1, 2) = '1'", SUBSTRING),
        ("not(string(//A) = '1')", [("string(//A)", Other("1"))]),
        ("concat(//A, B) = '1'", [("concat(//A, B)", "1")]),
        ("count(//A) = '1'", []),
        ("boolean(//A) = 1", []),
        ("//A > -1.5", [("//A", Compares(">", -1.5))]),
        ("3 >= A/@x", [("A/@x", Compares("<=", 3))]),
        ("3 > A", [("A", Compares("<", 3))]),
        ("3 <= A", [("A", Compares(">=", 3))]),
        ("3 < A and 4 = A", [("A", Compares(">", 3)), ("A", Compares("=", 4))]),
        ("//A[B <= 2]/C", [("//A/B", Compares("<=", 2))]),
        ("//A[position() = 2 and B + 1 > 2 and -B < 2 and string(B) = '1']", [("//A/B", Holds("1"))]),
        ("//A[B = 1 and C]/D < 2", [("//A[B = 1 and C]/D", Compares("<", 2)), *EACH_OF_TWO]),
        ("//A[B = 1][2]/../E[C]", []),
        ("//A[B = 1][2][C]/E/..", EACH_OF_TWO),
        ("//A[B = '1']/C = '2'", [("//A[B = '1']/C", "2"), ("//A/B", "1")]),
        ("not(//A[B = '1']/C = '2')", [("//A[B = '1']/C", Other("2"))]),
        ("//A/text()[. = '1']", []),
        ("(//A = '1' and B) and (C or D)", [("//A", "1"), ("B", Present())]),
        ("(//A)[B = '1']", []),
        ("boolean(//A = '1')", [("//A", "1")]),
        ("A(]", []),
        ("//A + B > 2", [("//A + B", Compares(">", 2))]),
        ("A * B > 2", []),
        ("A < B", []),
        ("1 < 2 < 3", []),
        ("//A > 1 = true()", []),
        ("(//A > 1) = 1", []),
        ("//A != 1", []),
        ("not(//A > 1)", []),
        ("not(B or //A = '1')", []),
        ("not(B | //A = '1')", []),
        ("A * B = '1'", []),
        ("//A = 1", [("//A", Compares("=", 1))]),
        ("//A[", []),
        ("//mod[x = '1']", []),
        (".. and not(./..) and ../.. > 1 and contains(.., '1') and ../A = '1'", []),
        ("string(..) = '1'", [("string(..)", "1")]),
        ("//A[B = '1']/../C", [("//A/B", "1")]),
    ],
)
def test_equations_are_read_where_they_are_certain(expression: str, told: list[tuple[str, str]]) -> None:
    assert list(equations(expression)) == told


def holds(wanted: Implied, texts: tuple[str, ...]) -> bool:
    """The reference."""
    if isinstance(wanted, Compares):
        return any(COMPARED[wanted.sign](float(text), wanted.number) for text in texts)
    if isinstance(wanted, Present | Absent):
        return bool(texts) is isinstance(wanted, Present)
    if isinstance(wanted, Other):
        return wanted.text not in texts
    if isinstance(wanted, Begins):
        return any(text.startswith(wanted.text) for text in texts)
    return any(wanted.text in text for text in texts) if isinstance(wanted, Holds) else wanted in texts


STEPS = st.sampled_from(["A", "//A", "A/B", "//A/B", ".//B", "*", "//B/@x", "B", ".", "*/B", "..", "//A/.."])
WANTED = st.sampled_from(["'1'", "'2'", "''", "' 1'", "1", "//B", "'12'"])
EQUATIONS = st.tuples(STEPS, st.sampled_from([" = ", " != "]), WANTED).map("".join)
INSIDE = st.builds(
    str.format,
    st.sampled_from(["{0}='1'", "not({0}='1')", "not({0})", "contains({0}, '1')", "{0}", "starts-with({0}, '1')"]),
    st.sampled_from(["B", ".", "@x", "A", "*"]),
)
CONDITIONS = st.builds("{}[{}]{}".format, STEPS, INSIDE, st.sampled_from(["", "", "/B", "[1]", "/B = '1'", "/B > 1"]))
CALLS = st.builds(
    str.format, st.sampled_from(["contains({}, '1')", "starts-with({}, '1')", "contains({}, '21')", "{}"]), STEPS
)
NUMBERED = st.builds(
    str.format,
    st.sampled_from(["{0} {1} {2}", "{2} {1} {0}", "{0} + 1 {1} {2}", "{0}[@x {1} {2}]", "string-length({0}) {1} {2}"]),
    STEPS,
    st.sampled_from(["<", "<=", "=", "!=", ">=", ">"]),
    st.sampled_from(["1", "2.0", "-1", "11", "0"]),
)
MADE = st.builds(
    str.format,
    st.sampled_from(["{} = '1'", "'21' = {}", "contains({}, '1')", "starts-with({}, '2')", "{} > 1", "{} != '1'"]),
    st.builds(
        str.format,
        st.sampled_from(
            [
                "substring({}, 2)",
                "substring(normalize-space({}), 1, 1)",
                "normalize-space({})",
                "substring-before({}, '1')",
                "substring-after({}, '2')",
                "concat({}, '1')",
                "translate({}, '1', '2')",
                "sum({})",
            ]
        ),
        STEPS,
    ),
)
ONES = st.one_of(EQUATIONS, CONDITIONS, CALLS, NUMBERED, MADE, STEPS)
PIECES = st.one_of(ONES, st.just("count(//B) > 1"), ONES.map("not({})".format))
XPATHS = st.lists(PIECES, min_size=1, max_size=3).flatmap(
    lambda pieces: st.sampled_from([" and ", " or "]).map(lambda word: word.join(pieces))
)
XPATHS = XPATHS.filter(lambda each: xpaths.problem(each) is None)
TREES = st.recursive(
    st.builds(
        "<{0} x='{1}'>{2}</{0}>".format,
        st.sampled_from("AB"),
        st.sampled_from("12"),
        st.sampled_from(["1", " 1", "2", ""]),
    ),
    lambda inner: st.builds("<{0} x='{1}'>{2}1</{0}>".format, st.sampled_from("AB"), st.just("1"), inner),
    max_leaves=3,
)


@given(XPATHS, st.lists(TREES, max_size=3))
def test_what_an_xpath_cannot_be_without_is_there_wherever_it_holds(expression: str, trees: list[str]) -> None:
    view = View(etree.fromstring(f"<CATSChangeRequest>{''.join(trees)}</CATSChangeRequest>"))
    if any(text not in ("", "false") for text in xpaths.select(view, expression)):
        for path, wanted in equations(expression):
            texts = xpaths.numbers if isinstance(wanted, Compares) else xpaths.values
            assert holds(wanted, texts(view, path))
    if xpaths.select(view, expression):
        for path, wanted in conditions(expression):
            texts = xpaths.numbers if isinstance(wanted, Compares) else xpaths.values
            assert holds(wanted, texts(view, path))


@given(MADE.map(lambda each: each.partition(" = ")[0]), st.lists(TREES, max_size=3), PATTERNS)
def test_letters_of_what_is_cut_from_a_text_are_in_it(expression: str, trees: list[str], pattern: str) -> None:
    view = View(etree.fromstring(f"<CATSChangeRequest>{''.join(trees)}</CATSChangeRequest>"))
    for made in xpaths.select(view, expression):
        for letters in (made, pattern_set.held(pattern) if patterns.fits(pattern, made) else ""):
            for path, wanted in cut_from(expression, letters):
                assert holds(wanted, xpaths.values(view, path))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("//NMI", "NMI"),
        ("A/B/@x", "B"),
        ("//A/*", "A"),
        ("//A/.", "A"),
        ("//A/..", None),
        ("//A/../B", None),
        ("//*", None),
        (".", None),
        ("//@x", None),
        ("count(//A)", None),
        ("//A-1", "A-1"),
        ("//A*2", None),
        ("2-1", None),
        ("-1.5", None),
    ],
)
def test_the_element_without_which_a_path_finds_nothing(path: str, name: str | None) -> None:
    assert elements.element(("xpath values", path)) == name
    assert elements.element(("sender", path)) is None


# Rules


@settings(max_examples=100)
@given(rule_sets(), st.lists(MESSAGES, min_size=1, max_size=6), st.sampled_from([0, 1, 8]))
def test_the_rule_that_answers_is_the_first_of_the_file(
    rules: tuple[Rule, ...], asked: list[MessageFacts], few: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(index, "Index", Walked)
        right = played(rules, asked)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(elements, "FEW", few)
        assert played(rules, asked) == right


PAYLOADS = st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["1", "21", "2"])), max_size=2)


@given(st.lists(XPATHS, min_size=1, max_size=4), st.lists(PAYLOADS, max_size=3))
@example(["not(//A)"], [[("A", "1")], []])
@example(["not(A = '1') and B"], [[("A", "1")], [("B", "2")]])
def test_of_several_transactions_one_is_enough_that_is_as_an_xpath_wants_it(
    expressions: list[str], payloads: list[list[tuple[str, str]]]
) -> None:
    rules = [Rule(each, Where("f.yaml", 1), outgoing=MessageMatch(xpath={each: None})) for each in expressions]
    told = [element("CATSNotification", *(element(name, text) for name, text in each)) for each in payloads]
    sent = tuple(Transaction(f"T-{place}", NOW, each) for place, each in enumerate(told))
    look = Look(OutgoingFacts("A1", Message("r46", Header("NEMMCO", "A1", "M-1", NOW, "CATS", "High"), sent)), Nobody())
    outgoing = index.Indexes(rules).outgoing
    found = [each.rule for each in outgoing.candidates(look) if each.fits(look)]
    assert found == [rule for rule in rules if not unmet(criteria(rule), look)]


KINDS: dict[str, Callable[[int], MessageMatch]] = {
    "text": lambda n: MessageMatch(fields={"NMI": f"4{n:03d}"}),
    "pattern": lambda n: MessageMatch(fields={"NMI": Matches(f"[0-9]{n:03d}")}),
    "element": lambda n: MessageMatch(fields={f"Other{n}": Matches(".*")}),
    "absent": lambda n: MessageMatch(fields={"NMI": Absent(), f"Other{n}": Absent()}),
    "equation": lambda n: MessageMatch(xpath={f"//NMI = '4{n:03d}'": None}),
    "inside": lambda n: MessageMatch(xpath={f"contains(//NMI, '{n:03d}')": None}),
    "begin": lambda n: MessageMatch(xpath={f"starts-with(//NMI, '4{n:03d}')": None}),
    "path": lambda n: MessageMatch(xpath={f"//Other{n}": None}),
    "path absent": lambda n: MessageMatch(xpath={"not(//NMI)": None, f"not(//Other{n})": None}),
    "not that, and begin": lambda n: MessageMatch(
        xpath={f"not(//NMI = '4{n:03d}')": None, f"starts-with(//NMI, '4{n:03d}')": None}
    ),
    "begin, and inside": lambda n: MessageMatch(
        xpath={"starts-with(//NMI, '5')": None, f"contains(//NMI, 'x{n}')": None}
    ),
    "more": lambda n: MessageMatch(xpath={f"string-length(//NMI) > {n + 2}": None}),
    "less": lambda n: MessageMatch(xpath={f"count(//NMI) < {1 - n}": None}),
    "as many": lambda n: MessageMatch(xpath={f"//NMI = {n}": None}),
    "something cut off": lambda n: MessageMatch(xpath={f"substring(//NMI, 1, {n})": Matches("x[0-9]")}),
    "something cut off, a text": lambda n: MessageMatch(xpath={f"substring(//NMI, {n}) = '{n:03d}'": None}),
    "condition": lambda n: MessageMatch(xpath={f"//Any[NMI = '4{n:03d}'][1]/Quantity > 1": None}),
    "condition, and a text": lambda n: MessageMatch(xpath={f"//Any[NMI = '4{n:03d}']/Quantity": ("1", f"{n}")}),
    "same condition": lambda n: MessageMatch(xpath={f"//Any[NMI]/NMI = '4{n:03d}'": None}),
    "true, in brackets": lambda n: MessageMatch(xpath={f"(//NMI = '4{n:03d}') and (A or B)": "true"}),
    "other sender": lambda n: MessageMatch(sender="A9", fields={"NMI": Matches(f"[0-9]{{1,{n + 1}}}")}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_thousand_rules_that_do_not_fit_none_is_tried_and_few_things_are_read(kind: str) -> None:
    rules = tuple(Rule(f"rule {n}", Where("f.yaml", n), KINDS[kind](n)) for n in range(1000))
    look = Look(facts("A1", "A2", "5-", 1), Nobody())
    assert not list(index.indexes(rules).messages.candidates(look))
    assert look.read <= 3


DAYS = st.tuples(st.integers(1, 9), st.integers(0, 3)).map(lambda day: (date(2026, 3, day[0]), sum(day)))
PERIODS = DAYS.map(lambda days: (days[0], date(2026, 3, days[1])))


@given(st.lists(PERIODS, max_size=12), st.none() | PERIODS, st.booleans())
def test_rules_about_readings_are_found_by_their_periods(
    periods: list[tuple[date, date]], asked: tuple[date, date] | None, several: bool
) -> None:
    rules = [Rule(str(days), Where("f.yaml", 1), netstream=NetstreamMatch(days=days)) for days in periods]
    first, last = asked if asked is not None else (None, None)
    question = Question("a", first=first, last=last if several else None)
    look = Look(RequestFacts("Netstream", "getMeterReadings", question=question), Nobody())
    fitting = [rule for rule in rules if not unmet(criteria(rule), look)]
    assert [each.rule for each in index.Indexes(rules).questions.candidates(look)] == fitting


def test_of_a_thousand_messages_that_aemo_must_not_send_none_is_tried() -> None:
    """Each transaction has what a rule wants no transaction to have."""
    match = [MessageMatch(xpath={f"not(//NMI = '1') and not(Other{n})": None}) for n in range(1000)]
    rules = [Rule(f"rule {n}", Where("f.yaml", n), outgoing=each) for n, each in enumerate(match)]
    told = [element("CATSNotification", element("NMI", nmi), element("NMI", "1")) for nmi in ("2", "3")]
    sent = tuple(Transaction(f"T-{place}", NOW, each) for place, each in enumerate(told))
    look = Look(OutgoingFacts("A1", Message("r46", Header("NEMMCO", "A1", "M-1", NOW, "CATS", "High"), sent)), Nobody())
    assert not list(index.Indexes(rules).outgoing.candidates(look))
    assert look.read <= 3


def test_what_is_reckoned_from_elements_is_taken_for_none_of_them() -> None:
    rules = [Rule(f"{n}", Where("f.yaml", n), MessageMatch(xpath={f"//Quantity*{n}": f"{3 * n}"})) for n in range(20)]
    look = Look(facts("A1", "A2", "41020345", 1, "<Quantity>3</Quantity>"), Nobody())
    assert [each.rule for each in index.Indexes(rules).messages.candidates(look)] == rules


def test_what_one_rule_alone_wants_made_of_a_text_is_not_made_before_it_is_its_turn() -> None:
    written = [f"string-length(translate(//NMI, '{n}', '')) = {n % 9}" for n in range(1000)]
    rules = [Rule(each, Where("f.yaml", 1), MessageMatch(xpath={each: None})) for each in written]
    look = Look(facts("A1", "A2", "41020345", 1), Nobody())
    assert next(each.number for each in index.Indexes(rules).messages.candidates(look) if each.fits(look)) == 8
    assert look.read <= 10


def test_what_no_rule_that_is_left_asks_for_is_not_read() -> None:
    rules = tuple(Rule(f"rule {n}", Where("f.yaml", n), KINDS["other sender"](n)) for n in range(10))
    look = Look(facts("A1", "A2", "5-", 1), Nobody())
    assert not list(index.indexes(rules).messages.candidates(look))
    some = Rule("A1", Where("f.yaml", 10), MessageMatch(sender="A1", group="CATS"))
    assert [each.rule for each in index.indexes((*rules, some)).messages.candidates(look)] == [some]
    assert look.read == 2


def test_the_nearest_are_the_same_in_every_process() -> None:
    """Of many that are as near by one text, whatever order sets have there, those of what the message has first."""
    match = (MessageMatch(group="NMID", fields={f"Other{n // 2}": "1"}) for n in range(40))
    rules = tuple(Rule(f"rule {n}", Where("f.yaml", n), each) for n, each in enumerate(match))
    more = "".join(f"<Other{n}>1</Other{n}>" for n in reversed(range(20)))
    asked = index.indexes(rules).messages._few(Look(facts("A1", "A2", "1", 1, more), Nobody()))
    assert [each.number for each in asked] == list(range(30, 40))


REFUSING: dict[str, Callable[[int], MessageMatch]] = {
    "absent": lambda n: MessageMatch(fields={f"Other{n}": Absent()}),
    "path absent": lambda n: MessageMatch(xpath={f"not(//Other{n})": None}),
    "not that": lambda n: MessageMatch(xpath={f"not(//NMI = '4{n:03d}')": None}),
    "not that elsewhere": lambda n: MessageMatch(xpath={f"not(//Other{n} = '1')": None}),
    "long enough": lambda n: MessageMatch(fields={"NMI": Matches(f"[0-9]{{1,{n + 4}}}")}),
    "anything": lambda n: MessageMatch(xpath={f"string-length(//NMI) < {n + 5}": None}),
}


@pytest.mark.parametrize("kind", REFUSING)
def test_of_a_thousand_rules_that_fit_the_first_is_tried(kind: str) -> None:
    rules = tuple(Rule(f"rule {n}", Where("f.yaml", n), REFUSING[kind](n)) for n in range(1000))
    look = Look(facts("A1", "A2", "4000", 1), Nobody())
    fitting = (each.number for each in index.indexes(rules).messages.candidates(look) if each.fits(look))
    assert next(fitting) == (1 if kind == "not that" else 0)
    assert look.read <= 4
    assert len(list(fitting)) in (998, 999)


def test_a_thousand_rules_of_nothing_but_patterns_leave_few_to_be_tried() -> None:
    match = [MessageMatch("CATSChangeRequest", nmi=Matches(f"41{n:03d}.*|.*{n:04d}x")) for n in range(1000)]
    rules = tuple(Rule(f"rule {n}", Where("f.yaml", n), each) for n, each in enumerate(match))
    messages = index.Indexes(rules).messages
    looks = [Look(facts("A1", "A2", f"41{n:03d}67890", 1), Nobody()) for n in range(0, 1000, 37)]
    found = [[each.number for each in messages.candidates(look)] for look in looks]
    assert [[n] for n in range(0, 1000, 37)] == found


@pytest.mark.parametrize("name", ["and", "or", "div", "mod"])
@pytest.mark.parametrize("written", ["{}/B", "//{}", "A/{} = '1'", "//A[{} = '1']", "A = {}", "@{}"])
def test_an_element_that_is_called_as_an_operator_has_another_spelling(name: str, written: str) -> None:
    told = xpaths.problem(written.format(name))
    spelling = f"*[name()='{name}']"
    assert told is not None
    assert spelling in told
    assert xpaths.problem(f"//{spelling}/B") is None
    assert xpaths.problem(f"1 {name} 2") is None
