"""A template of the newsroom's own is tried, kept, used, changed and dropped, and can never stop a send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from newsletter.catalogue.load import load
from newsletter.catalogue.models import Newsletter, Template
from newsletter.errors import Invalid, NotFound, Refused
from newsletter.issues.approve import approve, check_seal
from newsletter.issues.draft import draft
from newsletter.issues.keep_template import drop_template, keep_template
from newsletter.issues.lifecycle import find
from newsletter.issues.models import Issue
from newsletter.issues.rebuild import faults, rebuild
from newsletter.issues.render import rendering_of
from newsletter.issues.try_template import SIZES, try_template
from newsletter.rendering.confined import OwnTemplate, confined
from newsletter.rendering.render import TEMPLATES
from newsletter.rendering.words import LANGUAGES
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db
CLASSIC = (TEMPLATES / "digests" / "classic.mjml.j2").read_text(encoding="utf-8")
MARKED = CLASSIC.replace("<mj-title>", "<mj-title>Ours: ")
LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let what has no end be ended sooner."""
    monkeypatch.setattr("newsletter.rendering.confined.WORK_SECONDS", 2)
    confined.close()
    yield
    confined.close()


def stored(mjml: str = MARKED, **given: object) -> Template:
    """A template as it lies in the database, whatever it is."""
    return Template.objects.create(name="ours", mjml=mjml, kept_by="ada", kept_at=NOW, **given)


@pytest.fixture
def issue() -> Issue:
    make_article("The harbor")
    return draft(make_newsletter(template="ours"), now=NOW, by="ada")


def test_a_good_template_is_good_in_every_language() -> None:
    trials = try_template(OwnTemplate("ours", CLASSIC))
    assert [(trial.language, trial.articles, trial.is_good) for trial in trials] == [
        (language, articles, True) for articles in SIZES for language in LANGUAGES
    ]


def test_a_template_that_makes_nothing_is_tried_once() -> None:
    [trial] = try_template(OwnTemplate("ours", "<mjml>{% if %}"))
    assert (trial.is_good, trial.findings[0].place) == (False, "ours.mjml.j2, line 1")


def test_a_good_template_is_kept_and_grows_with_every_version() -> None:
    first, _ = keep_template("ours", CLASSIC, by="ada", now=NOW)
    second, _ = keep_template("ours", MARKED, by="bo", now=NOW)
    assert (first.version, second.version, second.kept_by, Template.objects.get().mjml) == (1, 2, "bo", MARKED)


@pytest.mark.parametrize("mjml", ["<mjml>{% if %}", CLASSIC.replace("parts/footer", "parts/note"), LOOP])
def test_a_template_with_errors_is_not_kept(mjml: str) -> None:
    with pytest.raises(Invalid, match=r"error\(s\) with 10 articles in en"):
        keep_template("ours", mjml, by="ada", now=NOW)
    assert not Template.objects.exists()


@pytest.mark.parametrize("name", ["classic", "Classic", "", "../x", "a b", "x" * 41, "1st", "a.b"])
def test_a_name_that_is_taken_or_is_none_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        keep_template(name, CLASSIC, by="ada", now=NOW)


def test_a_newsletter_takes_a_template_that_was_kept_and_no_other() -> None:
    text = (
        'code = "x"\ntitle = "X"\ntemplate = "ours"\n[sender]\nname = "M"\naddress = "a@b.example"\n'
        'bounce_domain = "b.example"\npostal_address = "1 Street"\nlist_id = "x.example"\n'
        '[[section]]\ntitle = "A"\nselector = "language:en"\n'
    )
    with pytest.raises(Invalid):
        load(text, where="x.toml", check=str)
    stored()
    made = load(text, where="x.toml", check=str)
    assert isinstance(made, Newsletter)
    assert made.template == "ours"


def test_a_template_in_use_is_not_dropped() -> None:
    stored()
    newsletter = make_newsletter(template="ours")
    with pytest.raises(Refused, match="have the template ours: ctw"):
        drop_template("ours")
    newsletter.delete()
    drop_template("ours")
    with pytest.raises(NotFound):
        drop_template("ours")


def test_an_issue_is_rendered_with_it(issue: Issue) -> None:
    stored()
    rendering = rendering_of(issue, now=NOW)
    assert ("<title>Ours: " in rendering.html, rendering.template) == (True, "ours@1")


def test_a_draft_follows_a_new_version(issue: Issue) -> None:
    stored(CLASSIC)
    before = rendering_of(issue, now=NOW).html
    keep_template("ours", MARKED, by="ada", now=NOW)
    assert ("Ours: " in before, "Ours: " in rendering_of(issue, now=NOW).html) == (False, True)


@pytest.mark.parametrize("broken", ["<mjml>{% if %}", LOOP, "{% include 'ours.mjml.j2' %}", "{{ 'x' * 9999999999 }}"])
def test_a_broken_template_is_a_finding_and_the_issue_is_shown_in_classic(issue: Issue, broken: str) -> None:
    stored(broken)
    rendering = rendering_of(issue, now=NOW)
    [found] = [one for one in rendering.findings if one["level"] == "E"]
    assert (found["rule"], found["place"], "The harbor" in rendering.html) == (
        "broken_template",
        "ours.mjml.j2, line 1",
        True,
    )


def test_a_broken_template_is_refused_at_approval(issue: Issue) -> None:
    stored(LOOP)
    with pytest.raises(Refused, match="the first: broken_template"):
        approve(issue.pk, by="ada", now=NOW)


def test_what_was_approved_goes_out_whatever_becomes_of_its_template(issue: Issue) -> None:
    kept = stored()
    sealed = approve(issue.pk, by="ada", now=NOW)
    html = rendering_of(sealed, now=NOW).html
    Template.objects.filter(pk=kept.pk).update(mjml=LOOP, version=2)
    check_seal(find(issue.pk))
    assert rendering_of(find(issue.pk), now=NOW).html == html
    Template.objects.all().delete()
    check_seal(find(issue.pk))
    assert rendering_of(find(issue.pk), now=NOW).html == html


def test_an_approved_issue_is_made_again_with_the_template_it_was_approved_with(issue: Issue) -> None:
    stored()
    approve(issue.pk, by="ada", now=NOW)
    Template.objects.all().delete()
    done = rebuild(issue.pk)
    assert (done.same, faults(done.locked)) == (True, [])
    assert any(words.startswith("template ") for words in done.changed["rows"])
