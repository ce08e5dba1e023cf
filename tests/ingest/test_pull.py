"""Sources are pulled when due, once, and a bad day of theirs costs us nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from newsletter.articles.models import Article
from newsletter.errors import Conflict, Invalid, NotFound, Refused
from newsletter.ingest.models import Source
from newsletter.ingest.pull import next_pause, pull, pull_due, snapshot
from newsletter.ingest.source_file import dump, load
from newsletter.ingest.store import ingest_paths
from tests.factories import NOW
from tests.ingest.street import House, house

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Meridian</title>
<item><title>Rivers and Borders</title>
<link>https://m.example/2026/11/rivers?utm_source=rss</link>
<guid isPermaLink="false">4711</guid><pubDate>Fri, 20 Nov 2026 09:00:00 +0000</pubDate>
<author>jane@m.example (Jane Doe)</author><category>Mideast</category>
<description>&lt;p&gt;Who owns the &lt;b&gt;water&lt;/b&gt;?&lt;/p&gt;
&lt;script&gt;alert(1)&lt;/script&gt;</description>
</item></channel></rss>"""


@pytest.fixture
def there(settings: Any) -> Iterator[House]:
    settings.PULL_ALLOW = (ip_network("127.0.0.1/32"),)
    with house() as own:
        yield own


def source(there: House, content: bytes = FEED.encode(), **more: str) -> Source:
    address = there.serve("/feed", content, ETag='"v1"', Last_Modified="Fri, 20 Nov 2026 09:00:00 GMT")
    lines = "\n".join(f"{name} = {value}" for name, value in more.items() if "." not in name)
    return load(f'code = "meridian"\nform = "feed"\naddress = "{address}"\n{lines}', where="x.toml", now=NOW)


def test_a_due_source_is_pulled_and_its_articles_stored(there: House) -> None:
    source(there)
    [done] = pull_due(now=NOW)
    article = Article.objects.get()
    assert (done.outcome, done.new) == ("stored", 1)
    assert (article.title, article.teaser, article.authors) == (
        "Rivers and Borders",
        "Who owns the water?",
        ["Jane Doe"],
    )
    assert (article.url, article.source) == ("https://m.example/2026/11/rivers", "meridian")


def test_a_source_is_not_pulled_again_before_its_time(there: House) -> None:
    source(there)
    pull_due(now=NOW)
    assert pull_due(now=NOW + timedelta(minutes=50)) == []
    assert [done.outcome for done in pull_due(now=NOW + 2 * HOUR)] == ["stored"]


def test_what_has_not_changed_is_asked_for_by_its_tag(there: House) -> None:
    source(there)
    pull("meridian", now=NOW)
    there.serve("/feed", status=304)
    done = pull("meridian", now=NOW + HOUR)
    assert done.outcome == "not_modified"
    assert (there.last("if-none-match"), there.last("if-modified-since")) == ('"v1"', "Fri, 20 Nov 2026 09:00:00 GMT")


@pytest.mark.parametrize("tag", ["caf\u00e9", "x" * 501])
def test_a_tag_that_cannot_be_sent_back_is_not_kept(there: House, tag: str) -> None:
    source(there)
    there.serve("/feed", FEED.encode(), ETag=tag)
    assert [pull("meridian", now=NOW).outcome for _ in range(2)] == ["stored", "stored"]
    assert Source.objects.get().etag == ""


def test_nothing_changed_without_being_asked_is_a_failure(there: House) -> None:
    source(there)
    there.serve("/feed", status=304)
    assert pull("meridian", now=NOW).outcome == "failed"


def test_what_is_read_by_other_rules_is_asked_for_anew(there: House) -> None:
    made = source(there)
    pull("meridian", now=NOW)
    text = dump(Source.objects.get()) + '[mapping.categories]\nmideast = { region = "Iran" }\n'
    load(text, where="x", now=NOW)
    pull("meridian", now=NOW + HOUR)
    assert (there.last("if-none-match"), Article.objects.get().regions, made.code) == ("", ["Iran"], "meridian")


NO_FEEDS = [b"", b"<!doctype html><title>Maintenance</title>", b"{}", b"\x00\x01", b"<rss"]


