"""The sample newsroom: what was written is what is ingested, and it fills every newsletter."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.ingest.models import QuarantinedRecord
from newsletter.issues.draft import draft
from newsletter.issues.queries import placed
from newsletter.issues.render import rendering_of
from newsletter.issues.shortfalls import shortfalls
from newsletter.management.sample import Newsroom, load_newsroom
from tests.factories import NOW

ROOM = Path(__file__).parents[2] / "examples" / "newsroom"
sys.path.insert(0, str(ROOM))
from build_pages import build, stories  # noqa: E402

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsroom() -> Newsroom:
    return load_newsroom(by="operator ada", now=NOW, readers_of=("ctw",))


def test_what_is_committed_is_what_the_stories_make(tmp_path: Path) -> None:
    build(tmp_path)
    made = {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert {name: (ROOM / name).read_bytes() for name in made} == made
    assert len(list((ROOM / "pages").iterdir())) == len(list((tmp_path / "pages").iterdir()))


def test_every_story_is_ingested_with_its_own_words(newsroom: Newsroom) -> None:
    written = {(story.title, story.teaser, tuple(story.authors)) for story in stories()}
    taken = {(row.title, row.teaser, tuple(row.authors)) for row in Article.objects.all()}
    assert written - taken == set()
    assert taken - written == set()


def test_there_are_articles_enough_in_every_language(newsroom: Newsroom) -> None:
    found = Counter(Article.objects.values_list("language", flat=True))
    assert found.total() >= 120
    assert (found["ar"] >= 10, found["ru"] >= 10, found["zh"] >= 5, found["fr"] >= 3, found["es"] >= 2) == (True,) * 5


def test_the_broken_pages_are_quarantined_with_their_reasons(newsroom: Newsroom) -> None:
    reasons = dict(QuarantinedRecord.objects.values_list("key", "reason"))
    assert reasons == {
        "broken-cut.txt": "broken_json",
        "broken-no-metadata.txt": "no_json",
        "broken-no-title.txt": "no_title",
    }


def test_a_thousand_readers_with_names_in_many_scripts_are_loaded(newsroom: Newsroom) -> None:
    assert (newsroom.readers.loaded, newsroom.readers.refused) == (1000, [])


@pytest.mark.parametrize("code", ["ctw", "asia", "democracy", "menaTransitions", "americanStatecraft"])
def test_every_newsletter_drafts_a_full_issue_without_errors(newsroom: Newsroom, code: str) -> None:
    issue = draft(Newsletter.objects.select_related("sender").get(code=code), now=NOW, by="ada")
    assert shortfalls(issue) == ()
    assert len(placed(issue)) >= 4
    assert [finding for finding in rendering_of(issue, now=NOW).findings if finding["level"] == "E"] == []
