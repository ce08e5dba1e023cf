"""Live pages are looked at on request only, never inside a private network, and what they gave stays a finding."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from newsletter.articles.models import Article
from newsletter.issues.draft import draft
from newsletter.issues.look_up import look_up, pages
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.issues.render import rendering_of
from newsletter.rendering.finding import Page
from tests.factories import NOW, make_article, make_newsletter
from tests.ingest.street import House, house

pytestmark = pytest.mark.django_db
HTML = {"Content_Type": "text/html; charset=utf-8"}


@pytest.fixture
def there(settings: Any) -> Iterator[House]:
    settings.PULL_ALLOW = (ip_network("127.0.0.1/32"),)
    with house() as own:
        yield own


def test_a_page_is_told_with_its_titles(there: House) -> None:
    body = "<title>A – B | Meridian</title><meta property='og:title' content='A – B'><h1>A <i>B</i></h1>"
    address = there.serve("/a", body.encode(), **HTML)
    assert pages([address]) == {address: Page(address, titles=("A – B | Meridian", "A – B", "A B"))}


def test_a_dead_page_says_so_and_a_closed_one_only_that_it_was_not_seen(there: House) -> None:
    gone, closed = there.serve("/gone", b"", status=404), there.serve("/closed", b"", status=403)
    found = pages([gone, closed])
    assert (found[gone].dead, found[closed].dead, bool(found[closed].trouble)) == (True, False, True)


def test_an_image_is_weighed(there: House) -> None:
    address = there.serve("/a.png", b"x" * 300_000, Content_Type="image/png")
    assert pages([address])[address].octets == 300_000


def test_what_is_larger_than_we_fetch_is_too_heavy(there: House) -> None:
    address = there.serve("/a.png", b"x" * 3_000_000, Content_Type="image/png")
    assert pages([address])[address].octets > 1_000_000


def test_nothing_private_is_looked_at(settings: Any) -> None:
    settings.PULL_ALLOW = ()
    found = pages(["http://127.0.0.1:8080/", "http://[::1]/", "http://169.254.169.254/latest", "http://10.1.2.3/"])
    assert [(one.dead, "private" in one.trouble) for one in found.values()] == [(True, True)] * 4


def test_at_most_so_many_addresses_are_looked_up(settings: Any) -> None:
    settings.PULL_ALLOW = ()
    found = pages(f"http://127.0.0.1:8080/{number}" for number in range(250))
    assert sum(page.trouble == "too many addresses" for page in found.values()) == 50


@pytest.fixture
def issue(there: House) -> Issue:
    make_article("The harbor")
    address = there.serve("/harbor", b"<title>The port | Meridian</title>", **HTML)
    Article.objects.update(url=address, image_url="")
    return draft(make_newsletter(), now=NOW, by="ada")


def rules(found: list[dict[str, str]]) -> set[str]:
    return {one["rule"] for one in found} & {"live_links", "live_titles"}


def test_without_a_request_nothing_is_fetched(issue: Issue, there: House) -> None:
    assert rules(rendering_of(issue, now=NOW).findings) == set()
    assert there.asked == []


def test_what_live_pages_gave_stays_among_the_findings_and_in_the_history(issue: Issue) -> None:
    look_up(issue.pk, by="ada", now=NOW)
    assert rules(rendering_of(issue, now=NOW).findings) == {"live_titles"}
    assert HistoryEntry.objects.filter(issue=issue, act="look_up", by="ada").count() == 1


def test_a_link_that_was_mended_is_no_longer_found(issue: Issue, there: House) -> None:
    there.serve("/harbor", b"", status=404)
    dead = rules(look_up(issue.pk, by="ada", now=NOW)[0].findings)
    there.serve("/harbor", b"<title>The harbor</title>", **HTML)
    assert (dead, rules(look_up(issue.pk, by="ada", now=NOW)[0].findings)) == ({"live_links"}, set())
