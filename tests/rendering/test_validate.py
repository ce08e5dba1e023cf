"""The validator of MJML: what it says, where, and that nothing hurts it or what comes after it."""

from __future__ import annotations

import os
import time
from itertools import product

import pytest
from hypothesis import given, settings

from newsletter.errors import Invalid
from newsletter.rendering.compiler import compiler
from newsletter.rendering.inline import inline
from newsletter.rendering.mjml import compile_mjml
from newsletter.rendering.render import TEMPLATES, mjml_source
from newsletter.rendering.validate import Problem, validate
from newsletter.rendering.validate.table import COLORS, COMPONENTS, VERSION
from tests.rendering.broken_documents import documents, texts
from tests.rendering.specimens import NONCE, arabic, chinese, english

# `make conformance` tries 10,000
DOCUMENTS = int(os.environ.get("NEWSLETTER_DOCUMENTS", "500"))
FAMILY = sorted(file.name.removesuffix(".mjml.j2") for file in (TEMPLATES / "digests").glob("*.mjml.j2"))


def told(body: str, head: str = "") -> list[tuple[str, str, str]]:
    """Return level, message and fix of every problem of a document."""
    around = "<mj-body><mj-section><mj-column>", "</mj-column></mj-section></mj-body>"
    source = f"<mjml><mj-head>{head}</mj-head>{around[0]}{body}{around[1]}</mjml>"
    return [(problem.level, problem.message, problem.fix) for problem in validate(source)]


def test_a_problem_names_line_column_tag_and_fix() -> None:
    source = (
        "<mjml>\n  <mj-body>\n    <mj-section>\n      <mj-colunm></mj-colunm>\n    </mj-section>\n  </mj-body>\n</mjml>"
    )
    assert validate(source) == (Problem(4, 7, "mj-colunm", "There is no <mj-colunm>.", "Did you mean mj-column?", "E"),)


def test_a_problem_of_an_attribute_points_at_the_attribute() -> None:
    source = '<mjml><mj-body>\n<mj-section\n  background-color="blu" /></mj-body></mjml>'
    assert [(one.line, one.column, one.tag, one.level) for one in validate(source)] == [(3, 3, "mj-section", "W")]


