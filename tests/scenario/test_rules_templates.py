"""Templates: strict, escaped, bounded; their mistakes are told when the file is read, at their lines."""

import subprocess
import sys

import pytest
from scenario_told import mistakes

from simulator.asexml.encode import element_xml
from simulator.scenario import templates, templates_counted

NAMES = {"message": {"id": "M<1>"}, "fields": lambda path: ["a", "b"], "today": "2026-03-02"}


def rendered(text: str) -> str:
    return element_xml(templates.render(text, NAMES))


def test_values_are_escaped_and_loops_and_conditions_work() -> None:
    text = """
    <Told id="{{ message.id }}">{% for each in fields('x') if each != 'b' %}<Each>{{ each|upper }}</Each>{% endfor %}
      {% if today == '2026-03-02' %}<Day>{{ 1 + 1 }}</Day>{% endif %}</Told>"""
    assert rendered(text) == '<Told id="M&lt;1&gt;"><Each>A</Each><Day>2</Day></Told>'


def test_the_prefixes_of_asexml_need_no_declaration() -> None:
    assert rendered('<A xsi:type="ase:B"/>') == '<A xsi:type="ase:B"/>'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<A>{{ message.nothing }}</A>", "no attribute 'nothing'"),
        ("<A>{{ message }}</A>", "dict is no text or number"),
        ("<A>{{ message.__class__ }}</A>", "unsafe"),
        ("<A>{{ message.id.upper }}</A>", "unsafe"),
        ("<A>{{ 'a' * 99999 }}</A>", "takes two numbers"),
        ("<A>{{ '%09999999d' % 1 }}</A>", "takes two numbers"),
        ("<A>{{ 999999999999999 * 999999999999999 * 2 }}</A>", "takes two numbers"),
        ("<A>{% for n in range(1001) %}{% endfor %}</A>", "at most 1000"),
        (
            f"<A>{{% for n in range(1000) %}}{{% for m in range(19) %}}{'<B/>' * 20}{{% endfor %}}{{% endfor %}}</A>",
            "more than 1000000 characters",
        ),
        (
            "<A>{% for n in range(1000) %}{% for m in range(1000) %}{% endfor %}{% endfor %}</A>",
            "more than 20000 rounds",
        ),
        ("<A>{% for letter in message.id %}{% endfor %}</A>", "a loop over str"),
        ("<A>{{ 1.5|round(100000000, 'ceil') }}</A>", "positional arguments"),
        ("<A>{{ 1.5|round(100000000) }}</A>", "0 to 15 digits"),
        ("<A/><B/>", "not one XML element"),
        ("text", "not one XML element"),
        ("<A>", "no XML element"),
        ("<!DOCTYPE A><A/>", "no XML element"),
        ("<A>{{ 1 / 0 }}</A>", "division"),
    ],
)
def test_what_cannot_be_made_says_why(text: str, why: str) -> None:
    with pytest.raises(templates.TemplateFailed) as failed:
        templates.render(text, NAMES)
    assert why in str(failed.value)


