"""Whatever a template of one's own does, it ends: as a rendering, or with what is wrong, where, and what to do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from newsletter.errors import Invalid
from newsletter.rendering.confined import (
    LARGEST_TEMPLATE,
    Against,
    Confined,
    OwnTemplate,
    against,
    confined,
    render_confined,
)
from newsletter.rendering.digest import Event
from newsletter.rendering.finding import Phrase
from newsletter.rendering.render import TEMPLATES, render
from newsletter.rendering.sample import sample
from tests.rendering.sample import NONCE, digest, item

CLASSIC = (TEMPLATES / "digests" / "classic.mjml.j2").read_text(encoding="utf-8")
STRICT = Against(production=True)
LONGEST_SECONDS = 60  # for a machine that is busy with other things; the limits themselves are far below


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let what has no end be ended sooner, and by what it works: a busy machine is no fault of a template."""
    monkeypatch.setattr("newsletter.rendering.confined.WORK_SECONDS", 2)
    monkeypatch.setattr(confined, "patience_seconds", LONGEST_SECONDS)
    confined.close()
    yield
    confined.close()


def body(words: str) -> str:
    return (
        '<mjml lang="en" dir="ltr"><mj-body><mj-section><mj-column><mj-text>\n'
        f"{words}\n</mj-text></mj-column></mj-section></mj-body></mjml>"
    )


def made(mjml: str, text: str = "", **given: object) -> str:
    rendering, _ = render_confined(
        digest(item(1, **given)), OwnTemplate("mine", mjml, text), nonce=NONCE, against=STRICT
    )
    return rendering.html


def refusal(mjml: str, text: str = "") -> Invalid:
    begun = time.monotonic()
    with pytest.raises(Invalid) as refused:
        made(mjml, text)
    assert time.monotonic() - begun < LONGEST_SECONDS
    return refused.value


def test_a_template_of_ones_own_makes_the_same_bytes_as_one_of_the_program() -> None:
    issue = sample("ar")
    apart, _ = render_confined(issue, OwnTemplate("mine", CLASSIC), nonce=NONCE, against=STRICT)
    assert apart.content_hash == render(issue, template="classic", nonce=NONCE).content_hash


def test_it_may_use_the_parts_and_the_text_of_the_program() -> None:
    rendering, _ = render_confined(
        sample("en"),
        OwnTemplate("mine", CLASSIC, 'Mine.\n{% include "classic.txt.j2" %}'),
        nonce=NONCE,
        against=STRICT,
    )
    assert rendering.text.startswith("Mine.\nMeridian Institute")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("{% for a in range(99999) %}{% for b in range(99999) %}{{ a * b }}{% endfor %}{% endfor %}", "longer than"),
        ("{{ lipsum(n=99999999) }}", "longer than|more memory"),
        ("{{ 'x' * 9999999999 }}", "more memory"),
        ("{{ 'x'|center(9999999999) }}", "more memory|too large|OverflowError"),
        ("{{ '%9999999999d' % 1 }}", "more memory|too long|too large|Overflow"),
        (
            "{% set all = namespace(x='x' * 99) %}{% for a in range(99) %}{% set all.x = all.x ~ all.x %}{% endfor %}",
            "more memory",
        ),
        ("{% set big = [0] * 999999999999 %}", "more memory"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "circle"),
        ("{% include 'mine.mjml.j2' %}", "circle"),
        ("{% import 'mine.mjml.j2' as again %}", "circle"),
    ],
)
def test_what_has_no_end_is_refused_with_its_line(words: str, message: str) -> None:
    refused = refusal(body(words))
    assert re.search(message, refused.message), refused.message
    assert refused.where == "mine.mjml.j2, line 2"


def test_templates_that_include_each_other_are_refused() -> None:
    refused = refusal(body("{% extends 'mine.txt.j2' %}"), "{% extends 'mine.mjml.j2' %}")
    assert "circle" in refused.message


def test_a_number_without_end_stops_nothing() -> None:
    refused = refusal(body("{{ 2 ** 99999999999 }}"))
    assert (refused.where[:12], "s" in refused.message) == ("mine.mjml.j2", True)


def test_a_bomb_in_the_text_part_is_refused_too() -> None:
    assert "more memory" in refusal(CLASSIC, "{{ 'x' * 9999999999 }}").message


@pytest.mark.parametrize(
    "words",
    [
        "{% for a in range(99999) %}<p>{{ digest.subject * 9 }}</p>{% endfor %}",  # 40 MB
        "{% for a in range(50) %}{% for b in range(999) %}<b>{{ a }}</b>{% endfor %}{% endfor %}",
        "{{ '<p>' * 9000 }}",
        "{% for a in range(70) %}<div>{% endfor %}",
    ],
)
def test_what_is_too_much_is_refused_or_a_finding(words: str) -> None:
    try:
        _, findings = render_confined(digest(), OwnTemplate("mine", body(words)), nonce=NONCE, against=STRICT)
    except Invalid:
        return
    assert "E" in {finding.level for finding in findings}