@pytest.mark.parametrize(
    ("body", "level", "message", "fix"),
    [
        (
            "<mj-container/>",
            "E",
            "There is no <mj-container>.",
            "Put what it holds into mj-body, and what it says too.",
        ),
        ("<mj-txet/>", "E", "There is no <mj-txet>.", "Did you mean mj-text?"),
        ("<mj-qqqqq/>", "E", "There is no <mj-qqqqq>.", "Use a component of MJML 4."),
        ("<mj-text colour='red'/>", "W", "<mj-text> has no attribute colour.", "Did you mean color?"),
        ("<mj-text class='a'/>", "W", "<mj-text> takes no class.", "Use css-class."),
        (
            "<mj-text rel='x'/>",
            "W",
            "<mj-text> has no attribute rel.",
            "Leave it out; it belongs to mj-button, mj-carousel-image, mj-image.",
        ),
        ("<mj-text font-size='14'/>", "W", '<mj-text> takes no font-size="14".', "Write a number with px."),
        ("<mj-image alt='' width='50%'/>", "W", '<mj-image> takes no width="50%".', "Write a number with px."),
        (
            "<mj-text align='middle'/>",
            "W",
            '<mj-text> takes no align="middle".',
            "Write one of left, right, center, justify.",
        ),
        (
            "<mj-text padding='1px 2px 3px 4px 5px'/>",
            "W",
            '<mj-text> takes no padding="1px 2px 3px 4px 5px".',
            "Write 1 to 4 numbers with px or %.",
        ),
        (
            "<mj-button color='#12345'>x</mj-button>",
            "W",
            '<mj-button> takes no color="#12345".',
            "Write a color: #rrggbb, rgb(), rgba() or an HTML color name.",
        ),
        (
            "<mj-image alt='' fluid-on-mobile='yes'/>",
            "W",
            '<mj-image> takes no fluid-on-mobile="yes".',
            "Write true or false.",
        ),
        (
            "<mj-image alt='' border-top='1px solid red'/>",
            "W",
            'border-top="1px solid red" of <mj-image> is not written by our compiler.',
            "Do it another way.",
        ),
        (
            "<mj-image/>",
            "W",
            "<mj-image> has no alt.",
            'Say what it shows, or write alt="" where words beside it do.',
        ),
        (
            "<mj-carousel/>",
            "W",
            "<mj-carousel> moves in few mail programs.",
            "Show the images one below the other.",
        ),
        (
            "<mj-social><mj-raw>x</mj-raw></mj-social>",
            "W",
            "<mj-raw> is left out of <mj-social>.",
            "Put it elsewhere.",
        ),
        ("<mj-section/>", "E", "<mj-section> cannot stand in <mj-column>.", "Put it into mj-body, mj-wrapper."),
        ("<mj-text><mj-image/></mj-text>", "E", "<mj-image> stands inside <mj-text>.", "Close it before."),
        ("<p>x</p>", "E", "<p> cannot stand in <mj-column>.", "Put it into mj-text, mj-table or mj-raw."),
        (
            "stray",
            "W",
            "Text stands directly in <mj-column> and is left out.",
            "Put it into mj-text or another that holds text.",
        ),
        ("<mj-text><b>x</mj-text>", "E", "<b> is still open where </mj-text> comes.", "Write </b>."),
        ("<mj-text>x</b></mj-text>", "E", "</b> closes nothing: <mj-text> is open.", "Close <mj-text> first."),
        ("<mj-include path='/etc/passwd'/>", "E", "mj-include is not allowed.", "Use Jinja's include."),
        ("<mj-text><mj-include path='x'/></mj-text>", "E", "mj-include is not allowed.", "Use Jinja's include."),
        (
            "<mj-text>a < b</mj-text>",
            "E",
            "A < begins no tag.",
            "Write &lt; for the sign, or close the tag and its quotes.",
        ),
        ("<mj-text>&nothing;</mj-text>", "E", "&nothing; is no name of a character.", "Write the sign itself."),
        ("<mj-text>&#0;</mj-text>", "E", "&#0; is no character.", "Write the sign itself."),
        ("<mj-text>\x07</mj-text>", "E", "U+0007 is no character of text.", "Remove it."),
        (
            "<mj-text><td nowrap>x</td></mj-text>",
            "E",
            "nowrap has no value in quotes.",
            'Write a blank, then nowrap="...".',
        ),
        ("<mj-text color='red' color='red'/>", "W", "color is given twice; the first counts.", "Keep one of them."),
        ("<mj-text mj-class='x'/>", "W", "There is no mj-class x.", "Define it in mj-head."),
        ("<mj-text><o:p>x</o:p></mj-text>", "E", "<o:p> is no name of a tag.", "Use names of HTML without a prefix."),
        (
            "<mj-raw><style>@import 'x';</style></mj-raw>",
            "E",
            "@import is not allowed in mail.",
            "Write the rules into the template.",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_fix(body: str, level: str, message: str, fix: str) -> None:
    assert told(body) == [(level, message, fix)]


@pytest.mark.parametrize(
    ("head", "level", "message"),
    [
        ("<mj-style>@import 'a.css';</mj-style>", "E", "@import is not allowed in mail."),
        ("<mj-style>@\\69mport 'a.css';</mj-style>", "E", "@import is not allowed in mail."),
        ("<mj-title><b>x</b></mj-title>", "E", "<mj-title> holds text only."),
        ("<mj-attributes><mj-text colour='red'/></mj-attributes>", "W", "<mj-text> has no attribute colour."),
        ("<mj-attributes><mj-all colour='red'/></mj-attributes>", "W", "<mj-all> has no attribute colour."),
        ("<mj-attributes><mj-class name='a' color='x'/></mj-attributes>", "W", '<mj-class> takes no color="x".'),
        ("<mj-attributes><mj-text>x</mj-text></mj-attributes>", "E", "<mj-text> holds defaults here and nothing else."),
        (
            "<mj-attributes><mj-section><mj-column/></mj-section></mj-attributes>",
            "E",
            "<mj-section> holds defaults here and nothing else.",
        ),
        ("<mj-attributes><mj-title/></mj-attributes>", "E", "<mj-title> cannot stand in <mj-attributes>."),
        ("<mj-text/>", "E", "<mj-text> cannot stand in <mj-head>."),
        ("<mj-font name='Lato' href='https://x.example/lato'/>", "W", "<mj-font> is left out."),
        ("<mj-style>a{} </b> </mj-style>", "E", "The style holds markup."),
    ],
)
def test_what_is_wrong_in_the_head_is_told(head: str, level: str, message: str) -> None:
    assert [(one[0], one[1]) for one in told("", head)] == [(level, message)]


def test_a_component_outside_a_column_is_warned_of_and_compiled() -> None:
    source = "<mjml><mj-body><mj-spacer height='20px' /></mj-body></mjml>"
    assert [(one.level, one.message) for one in validate(source)] == [("W", "<mj-spacer> cannot stand in <mj-body>.")]
    assert "height:20px" in compile_mjml(source)[0]


def test_one_mj_class_sets_an_attribute() -> None:
    head = "<mj-attributes><mj-class name='a' color='red'/><mj-class name='b' color='blue'/></mj-attributes>"
    message = "The classes a and b both set color."
    assert told("<mj-text mj-class='a b'/>", head) == [("W", message, "Let one mj-class set color.")]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "There is no tag."),
        ("<mjml></mjml>", "There is no <mj-body>."),
        ("<mjml><mj-body/><mj-body/></mjml>", "There are two <mj-body>."),
        ("<mjml><mj-body/></mjml><mjml/>", "A second document follows."),
        ("<mjml><mj-body/></mjml>x", "Text stands outside <mjml>."),
        ("<!DOCTYPE x><mjml><mj-body/></mjml>", "A document type or instruction is not allowed."),
        ("<mjml><mj-body><!-- x</mj-body></mjml>", "A comment is not closed."),
        ("<mjml><mj-body>", "<mjml> is not closed."),
        ("<mjml><mj-body><mj-raw>" + "<b>" * 60, "The tags are nested too deeply."),
        ("x" * 1_000_001, "The MJML has 1000001 characters."),
    ],
)
def test_what_is_wrong_with_the_whole_is_told(source: str, message: str) -> None:
    assert validate(source)[0].message == message


