"""Reports of a run: what they say, that nothing anybody wrote can break them, and that long flows stay readable."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from lxml import etree
from markdown_it import MarkdownIt
from msgspec import structs
from trials import BEGAN, FAILED, NASTY, PASSED, UNKNOWN, conversation, exchange, message, step, trial

from simulator.harness.child import Ended
from simulator.harness.reports_flow import MOST_LIFELINES, OTHERS, flow
from simulator.harness.reports_html import page
from simulator.harness.reports_junit import junit
from simulator.harness.reports_markdown import markdown
from simulator.harness.reports_svg import MOST_DRAWN, Marks, drawing, stretches
from simulator.harness.trial import Happened, lines
from simulator.scenario.verdict import Evidence, Finding, Verdict

FORM = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
 <xs:complexType name="trouble"><xs:simpleContent><xs:extension base="xs:string">
  <xs:attribute name="type" type="xs:string" use="required"/><xs:attribute name="message" type="xs:string"/>
 </xs:extension></xs:simpleContent></xs:complexType>
 <xs:element name="testsuites"><xs:complexType><xs:sequence>
  <xs:element name="testsuite"><xs:complexType><xs:sequence>
   <xs:element name="properties"><xs:complexType><xs:sequence>
    <xs:element name="property" maxOccurs="unbounded"><xs:complexType>
     <xs:attribute name="name" type="xs:string" use="required"/>
     <xs:attribute name="value" type="xs:string" use="required"/></xs:complexType></xs:element>
   </xs:sequence></xs:complexType></xs:element>
   <xs:element name="testcase" maxOccurs="unbounded"><xs:complexType><xs:choice minOccurs="0">
     <xs:element name="failure" type="trouble"/><xs:element name="error" type="trouble"/></xs:choice>
    <xs:attribute name="name" type="xs:string" use="required"/>
    <xs:attribute name="classname" type="xs:string" use="required"/>
    <xs:attribute name="time" type="xs:decimal" use="required"/>
    <xs:attribute name="file" type="xs:string"/><xs:attribute name="line" type="xs:positiveInteger"/>
   </xs:complexType></xs:element>
   <xs:element name="system-out" type="xs:string"/>
  </xs:sequence>
  <xs:attribute name="name" type="xs:string" use="required"/><xs:attribute name="tests" type="xs:int" use="required"/>
  <xs:attribute name="failures" type="xs:int" use="required"/><xs:attribute name="errors" type="xs:int"/>
  <xs:attribute name="skipped" type="xs:int" use="required"/><xs:attribute name="time" type="xs:decimal"/>
  </xs:complexType></xs:element>
 </xs:sequence>
  <xs:attribute name="name" type="xs:string"/><xs:attribute name="tests" type="xs:int"/>
  <xs:attribute name="failures" type="xs:int"/><xs:attribute name="errors" type="xs:int"/>
  <xs:attribute name="time" type="xs:decimal"/>
 </xs:complexType></xs:element>
</xs:schema>
"""
"""What GitHub, GitLab and Jenkins agree on, in our own words."""
VOID = {"meta", "link", "br", "hr", "img", "input"}
IMPLIED = {"td", "th", "tr", "li", "dt", "dd", "p"}


def suite(document: bytes) -> etree._Element:
    found = etree.fromstring(document)
    etree.XMLSchema(etree.fromstring(FORM)).assertValid(found)
    return found[0]