def test_a_template_itself_is_only_so_long() -> None:
    assert "longer than" in refusal("x" * (LARGEST_TEMPLATE + 1)).message


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("{% if %}", "mine.mjml.j2, line 2"),
        ("\n\n{{ nothing.here }}", "mine.mjml.j2, line 4"),
        ("\n<mj-image />", "mine.mjml.j2, line 3"),
        ("{{ digest.titel }}", "mine.mjml.j2, line 2"),
        ("{% include 'parts/gone.mjml.j2' %}", "template"),
        ("{% include '../../../etc/passwd' %}", "template"),
        ("{{ 1 / 0 }}", "mine.mjml.j2, line 2"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(words: str, where: str) -> None:
    assert refusal(body(words)).where == where


@pytest.mark.parametrize(
    "words",
    [
        "{{ digest.__class__.__mro__ }}",
        "{{ slot.__globals__ }}",
        "{{ slot['__globals__'] }}",
        "{{ slot|attr('__globals__') }}",
        "{{ '{0.__class__}'.format(digest) }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.environ }}",
        "{% set _ = digest.sections.append(1) %}",
        "{{ words.update(x=1) }}",
    ],
)
def test_the_sandbox_stays_shut(words: str) -> None:
    assert refusal(body(words)).where.startswith("mine.mjml.j2")


HOSTILE = '"><script>alert(1)</script><p title="'


@pytest.mark.parametrize(
    "words",
    [
        "{{ digest.sections[0].items[0].headline }}",
        '<p title="{{ digest.sections[0].items[0].headline }}">x</p>',
        "<p title='{{ digest.sections[0].items[0].headline }}'>x</p>",
        "{% set x %}{{ digest.sections[0].items[0].headline }}{% endset %}{{ x }}",
        "{{ ('<b>%s</b>'|e) % digest.sections[0].items[0].headline }}",
        "{{ [digest.sections[0].items[0].headline]|join(' ' * 2) }}",
        "{{ digest.sections[0].items[0].headline|replace('x', '<') }}",
        "{{ digest.sections[0].items[0].headline|urlize }}",
        "<p {{ {'title': digest.sections[0].items[0].headline}|xmlattr }}>x</p>",
    ],
)
def test_words_of_an_article_are_never_markup(words: str) -> None:
    assert "<script" not in made(body(words), headline=HOSTILE).replace("<!--[if", "")


@pytest.mark.parametrize(
    "words",
    [
        "{{ digest.title|safe }}",
        "{% filter safe %}{{ digest.title }}{% endfilter %}",
        "{% autoescape false %}{{ digest.title }}{% endautoescape %}",
        "{% macro m(x) %}{{ x|upper|safe }}{% endmacro %}",
    ],
)
def test_escaping_cannot_be_switched_off(words: str) -> None:
    refused = refusal(body(words))
    assert ("would let words of an article be markup" in refused.message, refused.where) == (
        True,
        "mine.mjml.j2, line 2",
    )


def test_an_address_that_is_not_passed_through_url_is_found_by_the_proofreader() -> None:
    template = OwnTemplate("mine", body('<a href="{{ digest.sections[0].items[0].url }}">x</a>'))
    hostile = digest(item(1, url="javascript:alert(1)"))
    _, findings = render_confined(hostile, template, nonce=NONCE, against=STRICT)
    assert ("link_address", "E") in {(finding.rule, finding.level) for finding in findings}


def test_after_a_bomb_the_next_template_renders() -> None:
    refusal(body("{{ 'x' * 9999999999 }}"))
    assert "harbor" in made(CLASSIC)


def test_a_child_that_does_not_answer_is_ended_and_replaced() -> None:
    apart = Confined(patience_seconds=1)
    request = {
        "digest": digest().as_dict(),
        "template": "classic",
        "own": [],
        "nonce": NONCE,
        "against": STRICT.as_dict(),
    }
    os.kill(apart._running().pid, 19)  # SIGSTOP
    with pytest.raises(Invalid, match="not done after 1 s"):
        apart.ask({**request, "templates": str(TEMPLATES)}, where="mine")
    apart.patience_seconds = LONGEST_SECONDS
    assert "rendering" in apart.ask({**request, "templates": str(TEMPLATES)}, where="mine")
    apart.close()


def test_the_child_knows_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", "a secret")
    apart = Confined()
    told = subprocess.run(["cat", f"/proc/{apart._running().pid}/environ"], capture_output=True, check=True).stdout
    apart.close()
    assert b"secret" not in told


def test_the_child_ends_with_us() -> None:
    words = (
        "import os\nfrom newsletter.rendering.confined import confined\nprint(confined._running().pid, flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_what_the_proofreader_holds_it_against_reaches_the_child() -> None:
    told = Against(
        True,
        datetime(2027, 1, 1, tzinfo=UTC),
        ("https://m.example/leave",),
        (Phrase("the rules of trade", "the law of trade"),),
    )
    assert against(told.as_dict()) == told
    event = Event("Thursday", ends="2026-12-03T20:00:00+00:00")
    _, findings = render_confined(digest(item(1, event=event)), OwnTemplate("mine", CLASSIC), nonce=NONCE, against=told)
    assert {"banned_phrases", "past_dates"} <= {finding.rule for finding in findings}