def test_at_most_a_hundred_problems_are_told() -> None:
    assert len(validate("<mjml><mj-body>" + "<mj-x/>" * 1000 + "</mj-body></mjml>")) == 100


def test_a_hundred_warnings_hide_no_error() -> None:
    problems = validate("<mjml><mj-body>" + "<mj-section class='x' />" * 1000 + "</mj-bod></mjml>")
    assert (len(problems), {problem.level for problem in problems}) == (100, {"E", "W"})


@pytest.mark.parametrize(
    "body",
    [
        "<mj-text>a & b &amp; c &nbsp; &#64; a<br>b<BR><hr></mj-text>",
        "<mj-raw><!-- <b> -- & --></mj-raw><mj-text><![CDATA[<b> & ]]></mj-text>",
        "<mj-text padding='0 25px' color='#fff' line-height='1.5' letter-spacing='-0.5px' css-class='x'>x</mj-text>",
        "<mj-raw><!-- x --></mj-raw><mj-image src='https://x.example/a.png' alt='' padding='0 25px'/>",
        "<mj-table><tr style='a'><td>x</td></tr></mj-table>",
    ],
)
def test_what_npm_mjml_takes_is_taken_and_compiled(body: str) -> None:
    assert told(body) == []
    source = f"<mjml><mj-body><mj-section><mj-column>{body}</mj-column></mj-section></mj-body></mjml>"
    assert inline(*compile_mjml(source)).startswith("<!DOCTYPE html>")


def test_a_style_whose_tag_holds_an_ampersand_and_a_sign_greater_is_compiled() -> None:
    head = "<mj-style inline='a&b>c'>a > b { color: red }</mj-style>"
    assert "a > b" in compile_mjml(f"<mjml><mj-head>{head}</mj-head><mj-body></mj-body></mjml>")[0]


@pytest.mark.parametrize(
    ("template", "make"),
    list(product(FAMILY, [english, arabic, chinese])),
    ids=lambda one: getattr(one, "__name__", one),
)
def test_our_own_templates_always_pass_within_ten_milliseconds(template: str, make: object) -> None:
    source = mjml_source(make(), template=template, nonce=NONCE)  # type: ignore[operator]
    taken = []
    for _ in range(5):
        begun = time.process_time()
        assert validate(source) == ()
        taken.append(time.process_time() - begun)
    assert min(taken) < 0.010


@pytest.mark.parametrize(
    "piece", ["<a ", "<a ' ", '<a "<a" ', "<!--", "<!", "&", "</a>", "<a b=' c=\"", "<![CDATA[", "\n"]
)
def test_a_megabyte_of_anything_is_judged_at_once(piece: str) -> None:
    source = "<mjml><mj-body><mj-raw>" + piece * (900_000 // len(piece))
    begun = time.process_time()
    validate(source)
    assert time.process_time() - begun < 2


def test_the_table_tells_its_version_and_knows_every_component() -> None:
    assert VERSION == "mjml@4.18.0"
    assert {"mj-body", "mj-section", "mj-text", "mj-accordion-title", "mj-all"} <= set(COMPONENTS)
    assert (len(COMPONENTS), len(COLORS) > 140) == (36, True)


@given(documents() | texts())
@settings(deadline=None, max_examples=DOCUMENTS)
def test_no_document_hurts_the_worker_and_what_is_valid_compiles(source: str) -> None:
    valid = all(problem.level != "E" for problem in validate(source))
    child = compiler._child.pid if compiler._child else 0
    try:
        html = inline(*compile_mjml(source))
    except Invalid:
        assert not valid, "the validator has no objection"
    else:
        assert valid
        assert html.startswith("<!DOCTYPE html>")
    assert child in (0, compiler._child.pid if compiler._child else 0), "the compiler died"
