"""An approved issue is made again from its lock alone, whatever became of what it was made of."""

from __future__ import annotations

import hashlib
import shutil
import zlib
from pathlib import Path
from typing import Any

import pytest

from newsletter.articles.models import Article, ArticleBody
from newsletter.catalogue.models import Brand, Newsletter, Sender
from newsletter.delivery.writer import writer_of
from newsletter.errors import Conflict, Invalid, NotFound
from newsletter.issues import lock as locking
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.lifecycle import find
from newsletter.issues.material import gather, pack, unpack
from newsletter.issues.models import HistoryEntry, Issue, IssueLock, LockedFile
from newsletter.issues.queries import placed, stored_renderings
from newsletter.issues.rebuild import faults, opened, rebuild
from newsletter.issues.render import rendering_of
from newsletter.issues.show_to import show_to
from newsletter.rendering import words
from tests.factories import NOW, make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db
BRAND = {"accent": "#aa3300", "disclaimers": {"en": "Meridian takes no positions.", "ar": "لا مواقف."}}


@pytest.fixture
def issue() -> Issue:
    Brand.objects.create(code="dc", name="Meridian Washington", design=BRAND)
    first = make_article("The harbor", primary_center="Meridian Washington", image_url="https://x.example/a.jpg")
    ArticleBody.objects.create(article=first, text="The first paragraph.\n\nThe second.")
    make_article("ميناء", language="ar", type="research")
    drafted = draft(make_newsletter(brand="dc", template="single", language="fr"), now=NOW, by="ada")
    reword(drafted.pk, "headline", "A harbor", article_id=first.pk, by="ada", now=NOW)
    return approve(drafted.pk, by="ada", now=NOW)


@pytest.fixture
def templates(tmp_path: Path, settings: Any) -> Path:
    """A copy of the templates that may be spoilt."""
    settings.TEMPLATES_DIR = Path(shutil.copytree(settings.TEMPLATES_DIR, tmp_path / "templates"))
    return Path(settings.TEMPLATES_DIR)


def test_what_was_approved_is_made_again_byte_by_byte(issue: Issue) -> None:
    done = rebuild(issue.pk)
    stored = rendering_of(issue, now=NOW)
    [again] = done.variants
    assert again.rendering is not None
    assert (done.same, again.rendering.html, again.rendering.text) == (True, stored.html, stored.text)
    assert (done.changed, faults(done.locked)) == ({}, [])


def test_it_comes_out_the_same_when_everything_it_was_made_of_has_changed(issue: Issue, templates: Path) -> None:
    before = rendering_of(issue, now=NOW).html
    Article.objects.update(title="Another title", teaser="Other words", authors=["Nobody"], image_url="")
    ArticleBody.objects.update(text="Other paragraphs")
    Brand.objects.update(design={"accent": "#00ff00"})
    Newsletter.objects.update(title="Another title", language="en", template="classic")
    Sender.objects.update(name="Others", postal_address="Elsewhere")
    for template in (templates / "digests").rglob("*.j2"):
        template.write_text("spoilt")
    [again] = rebuild(issue.pk).variants
    assert again.rendering is not None
    assert (again.differs, again.rendering.html) == ((), before)


