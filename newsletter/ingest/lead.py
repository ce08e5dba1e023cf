"""What stands on the first lines of a page, before its headline: placeholders, sources, credits, labels and dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from newsletter.expressions.fold import fold
from newsletter.ingest.byline import is_byline
from newsletter.ingest.credit import credit_in, is_agency, is_of_pictures, source_in
from newsletter.ingest.dates import date_line, month_line
from newsletter.ingest.furniture import INVALID_VIDEO, LONGEST, NOISE, is_button, is_label
from newsletter.ingest.metadata import Metadata
from newsletter.ingest.source import Oddity, Precision
from newsletter.ingest.tidy import letters

BORDER_WITHIN = 8
SOURCE_WITHIN = 4
LONGEST_RUN = 1000  # topics and regions run together
IN_THE_MEDIA = "legacyinthemedia"

PLACEHOLDER = re.compile(r"^(?:REQUIRED IMAGE\s*)+")
OWN_FIGURES = re.compile(r"author|calculat|estimat|\bdata\b|survey|compil|расч[её]т", re.IGNORECASE)
_HASHES = re.compile(r"^#+$|^\*(?: ?\*)+$")


@dataclass(slots=True)
class Opening:
    """What the lines said; ``body`` holds the paragraphs that are left."""

    title: str = ""
    teaser: str = ""
    image_credit: str = ""
    publisher: str = ""
    published_on: date | None = None
    published_precision: Precision = ""
    body: list[str] = field(default_factory=list)
    oddities: list[Oddity] = field(default_factory=list)


class Lead:
    """Takes lines from the front and fills the opening, without deciding what is a title."""

    def __init__(self, lines: Sequence[str], metadata: Metadata, slug: str) -> None:
        self.lines, self.metadata, self.slug = list(lines), metadata, slug
        self.found = Opening()
        self.placeholder = self.labelled = False
        self.in_the_media = metadata.type.casefold() == IN_THE_MEDIA
        facets = (*metadata.topics, *metadata.regions, *metadata.centers, *metadata.programs, metadata.primary_center)
        self.facets = sorted({letters(value) for value in facets} - {""}, key=len, reverse=True)
        boxes = (*facets, *metadata.projects, *metadata.collections, metadata.blog)
        self.boxes = sorted({letters(value) for value in boxes} - {""}, key=len, reverse=True)
        self.series = {letters(value) for value in (*metadata.projects, *metadata.collections)} - {""}
        self.authors = sorted({letters(name) for name in metadata.authors} - {""}, key=len, reverse=True)

    def _take_lead(self) -> None:
        """Take placeholder, sources, labels and dates from the front."""
        while self.lines:
            if marked := PLACEHOLDER.match(self.lines[0]):
                self.placeholder = True
                self.lines[0] = self.lines[0][marked.end() :]
                if not self.lines[0]:
                    self.lines.pop(0)
                continue
            if not self._take_source(self.lines[0]) and not self._take_plain(self.lines[0]):
                return
            self.lines.pop(0)

    def _take_credits_of_header(self) -> None:
        """Take the credit of an image that stands between title and teaser: it closes nothing."""
        for line in self.lines[:SOURCE_WITHIN]:
            source = source_in(line) or ""
            if is_of_pictures(source):
                self._set_credit(source)
                self.lines.remove(line)
            elif self._take_credit(line):
                self.lines.remove(line)

    def _set_credit(self, words: str) -> None:
        """Keep the first credit; behind a placeholder there is no image."""
        if not self.placeholder:
            self.found.image_credit = self.found.image_credit or words

    def _take_bylines_of_header(self) -> None:
        """Take the lines that name an author of this page and say nothing else."""
        header = self.lines[: SOURCE_WITHIN + 1]
        self.lines[: SOURCE_WITHIN + 1] = [
            line for line in header if len(line) > LONGEST or not is_byline(line, self.authors)
        ]

    def _take_source(self, line: str) -> bool:
        words = source_in(line)
        if words is None:
            return False
        if not words:
            return True
        if self._is_credit(words):
            self.found.image_credit = self.found.image_credit or words
        else:
            self.found.publisher = self.found.publisher or words
        return True

    def _is_credit(self, words: str) -> bool:
        """The first source is the image's when it names an agency, or when the publisher's own line still follows."""
        if is_of_pictures(words):
            return True
        taken = self.found.image_credit or self.found.publisher or self.found.title or self.found.teaser
        if taken or self.placeholder:
            return False
        return is_agency(words) or any(
            source_in(line) is not None and not OWN_FIGURES.search(line) for line in self.lines[1:BORDER_WITHIN]
        )

    def _take_plain(self, line: str) -> bool:
        """Take a date, a label or another line that says nothing of its own."""
        if day := date_line(line):
            self._set_day(day, "day")
            return True
        if month := month_line(line):
            self._set_day(month, "month")
            return True
        if self._take_credit(line):
            return True
        if line.casefold() == "in the media":
            self.in_the_media = True
        self.labelled = self.labelled or (len(line) < LONGEST and is_label(line))
        self._note_noise(line)
        return self._is_furniture(line)

    def _set_day(self, day: date, precision: Precision) -> None:
        """Keep the first day that is told; a month alone gives way to a day."""
        if self.found.published_on is None or (self.found.published_precision, precision) == ("month", "day"):
            self.found.published_on, self.found.published_precision = day, precision

    def _take_credit(self, line: str) -> bool:
        """Take a credit without the word "Source" ("Photo by Jane Roe/Getty Images")."""
        if words := credit_in(line):
            self._set_credit(words)
        return bool(words)

    def _is_furniture(self, line: str) -> bool:
        if len(line) > LONGEST:
            return self._is_run_together(line)
        known = fold(line)
        return (
            is_button(line)
            or known in (fold(self.metadata.blog), fold(self.metadata.type))
            or letters(line) in self.series
            or bool(_HASHES.match(line))
            or self._is_made_of(line, self.facets)
            or is_byline(line, self.authors)
        )

    def _is_made_of(self, line: str, values: list[str]) -> bool:
        """Return True for a line that is nothing but known values run together ("Foreign PolicyMiddle EastIran")."""
        if len(line) > LONGEST_RUN or (len(line) > LONGEST and line.endswith((".", "?", "!", "”", "。", "۔"))):
            return False
        opening = letters(line[:6])[:2]
        if not opening or not any(value.startswith(opening) for value in values):
            return False
        rest = letters(line)
        for value in values:
            rest = rest.replace(value, "|")
        return not rest.strip("|")

    def _is_noise(self, line: str) -> bool:
        if len(line) <= LONGEST and (fold(line) in NOISE or _HASHES.match(line)):
            return True
        return self._is_run_together(line)

    def _is_run_together(self, line: str) -> bool:
        return self._is_made_of(line, self.facets) and letters(line) not in self.facets

    def _note_noise(self, line: str) -> None:
        if len(line) <= LONGEST and (fold(line) == INVALID_VIDEO or _HASHES.match(line)):
            self._note("junk_line", "body", f"The page shows {line!r}.")

    def _note(self, code: str, field_name: str, message: str) -> None:
        self.found.oddities.append(Oddity(code, field_name, message))