@pytest.mark.parametrize("content", NO_FEEDS)
def test_an_answer_that_is_no_feed_is_a_failure_and_the_last_good_one_stays(there: House, content: bytes) -> None:
    source(there)
    pull("meridian", now=NOW)
    there.serve("/feed", content)
    done = pull("meridian", now=NOW + HOUR)
    kept = Source.objects.get()
    assert (done.outcome, kept.failures, kept.good_at) == ("failed", 1, NOW)
    assert (snapshot(kept), Article.objects.count()) == (FEED.encode(), 1)


def test_a_source_that_fails_waits_longer_every_time() -> None:
    waits = [next_pause(HOUR, failures, chance=0.5) for failures in range(7)]
    assert waits == [HOUR * n for n in (1, 2, 4, 8, 16, 24, 24)]


def test_waiting_is_spread_so_that_sources_do_not_come_at_once() -> None:
    assert (next_pause(HOUR, 0, chance=0), next_pause(HOUR, 0, chance=1)) == (0.9 * HOUR, 1.1 * HOUR)


def test_one_source_in_trouble_hurts_no_other(there: House) -> None:
    source(there)
    load(f'code = "broken"\nform = "json-feed"\naddress = "{there.url}/gone"', where="x", now=NOW - HOUR)
    assert [(one.source, one.outcome) for one in pull_due(now=NOW)] == [("broken", "failed"), ("meridian", "stored")]


def test_a_source_that_somebody_pulls_is_left_alone(there: House) -> None:
    made = source(there)
    Source.objects.filter(pk=made.pk).update(leased_until=NOW + timedelta(minutes=1))
    assert pull_due(now=NOW) == []
    with pytest.raises(Conflict, match="being pulled"):
        pull("meridian", now=NOW)


def test_a_lease_of_the_dead_ends(there: House) -> None:
    made = source(there)
    Source.objects.filter(pk=made.pk).update(leased_until=NOW - timedelta(seconds=1))
    assert len(pull_due(now=NOW)) == 1


def test_a_private_address_is_refused_and_told(there: House, settings: Any) -> None:
    source(there)
    settings.PULL_ALLOW = (ip_network("10.0.0.0/8"),)
    assert "private network" in pull("meridian", now=NOW).trouble


def test_all_pages_of_a_wordpress_site_are_pulled(there: House) -> None:
    post = b'[{"id": 1, "title": {"rendered": "Rivers &amp; Borders"}, "link": "https://m.example/2026/11/a-b"}]'
    address = there.serve("/wp-json/wp/v2/posts", post, X_WP_TotalPages="3")
    load(f'code = "wp"\nform = "wordpress"\naddress = "{address}"', where="x", now=NOW)
    pull("wp", now=NOW)
    assert [f"page={number}" in path for number, (path, _) in enumerate(there.asked, 1)] == [True, True, True]
    assert Article.objects.get().title == "Rivers & Borders"


POST = '[{{"id": {0}, "title": {{"rendered": "Post {0}"}}, "link": "https://m.example/2026/11/p-{0}"}}]'