class Page(HTMLParser):
    """A page taken apart: every element, what stands in it, and whether it is balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert not [name for name in self._open if name not in IMPLIED]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        given = dict(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]
        self.loads += [value for name, value in attrs if name in ("src", "srcset", "action", "data") and value]
        assert not [name for name in given if name.startswith("on")]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open[-1] != tag:
            assert self._open.pop() in IMPLIED, tag
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_junit_has_a_case_for_the_command_and_one_for_each_expectation() -> None:
    found = suite(junit(trial(PASSED, FAILED, UNKNOWN, PASSED)))
    assert {name: found.get(name) for name in ("tests", "failures", "errors", "time")} == {
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "time": "1.250",
    }
    assert found.xpath("testcase/@name") == [
        "COMMAND: pytest -q 'a test.py'",
        "all is acknowledged",
        "no id for two messages",
        "back-off is respected",
        "all is acknowledged (2)",
    ]
    (failure,), (error,) = found.xpath("testcase/failure"), found.xpath("testcase/error")
    assert (failure.get("type"), failure.get("message")) == ("expectation", "MSG-1 came twice")
    assert "2026-03-02T09:00:02+10:00  MSG-1 came again with other content  (RETAILA/1)" in failure.text
    assert failure.getparent().get("file") == "story.yaml"
    assert failure.getparent().get("line") == "32"
    assert (error.get("type"), error.get("message")) == ("cannot know", "12 exchanges were evicted")
    assert "429  gate.throttle: too many" in found.findtext("system-out")
    assert found.xpath("properties/property[@name='queue duplicated']/@value") == ["1"]


def test_a_command_that_fails_and_a_fault_of_ours_are_cases_too() -> None:
    command = Ended(("pytest",), 139, 11)
    happened = Happened(bugs=("Traceback\n  somewhere\nZeroDivisionError: oh\n",))
    bad = trial(command=command, happened=happened)
    found = suite(junit(bad))
    assert found.xpath("testcase/failure/@message") == ["was killed by SIGSEGV (139)"]
    assert found.xpath("testcase/error/@type") == ["fault of the simulator"]
    assert found.xpath("testcase/error/@message") == ["ZeroDivisionError: oh"]
    assert not bad.good
    assert not replace(bad, command=Ended(("pytest",), 0)).good
    assert "ZeroDivisionError: oh" in page(bad)
    assert "ZeroDivisionError: oh" in markdown(bad)
    assert "ZeroDivisionError: oh" in "\n".join(lines(bad))


@pytest.mark.parametrize(
    ("findings", "outcome", "counted"),
    [
        ((), "passed", "no expectations"),
        ((PASSED,), "passed", "1 expectation: 1 passed"),
        ((PASSED, UNKNOWN), "cannot know", "2 expectations: 1 passed, 1 cannot know"),
        ((PASSED, UNKNOWN, FAILED), "FAILED", "3 expectations: 1 passed, 1 FAILED, 1 cannot know"),
    ],
)
def test_nothing_but_a_pass_is_good(findings: tuple[Finding, ...], outcome: str, counted: str) -> None:
    run = trial(*findings)
    assert (run.outcome, run.counted(), run.good) == (outcome, counted, outcome == "passed")
    assert lines(run)[-1] == f"{outcome} ({counted})"
    assert f"<title>Two customers: {outcome}</title>" in page(run)
    assert f" Two customers: {outcome}\n" in markdown(run)
    assert replace(run, command=Ended(("x",), 1)).outcome == "FAILED"


def test_the_terminal_is_shown_the_evidence() -> None:
    many = structs.replace(FAILED, evidence=FAILED.evidence * 12)
    told = lines(trial(PASSED, many))
    assert told[1:5] == [
        "passed: all is acknowledged",
        "FAILED: no id for two messages",
        "  story.yaml:32:5: MSG-1 came twice",
        "  2026-03-02 09:00:02+10:00  MSG-1 came again with other content",
    ]
    assert "  … and 2 more" in told


def test_the_page_needs_nothing_else_and_its_links_lead_somewhere() -> None:
    text = page(trial(PASSED, FAILED, UNKNOWN))
    found = Page(text)
    assert {"script", "link", "iframe", "object", "img"} & set(found.names) == set()
    assert found.loads == []
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", text)
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.links} <= set(found.ids)
    assert "#step-2" in found.links, "from the finding to the diagram"
    assert "#finding-2" in found.links, "and back"
    words = " ".join(found.words)
    for each in ("MSG-1 came twice", "RETAILA/1", "MACK Accept NEMMCO-MSGR-1", "getMessages → 429 gate.throttle"):
        assert each in words


def nasty() -> Finding:
    return Finding(NASTY, NASTY, "fail", NASTY, (Evidence(BEGAN, NASTY, NASTY),))


def test_nothing_that_anybody_wrote_breaks_a_report() -> None:
    steps = [step(number, NASTY, NASTY) for number in range(3)]
    named = dict.fromkeys(("from", "to", "messageId", "messageContextId", "transactionGroup", "id"), NASTY)
    told = message(1, *steps, **named) | {"transactions": [NASTY, NASTY]}
    odd = exchange(1, 404, **dict.fromkeys(("method", "path", "participant", "rule", "why"), NASTY))
    run = trial(
        scenario=NASTY,
        about=NASTY,
        file=NASTY,
        command=Ended((NASTY,), 1, reason=NASTY),
        verdict=Verdict(NASTY, (nasty(), nasty()), {NASTY: 1}),
        happened=Happened((told,), (odd,), (NASTY,)),
    )
    assert suite(junit(run)).get("failures") == "3"
    text = page(run)
    found = Page(text)
    assert "script" not in found.names
    assert "<script>alert('x')</script>" in " ".join(found.words)
    for each in (text, markdown(run)):
        assert not set(each) & {"\0", "\x1b", "\u202e", "\ud800"}
        each.encode()
    written = [each.content for each in MarkdownIt().parse(markdown(run)) if each.type == "html_block"]
    assert written == ["<details><summary>What happened</summary>\n", "</details>\n"]
    inline = [part for each in MarkdownIt().parse(markdown(run)) for part in each.children or ()]
    assert {part.type for part in inline} <= {"text", "code_inline", "softbreak", "strong_open", "strong_close"}
    assert any("<script>alert('x')</script>" in part.content for part in inline if part.type == "text")


def test_markdown_shows_the_verdict_first_and_the_diagram_folded() -> None:
    text = markdown(trial(PASSED, FAILED, UNKNOWN))
    assert text.startswith(
        "## ❌ Two customers: FAILED\n\nOne story.\n\n`pytest -q 'a test.py'` ended with exit code 0"
    )
    assert "| ✅ | all is acknowledged | passed |\n| ❌ | no id for two messages | FAILED |\n| ❔ |" in text
    assert "* 2026-03-02 09:00:02 MSG-1 came again with other content `RETAILA/1`" in text
    assert "```mermaid\nsequenceDiagram\n    participant p1 as RETAILA" in text
    assert text.endswith("</details>\n\n")


def test_what_is_counted_is_a_least_number_where_not_all_is_known() -> None:
    run = trial(PASSED)
    run = replace(run, verdict=structs.replace(run.verdict, unknown={"exchanges": "12 exchanges <b> were evicted"}))
    assert "1 duplicated, 0 unexpected, 0 recovered; at least: 12 exchanges &lt;b&gt; were evicted" in page(run)
    assert "at least: 12 exchanges" in markdown(run)
    told = {each.get("name"): each.get("value") for each in suite(junit(run)).iter("property")}
    assert told["unknown exchanges"] == "12 exchanges <b> were evicted"


def test_a_flow_is_in_the_order_of_ranks_also_when_the_clock_stands_still() -> None:
    still = BEGAN.isoformat()
    first = message(1, {**step(1, "queued"), "at": still}, {**step(4, "fetched"), "at": still}, outward=True)
    second = message(2, {**step(2, "queued"), "at": still}, {**step(3, "fetched"), "at": still}, outward=True)
    refused = {**exchange(3, 429), "at": still}
    drawn = flow(trial(happened=Happened((first, second), (refused,))))
    assert [(each.kind, each.key) for each in drawn.steps] == [
        ("queued", "RETAILA/1"),
        ("queued", "RETAILA/2"),
        ("fetched", "RETAILA/2"),
        ("refused", ""),
        ("fetched", "RETAILA/1"),
    ]
    assert drawn.participants == ("RETAILA", "NEMMCO")


def test_what_its_sender_could_not_know_is_trouble_in_the_flow() -> None:
    lost, struck = message(1, step(1, "lost")), message(2, step(2, "received"), step(3, "answer struck"))
    drawn = flow(trial(happened=Happened((lost, struck), ())))
    assert [(each.kind, each.source, each.trouble) for each in drawn.steps] == [
        ("sent", "RETAILA", False),
        ("odd", "NEMMCO", True),
        ("sent", "RETAILA", False),
        ("answer", "NEMMCO", False),
        ("odd", "NEMMCO", True),
    ]


def test_readings_are_part_of_the_flow_and_lifelines_are_not_without_end() -> None:
    asked = exchange(1, path="/api/cim17/9/MeterReadings2/get", method="POST", participant="")
    refused = exchange(2, 401, path="/tenant/oauth2/v2.0/token", method="POST", participant="")
    crowd = [exchange(number, 401, participant=f"WHO{number}") for number in range(3, 30)]
    drawn = flow(trial(happened=Happened((), (asked, refused, *crowd))))
    assert (drawn.steps[0].kind, drawn.steps[0].target) == ("asked", "Netstream")
    assert (drawn.steps[1].kind, drawn.steps[1].target) == ("refused", "Netstream")
    assert len(drawn.participants) == MOST_LIFELINES + 1
    assert drawn.participants[-2:] == (OTHERS, "Netstream")
    assert drawn.steps[-1].source == OTHERS


def test_a_long_flow_is_folded_around_what_is_in_trouble() -> None:
    """Every step is in exactly one stretch; trouble and evidence are never folded; drawing is bounded."""
    calm = conversation(2_000)
    happened = Happened(calm, (exchange(1_501, 429),))
    evidence = Evidence(BEGAN, "late", calm[300]["id"])
    run = trial(structs.replace(FAILED, evidence=(evidence,)), happened=happened)
    drawn = flow(run)
    number = next(n for n, each in enumerate(drawn.steps) if each.kind == "refused")
    marks = Marks({900: (1,)})
    cut = stretches(drawn, marks)
    assert [n for each in cut for n in each.numbers] == list(range(6_001))
    open_ones = [n for each in cut if not each.folded for n in each.numbers]
    assert {0, 6_000, 900, number, number + 3} <= set(open_ones)
    assert len(open_ones) < 100
    text = page(run)
    assert text.count("<g id=") <= MOST_DRAWN + 100
    assert "more steps, " in text
    assert "of them are not drawn" in text
    assert 'class="band"' in text
    assert len(text) < 2_000_000


def test_a_short_flow_is_drawn_in_one() -> None:
    drawn = flow(trial())
    (whole,) = stretches(drawn, Marks({}))
    picture = etree.fromstring(drawing(drawn, whole, Marks({0: (1, 2)})).replace("<svg ", "<svg xmlns='urn:x' ", 1))
    names = {"x": "urn:x"}
    assert picture.xpath("//x:text[@class='who']/text()", namespaces=names) == ["RETAILA", "NEMMCO"]
    assert picture.xpath("//x:text[@class='count']/text()", namespaces=names) == ["1", "2"]
    assert len(picture.xpath("//x:g", namespaces=names)) == len(drawn.steps)
    ends = [float(end) for end in re.findall(r"M\d+ [\d.]+H(-?[\d.]+)", etree.tostring(picture).decode())]
    assert ends
    assert all(0 <= end <= float(picture.get("width")) for end in ends)
