"""Feeds as they are in the wild."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources.feed import Feed

BASE = "https://m.example/blog/"


def entries(content: str | bytes, url: str = BASE) -> list[IncomingArticle | RefusedRecord]:
    octets = content if isinstance(content, bytes) else content.encode()
    return Feed().read(octets, key="meridian", url=url)


def article(content: str | bytes) -> IncomingArticle:
    [found] = entries(content)
    assert isinstance(found, IncomingArticle)
    return found


def rss(item: str, more: str = "") -> str:
    spaces = " ".join(
        f'xmlns:{name}="{address}"'
        for name, address in {
            "content": "http://purl.org/rss/1.0/modules/content/",
            "dc": "http://purl.org/dc/elements/1.1/",
            "media": "http://search.yahoo.com/mrss/",
            "atom": "http://www.w3.org/2005/Atom",
        }.items()
    )
    channel = f"<channel><title>M</title>{more}<item>{item}</item></channel>"
    return f'<?xml version="1.0"?><rss version="2.0" {spaces}>{channel}</rss>'


def titled(more: str) -> IncomingArticle:
    return article(rss(f"<title>Rivers</title><link>https://m.example/2026/11/rivers</link>{more}"))


def test_the_whole_text_is_the_body_and_the_description_the_teaser() -> None:
    found = titled(
        "<description>Short.</description><content:encoded>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</content:encoded>"
    )
    assert (found.teaser, found.body) == ("Short.", "One.\n\nTwo.")


def test_a_short_description_alone_is_the_teaser_and_no_body() -> None:
    found = titled("<description>Who owns the water?</description>")
    assert (found.teaser, found.body) == ("Who owns the water?", "")


@pytest.mark.parametrize("html", ["&lt;b&gt;Water&lt;/b&gt; &amp;amp; land", "<![CDATA[<b>Water</b> &amp; land]]>"])
def test_html_escaped_or_naked_becomes_plain(html: str) -> None:
    assert titled(f"<description>{html}</description>").teaser == "Water & land"


def test_nothing_of_a_script_is_left() -> None:
    found = titled("<description><![CDATA[Hello<script>alert(1)</script><img src=x onerror=alert(1)>]]></description>")
    assert "alert" not in found.teaser + found.body


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("jane@m.example (Jane Doe)", "Jane Doe"),
        ("Jane Doe &lt;jane@m.example&gt;", "Jane Doe"),
        ("Thomas Graham, Jr.", "Thomas Graham, Jr."),
    ],
)
def test_an_author_is_the_name_without_the_mail_address(author: str, name: str) -> None:
    assert titled(f"<author>{author}</author>").authors == (name,)


def test_a_mail_address_alone_is_no_author() -> None:
    assert titled("<author>jane@m.example</author>").authors == ()


def test_several_creators_keep_their_order() -> None:
    assert titled("<dc:creator>B B</dc:creator><dc:creator>A A</dc:creator>").authors == ("B B", "A A")


def test_all_categories_are_kept_for_the_mapping() -> None:
    assert titled("<category>Mideast</category><category>Energy</category>").categories == ("Mideast", "Energy")


def test_a_guid_that_is_no_link_is_the_key_and_not_the_address() -> None:
    found = titled('<guid isPermaLink="false">tag:4711</guid>')
    assert (found.key, found.url) == ("tag:4711", "https://m.example/2026/11/rivers")


def test_a_guid_that_is_a_link_serves_where_there_is_no_other() -> None:
    assert (
        article(rss("<title>R</title><guid>https://m.example/2026/11/r-s</guid>")).url
        == "https://m.example/2026/11/r-s"
    )


def test_a_relative_link_starts_from_the_feed() -> None:
    assert article(rss("<title>R</title><link>2026/11/r-s</link>")).url == f"{BASE}2026/11/r-s"


def test_tracking_is_dropped_from_links() -> None:
    found = article(rss("<title>R</title><link>https://m.example/2026/11/r-s?utm_source=rss&amp;id=7</link>"))
    assert found.url == "https://m.example/2026/11/r-s?id=7"


def test_an_item_without_title_is_refused_and_never_named_by_its_teaser() -> None:
    [found] = entries(rss("<description>Who owns the water?</description>"))
    assert isinstance(found, RefusedRecord)
    assert found.reason == "no_title"


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("Fri, 20 Nov 2026 23:30:00 -0500", date(2026, 11, 20)),
        ("2026-11-20T10:00:00Z", date(2026, 11, 20)),
        ("yesterday", date(2026, 11, 1)),  # the month of the address
        ("", date(2026, 11, 1)),
    ],
)
def test_a_date_is_the_day_its_writer_saw_and_a_bad_one_is_none(told: str, day: date) -> None:
    assert titled(f"<pubDate>{told}</pubDate>").published_on == day


def test_a_picture_comes_from_media_or_an_enclosure() -> None:
    media = titled('<media:content url="https://m.example/a.jpg" medium="image"/>')
    enclosed = titled('<enclosure url="https://m.example/b.jpg" type="image/jpeg" length="1"/>')
    assert (media.image_url, enclosed.image_url) == ("https://m.example/a.jpg", "https://m.example/b.jpg")


def test_atom_tells_when_it_was_changed() -> None:
    found = article(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>M</title><entry><title type="html">A &amp;amp; B</title>'
        '<link href="https://m.example/2026/11/a-b"/><id>urn:1</id><updated>2026-11-21T09:00:00Z</updated>'
        "<published>2026-11-20T09:00:00Z</published><author><name>Jane Doe</name></author></entry></feed>"
    )
    assert (found.title, found.authors, found.published_on) == ("A & B", ("Jane Doe",), date(2026, 11, 20))
    assert found.modified_at == datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_rss_1_is_read() -> None:
    found = article(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel '
        'rdf:about="x"><title>M</title></channel><item rdf:about="y"><title>Rivers</title>'
        "<link>https://m.example/2026/11/rivers</link></item></rdf:RDF>"
    )
    assert found.title == "Rivers"


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1251", "shift_jis", "utf-16"])
def test_other_encodings_are_read(encoding: str) -> None:
    word = {"iso-8859-1": "Müller", "windows-1251": "Реки", "shift_jis": "東京", "utf-16": "Реки"}[encoding]
    text = rss(f"<title>{word}</title><link>https://m.example/2026/11/x-y</link>")
    assert (
        article(text.replace('version="1.0"', f'version="1.0" encoding="{encoding}"', 1).encode(encoding)).title == word
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("<!DOCTYPE html><html><title>Maintenance</title></html>", "html_page"),
        ("not xml at all", "not_a_feed"),
        ('<rss version="2.0"><channel><title>M</title></channel></rss>', "no_records"),
    ],
)
def test_an_answer_without_a_feed_is_refused_as_a_whole(content: str, reason: str) -> None:
    [found] = entries(content)
    assert isinstance(found, RefusedRecord)
    assert found.reason == reason


def test_a_bomb_of_entities_does_not_go_off_and_no_file_is_read() -> None:
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    trap = f'<!DOCTYPE r [<!ENTITY e0 "ha">{nested}<!ENTITY f SYSTEM "file:///etc/hostname">]>'
    text = rss("<title>Boom &e9; &f;</title><link>https://m.example/2026/11/b-c</link>")
    [found] = entries(text.replace("?>", "?>" + trap, 1))
    assert isinstance(found, IncomingArticle)
    assert len(found.title) < 40


def test_a_feed_that_is_the_name_of_a_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "own.xml").write_text(rss("<title>Ours</title>"))
    [found] = entries(str(tmp_path / "own.xml"))
    assert isinstance(found, RefusedRecord)
    assert found.reason == "not_a_feed"


def test_entries_behind_the_first_thousands_are_told() -> None:
    *_, last = entries(rss("<title>a</title></item><item>" * 2001))
    assert isinstance(last, RefusedRecord)
    assert (last.reason, last.position) == ("too_many", "entry 2001")
