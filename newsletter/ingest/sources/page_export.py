"""Page exports: a JSON metadata object somewhere in the text of a page.

What stands before the object is left over from another item and says nothing about this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date

from newsletter.articles.identity import slug_of
from newsletter.articles.language import language_of
from newsletter.ingest.dates import address_date
from newsletter.ingest.decode import Undecodable, decode
from newsletter.ingest.ending import until_end
from newsletter.ingest.lead import Opening
from newsletter.ingest.metadata import Found, Metadata, NotFound, find_metadata, read_metadata
from newsletter.ingest.opening import read_opening
from newsletter.ingest.source import IncomingArticle, Oddity, Precision, RefusedRecord
from newsletter.ingest.tidy import even_lines, safe, tidy, trimmed

SHORT_BODY = 200
LANGUAGE_SAMPLE = 1000
SMALL_WORDS = "a an and as at but by for from in into nor of on or the to vs with"
CAPITALS = "eu nato uk usa un imf wto ai gcc brics aukus nsa cia isis iaea asean opec inf dprk"
_DOUBTS = {
    "cut": Oddity("cut_file", "body", "The file ends inside a letter: it was cut off."),
    "guessed": Oddity("encoding", "body", "The file is not UTF-8; it was read as Windows-1252."),
}
_NO_TITLE = (
    "The page has no title and no address that tells one. Give its address in the URL map, or a title in the CMS."
)


class PageExport:
    """The socket's plug for page exports."""

    name = "page-export"

    def read(self, content: bytes, *, key: str, url: str) -> list[IncomingArticle | RefusedRecord]:
        """Return the article of one exported page, or why it has to wait for a person: always one record."""
        return [read_page(content, key=key, url=url)]


def read_page(content: bytes, *, key: str, url: str, title: str = "") -> IncomingArticle | RefusedRecord:
    """Return the article of one exported page; ``title`` is a person's, for a page that tells none."""
    decoded = decode(content)
    if isinstance(decoded, Undecodable):
        place = f"line {decoded.line}, column {decoded.column}"
        return RefusedRecord(key, "not_text", decoded.reason, place, safe(content.decode("utf-8", "replace")))
    text = even_lines(safe(decoded.text))
    found = find_metadata(text)
    if isinstance(found, NotFound):
        return RefusedRecord(key, found.reason, found.message, _position(text, found.at), text)
    doubts = [_DOUBTS[decoded.doubt]] if decoded.doubt else []
    return _Page(key, url, text, found, title).read(doubts)


@dataclass(frozen=True, slots=True)
class _Page:
    key: str
    url: str
    text: str
    found: Found
    given_title: str

    def read(self, doubts: list[Oddity]) -> IncomingArticle | RefusedRecord:
        metadata = read_metadata(self.found.value)
        slug = slug_of(self.url)
        after, second = self._text_of_page()
        lines = [line for line in map(trimmed, after.split("\n")) if line]
        ending = until_end(lines, names=(metadata.primary_center, *metadata.centers), authors=metadata.authors)
        opening = read_opening(ending.lines, metadata=metadata, slug=slug)
        opening.publisher = opening.publisher or ending.source[:500]
        oddities = [*doubts, *metadata.oddities, *opening.oddities]
        if ending.heading_alone:
            oddities.append(Oddity("heading_alone", "body", f"{ending.heading_alone!r} has nothing below it."))
        if second:
            oddities.append(
                Oddity("second_page", "body", f"A second page begins at {second}; give it a file of its own.")
            )
        title, derived = self._title(opening.title, slug)
        if not title:
            return RefusedRecord(self.key, "no_title", _NO_TITLE, _position(self.text, self.found.end), self.text)
        return self._article(metadata, opening, title, derived, oddities)

    def _title(self, told: str, slug: str) -> tuple[str, bool]:
        """Return the page's title, else a person's, else one made of the address, and whether it was made."""
        told = told or tidy(self.given_title)
        if told:
            return told, False
        told_by_address = address_date(self.url)[0] is not None or len(re.findall(r"[^\W\d_]{2,}", slug)) > 1
        return (title_from(slug) if told_by_address else ""), True  # "/publications" names a shelf, not an article

    def _text_of_page(self) -> tuple[str, str]:
        """Return the text behind the metadata, and the place of another page's metadata in the same file."""
        after = self.text[self.found.end :]
        if '"authors"' in after:
            second = find_metadata(self.text, start=self.found.end)
            if isinstance(second, Found):
                return self.text[self.found.end : second.start], _position(self.text, second.start)
        return after, ""

    def _article(
        self, metadata: Metadata, opening: Opening, title: str, derived: bool, oddities: list[Oddity]
    ) -> IncomingArticle:
        body = "\n\n".join(opening.body)
        day, precision = _date_of(opening, self.url)
        if len(body) < SHORT_BODY:
            oddities.append(Oddity("short_body", "body", f"The body has {len(body)} characters."))
        if not opening.teaser:
            oddities.append(Oddity("no_teaser", "teaser", "There is no teaser."))
        facets = {part.name: getattr(metadata, part.name) for part in fields(metadata) if part.name != "oddities"}
        return IncomingArticle(
            key=self.key,
            title=title,
            title_derived=derived,
            teaser=opening.teaser,
            body=body,
            **facets,
            language=self._language(title, derived, opening.teaser, body),
            language_derived=True,
            published_on=day,
            published_precision=precision,
            url=self.url,
            originally_published_in=opening.publisher,
            image_credit=opening.image_credit,
            warnings=tuple(oddities),
        )

    def _language(self, title: str, derived: bool, teaser: str, body: str) -> str:
        """Return the language of the words on the page; a derived title is asked last: slugs are English everywhere."""
        said = teaser if derived else f"{title} {teaser}".strip()
        said = said if len(said) > 40 else f"{said} {body[:LANGUAGE_SAMPLE]}"
        return language_of(self.url, said) or language_of("", title)


def _date_of(opening: Opening, url: str) -> tuple[date | None, Precision]:
    """Return the date the page tells, else that of its address; a day of the same month tells more than a month."""
    told, (day, precision) = opening.published_on, address_date(url)
    if told is None or (
        (opening.published_precision, precision) == ("month", "day")
        and day is not None
        and (day.year, day.month) == (told.year, told.month)
    ):
        return day, precision
    return told, opening.published_precision


def title_from(slug: str) -> str:
    """Return a title made of the slug of an address, "" where it holds no words."""
    slug = re.sub(r"\.(?:html?|php|aspx?|cfm|jsp)$", "", slug, flags=re.IGNORECASE)
    words = [word for word in re.split(r"[-_+\s]+", tidy(slug)) if word]
    if not any(sum(sign.isalpha() for sign in word) > 1 for word in words):
        return ""
    joined: list[str] = []
    for word in words:
        if word == "s" and joined:
            joined[-1] += "’s"
        elif word.casefold() in CAPITALS.split():
            joined.append(word.upper())
        else:
            joined.append(word if joined and word in SMALL_WORDS.split() else word[:1].upper() + word[1:])
    return " ".join(joined)


def _position(text: str, at: int) -> str:
    before = text[:at]
    return f"line {before.count(chr(10)) + 1}, column {at - before.rfind(chr(10))}"
