"""What stands between the metadata and the body: image credit, title, teaser, date, first publisher, in two layouts.

Compact: ``Source: <agency>``, title, teaser, ``Source: <publisher>``, body. Spaced: ``REQUIRED IMAGE``, a type
label, title, teaser, ``Link Copied``, ``Published on <date>``, publisher, topics and regions run together. Any part can
be missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.expressions.fold import fold
from newsletter.ingest.byline import is_names, is_said_by
from newsletter.ingest.credit import source_in
from newsletter.ingest.dates import date_line, month_line
from newsletter.ingest.furniture import COPIED, LONGEST, is_button
from newsletter.ingest.headline import agrees, is_capitalised, is_english, is_sentence, like_teaser, may_be_title
from newsletter.ingest.lead import BORDER_WITHIN, OWN_FIGURES, PLACEHOLDER, SOURCE_WITHIN, Lead, Opening
from newsletter.ingest.metadata import Metadata
from newsletter.ingest.tidy import tidy

LONGEST_TEASER = 500
LONG_ENOUGH = 60  # for its small words to tell a language
LONGEST_PUBLISHER = 120
MOST_WORDS_OF_SERIES = 5
LONGEST_BOX = 8  # lines
LONGEST_HEADER = 1500
JUNK_TITLES = frozenset(map(fold, ("Ignore", "Test", "Untitled", "Draft", "TBD", "Title", "Placeholder", "XXX")))

_HEADING_MARK = re.compile(r"^#{1,6} |^\*\*(?=.*\*\*$)|(?<=.)\*\*$")
_KINDS_OF_BOX = frozenset(("program", "project", "blog", "collection", "series", "newsletter", "podcast", "center"))
_DATELINE = re.compile(
    r"[A-Z][A-Z ,.]{2,30}(?:\([A-Z][^)]{0,30}\) ?)?(?:, [A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)? ?(?:[—–]|--?)"
)


def read_opening(lines: Sequence[str], *, metadata: Metadata, slug: str = "") -> Opening:
    """Read the lines behind the metadata (tidied, none empty); ``slug`` is that of a known address."""
    return _Reader(lines, metadata, slug).read()


class _Reader(Lead):
    """One pass over the lines; every step takes lines from the front and fills the opening."""

    def read(self) -> Opening:
        self._take_lead()
        self.lines = [line for line in self.lines if not PLACEHOLDER.fullmatch(line)]
        published_first = bool(self.found.publisher)
        self._take_credits_of_header()
        self._take_bylines_of_header()
        border = self._border()
        if border is not None:
            self._take_headline([line for line in self.lines[:border] if not self._is_furniture(line)])
            self.lines = self.lines[border:]
            self._take_furniture()
        elif self.lines:
            self._take_open_headline(published_first=published_first)
        self._close()
        return self.found

    def _border(self) -> int | None:
        """Return the line that closes title and teaser: a button, a date or the publisher's source."""
        for at, line in enumerate(self.lines[:BORDER_WITHIN]):
            if (
                (len(line) < 40 and fold(line) in COPIED)
                or date_line(line)
                or month_line(line)
                or (at < SOURCE_WITHIN and self._is_publisher(at))
            ):
                return at
        return None

    def _is_publisher(self, at: int) -> bool:
        """Return True for a source line that closes a header, not one under a chart in the body."""
        return (
            source_in(self.lines[at]) is not None
            and not OWN_FIGURES.search(self.lines[at])
            and sum(map(len, self.lines[:at])) <= LONGEST_HEADER
        )

    def _take_headline(self, header: list[str]) -> None:
        """Read a header whose end is known: a title, if the first line is one, and the teaser."""
        if self._is_series(header):
            header = header[1:]
        if header and self._is_title(header[0], header[1:]):
            self._set_title(header.pop(0), sure=True)
        header = [line for line in header if not (fold(line) == fold(self.found.title) or is_names(line))]
        self.found.teaser = " ".join(dict.fromkeys(header))[: 2 * LONGEST_HEADER]

    def _is_series(self, header: list[str]) -> bool:
        """Return True where a type, the name of a series, a title and a teaser stand in the header."""
        if not self.labelled or len(header) < 3 or len(header[0].split()) > MOST_WORDS_OF_SERIES:
            return False
        if self.slug and agrees(header[0], self.slug):
            return False
        return not like_teaser(header[1]) and self._is_title(header[1], header[2:]) and like_teaser(header[2])

    def _is_title(self, line: str, below: list[str]) -> bool:
        agreed = agrees(line, self.slug) if self.slug else None
        if agreed and len(line) <= LONGEST_TEASER // 2:
            return True
        if not may_be_title(line) or is_said_by(line, self.authors):
            return False
        if _is_written_as_title(line, below):
            return not (agreed is False and not below)
        return bool(below) and like_teaser(below[0]) and agreed is None

    def _take_open_headline(self, *, published_first: bool) -> None:
        """Read a header without a border: only a clear title, and a teaser only where one is expected."""
        first = self.lines[0]
        below = self.lines[1:] if like_teaser(first) else _behind_repeats(self.lines)
        agreed = agrees(first, self.slug) if self.slug else None
        if (agreed and may_be_title(first)) or self._is_clear_title(first, below, agreed, published_first):
            sure = bool(agreed) or (bool(below) and like_teaser(below[0]) and not published_first)
            self._set_title(self.lines.pop(0), sure=sure)
            self._drop_repeated(self.found.title)
            teaser_expected = True
        else:
            teaser_expected = not published_first and not self.placeholder
        if self.lines and self._is_teaser(expected=teaser_expected):
            self.found.teaser = self.lines.pop(0)
            while self.lines and (is_names(self.lines[0]) or is_button(self.lines[0])):
                self.lines.pop(0)

    def _is_clear_title(self, line: str, below: list[str], agreed: bool | None, published_first: bool) -> bool:
        if not may_be_title(line) or not _is_written_as_title(line, below) or is_said_by(line, self.authors):
            return False
        if agreed is False:
            return False
        if " " not in line and is_english(line) and not agreed:
            return False
        if published_first and self.placeholder:
            return False
        if not below:
            return bool(self.found.image_credit)
        followed = like_teaser(below[0]) and len(below[0]) <= LONGEST_TEASER
        return followed or bool(self.found.image_credit)

    def _is_teaser(self, *, expected: bool) -> bool:
        line = self.lines[0]
        if len(self.lines) > 1 and fold(self.lines[1]) == fold(line) and len(line) <= 2 * LONGEST_TEASER:
            return True
        likely = like_teaser(line) if self.found.title else is_sentence(line)
        return expected and likely and not _DATELINE.match(line) and len(line) <= LONGEST_TEASER and len(self.lines) > 1

    def _set_title(self, line: str, *, sure: bool) -> None:
        self.found.title = tidy(_HEADING_MARK.sub("", line))
        if fold(self.found.title) in JUNK_TITLES:
            self._note("junk_title", "title", f"{self.found.title!r} is hardly a title.")
        elif not sure:
            self._note("unsure_title", "title", "This line may be no title: no teaser follows it.")

    def _take_furniture(self) -> None:
        """Take what stands between teaser and body: buttons, date, publisher, byline, topics and regions."""
        dated = False
        while self.lines:
            line = self.lines[0]
            if box := _box_of_program(self.lines):
                self.lines = self.lines[box:]
                continue
            if date_line(line) or month_line(line):
                dated = True
                self._take_plain(line)
            elif (
                self._take_source(line)
                or self._take_plain(line)
                or self._is_made_of(line, self.boxes)
                or is_names(line)
            ):
                pass
            elif dated and self.in_the_media and not self.found.publisher and self._like_publisher(line):
                self.found.publisher = line
            else:
                return
            self.lines.pop(0)

    def _like_publisher(self, line: str) -> bool:
        return len(line) <= LONGEST_PUBLISHER and may_be_title(line)

    def _close(self) -> None:
        """Keep the body: without a repeated teaser, furniture and noise."""
        self._drop_repeated(self.found.title)
        self._drop_repeated(self.found.teaser)
        for line in self.lines:
            self._note_noise(line)
        self.found.body = [line for line in self.lines if not self._is_noise(line)]
        if self.found.body and (self.found.body[-1].endswith(":") and len(self.found.body[-1]) < 60):
            self._note("heading_alone", "body", f"The heading {self.found.body[-1]!r} has nothing below it.")

    def _drop_repeated(self, said: str) -> None:
        while said and self.lines and abs(len(self.lines[0]) - len(said)) < 20 and fold(self.lines[0]) == fold(said):
            self.lines.pop(0)


def _box_of_program(lines: Sequence[str]) -> int:
    """Return how many lines the box of a program or a blog has that opens ``lines``: its kind to "Learn More"."""
    if fold(lines[0][:LONGEST]) not in _KINDS_OF_BOX:
        return 0
    told = (at for at, line in enumerate(lines[1:LONGEST_BOX], 1) if line.casefold() == "learn more")
    return next(told, -1) + 1


def _is_written_as_title(line: str, below: Sequence[str]) -> bool:
    """Return True for capitals as English titles have them; a page in another language need not have any."""
    return is_capitalised(line) or (bool(below) and len(below[0]) >= LONG_ENOUGH and not is_english(below[0]))


def _behind_repeats(lines: list[str]) -> list[str]:
    """Return the lines behind the first, and behind all that say it again."""
    said = fold(lines[0])
    return lines[next((at for at, line in enumerate(lines) if line != lines[0] and fold(line) != said), len(lines)) :]