def wordpress(there: House, pages: list[tuple[int, bytes]], **headers: str) -> None:
    """Serve one page after the other, and load the source."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        number = int(parse_qs(urlsplit(request.path).query)["page"][0])
        status, content = pages[min(number, len(pages)) - 1]
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(content)

    there.answers["/posts"] = answer
    load(f'code = "wp"\nform = "wordpress"\naddress = "{there.url}/posts"', where="x", now=NOW)


@pytest.mark.parametrize("end", [(400, b'{"code": "rest_post_invalid_page_number"}'), (200, b"[]")])
def test_a_site_that_does_not_tell_its_pages_is_read_to_the_last(there: House, end: tuple[int, bytes]) -> None:
    wordpress(there, [(200, POST.format(1).encode()), (200, POST.format(2).encode()), end])
    done = pull("wp", now=NOW)
    assert (done.outcome, done.new, len(there.asked)) == ("stored", 2, 3)


def test_a_site_that_gives_one_page_for_every_number_is_asked_twice(there: House) -> None:
    wordpress(there, [(200, POST.format(1).encode())])
    assert (pull("wp", now=NOW).outcome, len(there.asked)) == ("stored", 2)


def test_a_page_that_fails_costs_no_page_before_it(there: House) -> None:
    wordpress(there, [(200, POST.format(1).encode()), (503, b"")], X_WP_TotalPages="3")
    done = pull("wp", now=NOW)
    kept = Source.objects.get()
    assert (done.outcome, done.new, kept.failures, kept.good_at, snapshot(kept)) == ("partly", 1, 1, None, b"")
    assert "503" in kept.trouble


def test_a_mapping_turns_categories_into_facets(there: House) -> None:
    source(there)
    Source.objects.update(mapping={"categories": {"mideast": {"region": "Middle East", "newsletter": ["ctw"]}}})
    pull("meridian", now=NOW)
    article = Article.objects.get()
    assert (article.regions, article.newsletters) == (["Middle East"], ["ctw"])


def test_a_push_source_has_nothing_to_pull() -> None:
    load('code = "cms"\nform = "push"', where="x", now=NOW)
    with pytest.raises(Refused, match="no address"):
        pull("cms", now=NOW)
    with pytest.raises(NotFound, match="no source"):
        pull("nobody", now=NOW)


class TestFile:
    WHOLE = """code = "meridian"
title = "Meridian"
form = "csv"
address = "https://m.example/export.csv"
every = "6h"
active = true
renew = true

[mapping.categories.Mideast]
region = "Middle East"

[mapping.defaults]
newsletter = ["ctw"]

[mapping.columns]
title = "Headline"

[vocabulary]
newsletter = ["ctw", "asia"]
"""

    def test_load_and_dump_are_inverses(self) -> None:
        text = dump(load(self.WHOLE, where="x", now=NOW))
        assert dump(load(text, where="x", now=NOW)) == text
        assert tomllib.loads(text) == tomllib.loads(self.WHOLE)

    def test_a_second_load_keeps_what_pulls_left_behind(self) -> None:
        load(self.WHOLE, where="x", now=NOW)
        Source.objects.update(etag="e", failures=2)
        load(self.WHOLE.replace("6h", "7h"), where="x", now=NOW)
        assert (Source.objects.get().etag, Source.objects.get().failures) == ("e", 2)

    def test_another_address_begins_anew(self) -> None:
        load(self.WHOLE, where="x", now=NOW)
        Source.objects.update(etag="e", failures=2)
        load(self.WHOLE.replace("export", "other"), where="x", now=NOW)
        assert (Source.objects.get().etag, Source.objects.get().failures) == ("", 0)

    @pytest.mark.parametrize(
        ("old", "new", "where"),
        [
            ('form = "csv"', 'form = "cvs"', "x: form"),
            ("https://m", "ftp://m", "x: address"),
            ("https://m", "http://ada:secret@m", "x: address"),
            ('every = "6h"', 'every = "1s"', "x: every"),
            ("region = ", "regoin = ", "x: mapping.categories.Mideast.regoin"),
            ('["ctw", "asia"]', "5", "x: vocabulary.newsletter"),
            ('"Headline"', "1", "x: mapping.columns.title"),
            ("renew", "renewed", "x: renewed"),
            ("code = ", "code : ", "x"),
        ],
    )
    def test_a_wrong_value_is_refused_with_its_place(self, old: str, new: str, where: str) -> None:
        with pytest.raises(Invalid) as refused:
            load(self.WHOLE.replace(old, new, 1), where="x", now=NOW)
        assert refused.value.where == where
        assert not Source.objects.exists()


def test_files_of_every_form_go_in(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(FEED)
    (tmp_path / "b.csv").write_text("title,url\nDeltas,https://m.example/2026/11/deltas\n")
    (tmp_path / "c.jsonl").write_text('{"title": "Ports", "url": "https://m.example/2026/11/ports"}\n')
    new = [
        ingest_paths([tmp_path], form=form, source=form, url_map={}, now=NOW).new for form in ("feed", "csv", "jsonl")
    ]
    assert new == [1, 1, 1]