OFTEN = "{% for n in range(1000) %}{% for m in range(19) %}"
ENDS = "{% endfor %}{% endfor %}"
BOMBS = {
    "conditions": "{% if n == m %}{% endif %}" * 100,
    "filters": "{% if big|upper|lower|trim == 'a' %}{% endif %}",
    "equal": "{% if big == other %}{% endif %}",
    "found inside": "{% if 'b' in big %}{% endif %}",
    "found by a test": "{% if 'b' is in big %}{% endif %}",
    "in a list": "{% if 'b' in fields('A') %}{% endif %}",
    "in a written list": "{% if 'b' in [big, big, big] %}{% endif %}",
    "paths": "{% if field(big, 'x') %}{% endif %}",
    "numbers": "{% if number(big) %}{% endif %}",
    "many numbers": "{% if number(n) == number(m) and number(1) == number(2) and number(3) %}{% endif %}",
    "a variable": "{% set more = big|escape %}",
    "chosen": "{{ '' if big|length > 5 and big|trim|length > 5 else '' }}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_what_would_take_long_is_stopped_by_what_it_does(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = []
    steps = templates_counted.Spent.steps
    monkeypatch.setattr(templates_counted.Spent, "steps", lambda self, n: (spent.append(n), steps(self, n))[1])
    names = {
        "field": lambda path, otherwise=None: "a" * 100_000 if path == "Big" else "x",
        "fields": lambda path: ["a" * 1000] * 1000,
        "number": lambda name: "7",
    }
    text = "<A>{% set big = field('Big') %}{% set other = field('Big')|lower %}" + OFTEN + bomb + ENDS + "</A>"
    with pytest.raises(templates.TemplateFailed, match="more than 2000000 steps"):
        templates.render(text, names)
    assert sum(spent) < 2 * templates_counted.MOST_STEPS + 100_000


def test_what_answers_are_made_of_is_far_from_too_much() -> None:
    rows = "{% for n in range(1000) %}<Row n='{{ n }}'>" + "{% if n > 5 %}<C>{{ number(n) }}</C>{% endif %}" * 15
    made = templates.render(f"<A>{rows}</Row>{{% endfor %}}</A>", {"number": lambda name: "7"})
    assert len(element_xml(made)) > 100_000


@pytest.mark.parametrize(("number", "read"), [("12", "12"), ("0x1f", "0"), ("9" * 41, "0"), ("1.5", "1")])
def test_whole_numbers_are_short(number: str, read: str) -> None:
    assert (
        element_xml(templates.render("<A>{{ field('N')|int }}</A>", {"field": lambda path: number})) == f"<A>{read}</A>"
    )


@pytest.mark.parametrize(
    "text",
    [
        "{% macro a() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% set x = [1, 2] %}",
        "{% set x %}a{% endset %}",
        "{{ today ~ today }}",
        "{{ message.id.upper() }}",
        "{{ [1]|join }}",
        "{{ unknown }}",
        "{% for a in fields('x') %}{% for b in fields('x') %}{% for c in b %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in fields('x') recursive %}{% endfor %}",
        "{{ today",
        "{{ '%9999999999d' is odd }}",
        "{{ '%9999999999d' is divisibleby 1 }}",
        "{{ 9e400 }}",
        pytest.param(f"{{{{ {'9' * 5000} }}}}", id="a number of 5000 digits"),
        pytest.param(f"{{{{ {'(' * 5000}1{')' * 5000} }}}}", id="5000 brackets"),
        pytest.param(f"{{{{ {'not ' * 5000}1 }}}}", id="5000 nots"),
        pytest.param("{% if 1 %}" * 200 + "<A/>" + "{% endif %}" * 200, id="200 conditions in one another"),
        pytest.param("x" * 100_001, id="too long"),
    ],
)
def test_what_templates_may_not_have_is_a_mistake_of_the_file(text: str) -> None:
    assert templates.problem(text) is not None


def test_a_mistake_is_told_at_the_line_it_is_in() -> None:
    told = mistakes(
        "scenario: x\nwhen:\n  - message: {group: NMID}\n    answer:\n      - template: |\n          <A>\n"
        "            {{ mesage.id }}\n          </A>\n"
    )
    (only,) = told
    assert only.startswith("7:1: the template: 'mesage' is not known; known are message, transaction, nmi")


def test_jinja_is_imported_only_for_a_template() -> None:
    program = (
        "import sys; from simulator.scenario.loader import load; import simulator.runtime\n"
        "rule = 'scenario: x\\nwhen: [{message: {group: NMID}, answer: [%s]}]'\n"
        "load(rule % 'drop', 'f'); assert 'jinja2' not in sys.modules\n"
        "load(rule % '{template: <A/>}', 'f'); assert 'jinja2' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