def test_interface_words_come_from_the_lock(issue: Issue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "locale"
    shutil.copytree(words.LOCALE, other)
    (other / "fr" / "LC_MESSAGES" / "digest.po").write_text("")
    (other / words.SOURCE).write_text('{"words": {"read": "Nothing"}, "types": {}}')
    with words.catalogues_in(other):
        assert rebuild(issue.pk).same


def test_what_changed_since_the_approval_is_named(issue: Issue, templates: Path) -> None:
    article = placed(issue)[0].article
    Article.objects.filter(pk=article.pk).update(title="Another title")
    (templates / "digests" / "single.txt.j2").write_text("spoilt")
    changed = rebuild(issue.pk).changed
    assert (changed["rows"], changed["templates"]) == ([f"article {article.pk}: title"], ["digests/single.txt.j2"])


def test_another_version_of_a_library_is_named(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = IssueLock.objects.get()
    then = {**kept.manifest["libraries"], "premailer": "3.9.0"}
    IssueLock.objects.update(manifest={**kept.manifest, "libraries": then})
    now = kept.manifest["libraries"]["premailer"]
    assert rebuild(issue.pk).changed["libraries"] == [f"premailer was 3.9.0, is {now}"]


def test_a_rendering_that_comes_out_otherwise_is_shown_with_its_first_lines(issue: Issue) -> None:
    kept = IssueLock.objects.get()
    other = make_locked("spoilt {{ digest.title }}")
    manifest = {**kept.manifest, "templates": {**kept.manifest["templates"], "digests/single.txt.j2": other}}
    IssueLock.objects.update(manifest=manifest)
    [again] = rebuild(issue.pk).variants
    assert (again.differs[0], again.differs[-1]) == ("The text differs.", "+spoilt This Week")


def make_locked(text: str) -> str:
    name = hashlib.sha256(text.encode()).hexdigest()
    LockedFile.objects.create(sha256=name, octets=zlib.compress(text.encode()))
    return name


def test_a_template_that_is_broken_now_is_told_and_stops_nothing(issue: Issue) -> None:
    kept = IssueLock.objects.get()
    manifest = {**kept.manifest, "templates": {"digests/single.mjml.j2": make_locked("{% if %}")}}
    IssueLock.objects.update(manifest=manifest)
    [again] = rebuild(issue.pk).variants
    assert (again.rendering, again.differs[-1].startswith("It cannot be rendered any more")) == (None, True)


def test_a_damaged_lock_is_refused(issue: Issue) -> None:
    LockedFile.objects.filter(sha256=IssueLock.objects.get().manifest["inputs"][0]).update(
        octets=b"x\x9c\x03\0\0\0\0\1"
    )
    with pytest.raises(Invalid) as refusal:
        rebuild(issue.pk)
    assert refusal.value.code == "damaged"


def test_an_altered_manifest_is_a_fault(issue: Issue) -> None:
    kept = IssueLock.objects.get()
    IssueLock.objects.update(manifest={**kept.manifest, "site": "https://elsewhere.example"})
    assert faults(opened(IssueLock.objects.get())) == ["The manifest was altered."]


def test_an_altered_seal_is_a_fault(issue: Issue) -> None:
    IssueLock.objects.update(seal="0" * 64)
    assert faults(opened(IssueLock.objects.get())) == ["The seal does not belong to what the lock holds."]


def test_the_history_names_the_lock(issue: Issue) -> None:
    approved = HistoryEntry.objects.get(issue=issue, act="approve")
    assert approved.detail == {"lock": IssueLock.objects.get().digest}


def test_texts_are_kept_once_for_all_issues(issue: Issue) -> None:
    before = LockedFile.objects.count()
    make_article("A third", available_at=NOW.replace(month=12, day=1))
    second = draft(issue.newsletter, at=NOW.replace(month=12, day=20), now=NOW, by="ada")
    approve(second.pk, by="ada", now=NOW)
    new = LockedFile.objects.count() - before  # its own rows, its article, its rendering: no template, no catalogue
    assert (new < 12, IssueLock.objects.count()) == (True, 2)


def test_every_variant_is_locked_and_made_again(issue: Issue) -> None:
    reword(issue.pk, "note", "Dear all", by="ada", now=NOW)
    show_to(issue.pk, "plan:paid", by="ada", now=NOW)
    make_reader(issue.newsletter, plan="paid")
    approve(issue.pk, by="ada", now=NOW)
    done = rebuild(issue.pk)
    assert ([one.variant for one in done.variants], done.same, faults(done.locked)) == (["", "2"], True, [])


def test_an_earlier_approval_is_rebuilt_by_its_seal(issue: Issue) -> None:
    first, before = issue.seal, rendering_of(issue, now=NOW).html
    reword(issue.pk, "note", "Dear all", by="ada", now=NOW)
    approve(issue.pk, by="ada", now=NOW)
    old, new = rebuild(issue.pk, seal=first[:12]), rebuild(issue.pk)
    [again] = old.variants
    assert again.rendering is not None
    assert (again.rendering.html == before, old.same, new.same) == (True, True, True)
    assert new.locked.lock.seal == find(issue.pk).seal


def test_an_issue_nobody_approved_has_no_lock() -> None:
    drafted = draft(make_newsletter("asia"), now=NOW, by="ada")
    with pytest.raises(NotFound):
        rebuild(drafted.pk)


def test_what_changes_between_rendering_and_approval_is_a_conflict(issue: Issue) -> None:
    material, renderings = gather(issue), list(stored_renderings(issue))
    material.picks[0].article.teaser = "Came in this very moment."
    with pytest.raises(Conflict):
        locking.lock(material, renderings, seal="1" * 64, now=NOW)


def test_rows_come_back_from_their_texts_as_they_were(issue: Issue) -> None:
    rows = pack(gather(issue))
    assert pack(unpack(rows)) == rows


def test_an_edit_that_readers_do_not_see_can_be_sent(issue: Issue) -> None:
    reword(issue.pk, "event_place", "The hall", article_id=placed(issue)[0].article_id, by="ada", now=NOW)
    approved = approve(issue.pk, by="ada", now=NOW)
    Issue.objects.filter(pk=approved.pk).update(sending_at=NOW)
    assert list(writer_of(issue.pk).compiled) == [""]
