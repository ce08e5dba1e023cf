"""What stands between the metadata and the body: image credit, title, teaser, date, first publisher, in two layouts.

Compact: ``Source: <agency>``, title, teaser, ``Source: <publisher>``, body. Spaced: ``REQUIRED IMAGE``, a type
label, title, teaser, ``Link Copied``, ``Published on <date>``, publisher, topics and regions run together. Any part can
be missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from newsletter.expressions.fold import fold
from newsletter.ingest.dates import date_line
from newsletter.ingest.headline import agrees, is_capitalised, is_sentence, like_teaser, may_be_title
from newsletter.ingest.metadata import Metadata
from newsletter.ingest.related import LABELS, is_no_item
from newsletter.ingest.source import Oddity
from newsletter.ingest.tidy import letters, tidy

LONGEST_TEASER = 500
LONGEST_PUBLISHER = 120
BORDER_WITHIN = 8
SOURCE_WITHIN = 4
LONGEST_HEADER = 1500
LONGEST_FURNITURE = 300  # a longer line is prose, and folding prose is what costs time
LONGEST_RUN = 1000  # topics and regions run together
IN_THE_MEDIA = "legacyinthemedia"
JUNK_TITLES = frozenset(map(fold, ("Ignore", "Test", "Untitled", "Draft", "TBD", "Title", "Placeholder", "XXX")))

_PLACEHOLDER = re.compile(r"^(?:REQUIRED IMAGE\s*)+")
_SOURCE = re.compile(r"^(?:Sources?|Источники?|المصدر|来源|Quelle|Fuente)\s*[:：]\s*(.*)$", re.IGNORECASE)
_PICTURES_ONLY = re.compile(
    r"getty|shutterstock|i?stock ?photo|\bistock|alamy|flickr|wikimedia|unsplash|pexels|pixabay|adobe stock|corbis|"
    r"nurphoto|sipa|zuma|public domain|creative commons|\bphotos?\b|\bimages?\b|غيتي|гетти",
    re.IGNORECASE,
)
_AGENCY = re.compile(
    r"associated press|\bap\b|reuters|\bafp\b|\bepa\b|anadolu|\btass\b|\bтасс\b|ria novosti|риа новости|sputnik|xinhua|"
    r"\bvcg\b|\bnasa\b|bloomberg via|رويترز|فرانس برس",
    re.IGNORECASE,
)
_FURNITURE = frozenset(
    map(
        fold,
        (
            *(
                "Link Copied",
                "Link Copied!",
                "Copy Link",
                "Share",
                "Print",
                "Print Page",
                "Download",
                "Download PDF",
                "PDF",
            ),
            *(
                "Subscribe",
                "Listen",
                "Read More",
                "View PDF",
                "Full Text",
                "Invalid video URL",
                "Table of Contents",
                "By",
            ),
            *("Project", "Program", "Project hero Image", "REQUIRED IMAGE"),
            *("Ссылка скопирована", "تم نسخ الرابط", "链接已复制", "Sign up", "Save", "Follow", "Learn More", "Watch"),
        ),
    )
)
_COPIED = frozenset(map(fold, ("Link Copied", "Link Copied!", "Ссылка скопирована", "تم نسخ الرابط", "链接已复制")))
_INVALID_VIDEO = fold("Invalid video URL")
_NOISE = frozenset(map(fold, ("Invalid video URL", "REQUIRED IMAGE", "Link Copied", "Link Copied!")))
_LABELS = frozenset(map(fold, LABELS))
_HASHES = re.compile(r"^#+$|^\*(?: ?\*)+$")
_HEADING_MARK = re.compile(r"^#{1,6} |^\*\*(?=.*\*\*$)|(?<=.)\*\*$")
_BYLINE = re.compile(r"^By [A-Z][^.!?]{2,100}$")
_OWN_FIGURES = re.compile(r"author|calculat|estimat|\bdata\b|survey|compil|расч[её]т", re.IGNORECASE)
_BY = re.compile(r"^(?:by|and|и|و|автор|авторы)+$")


@dataclass(slots=True)
class Opening:
    """What the lines said; ``body`` holds the paragraphs that are left."""

    title: str = ""
    teaser: str = ""
    image_credit: str = ""
    publisher: str = ""
    published_on: date | None = None
    body: list[str] = field(default_factory=list)
    oddities: list[Oddity] = field(default_factory=list)


def read_opening(lines: Sequence[str], *, metadata: Metadata, slug: str = "") -> Opening:
    """Read the lines behind the metadata (tidied, none empty); ``slug`` is that of a known address."""
    return _Reader(lines, metadata, slug).read()


class _Reader:
    """One pass over the lines; every step takes lines from the front and fills the opening."""

    def __init__(self, lines: Sequence[str], metadata: Metadata, slug: str) -> None:
        self.lines, self.metadata, self.slug = list(lines), metadata, slug
        self.found = Opening()
        self.placeholder = False
        self.in_the_media = metadata.type.casefold() == IN_THE_MEDIA
        facets = (*metadata.topics, *metadata.regions, *metadata.centers, *metadata.programs, metadata.primary_center)
        self.facets = sorted({letters(value) for value in facets} - {""}, key=len, reverse=True)
        boxes = (*facets, *metadata.projects, *metadata.collections, metadata.blog)
        self.boxes = sorted({letters(value) for value in boxes} - {""}, key=len, reverse=True)
        self.authors = sorted({letters(name) for name in metadata.authors} - {""}, key=len, reverse=True)

    def read(self) -> Opening:
        self._take_lead()
        self.lines = [line for line in self.lines if not _PLACEHOLDER.fullmatch(line)]
        published_first = bool(self.found.publisher)
        border = self._border()
        if border is not None:
            self._take_headline([line for line in self.lines[:border] if not self._is_furniture(line)])
            self.lines = self.lines[border:]
            self._take_furniture()
        elif self.lines:
            self._take_open_headline(published_first=published_first)
        self._close()
        return self.found

    def _take_lead(self) -> None:
        """Take placeholder, sources, labels and dates from the front."""
        while self.lines:
            if marked := _PLACEHOLDER.match(self.lines[0]):
                self.placeholder = True
                self.lines[0] = self.lines[0][marked.end() :]
                if not self.lines[0]:
                    self.lines.pop(0)
                continue
            if not self._take_source(self.lines[0]) and not self._take_plain(self.lines[0]):
                return
            self.lines.pop(0)

    def _take_source(self, line: str) -> bool:
        source = _SOURCE.match(line)
        if not source:
            return False
        words = tidy(source[1])[:500]
        if not words:
            return True
        if self._is_credit(words):
            self.found.image_credit = self.found.image_credit or words
        else:
            self.found.publisher = self.found.publisher or words
        return True

    def _is_credit(self, words: str) -> bool:
        """The first source is the image's when it names an agency, or when the publisher's own line still follows."""
        if self.found.image_credit or self.found.publisher or self.found.title or self.found.teaser:
            return bool(_PICTURES_ONLY.search(words))
        if _PICTURES_ONLY.search(words):
            return True
        if self.placeholder:
            return False
        return bool(_AGENCY.search(words)) or any(_SOURCE.match(line) for line in self.lines[1:SOURCE_WITHIN])

    def _take_plain(self, line: str) -> bool:
        """Take a date, a label or another line that says nothing of its own."""
        if day := date_line(line):
            self.found.published_on = self.found.published_on or day
            return True
        if line.casefold() == "in the media":
            self.in_the_media = True
        self._note_noise(line)
        return self._is_furniture(line)

    def _border(self) -> int | None:
        """Return the line that closes title and teaser: a button, a date or the publisher's source."""
        for at, line in enumerate(self.lines[:BORDER_WITHIN]):
            if (
                (len(line) < 40 and fold(line) in _COPIED)
                or date_line(line)
                or (at < SOURCE_WITHIN and self._is_publisher(at))
            ):
                return at
        return None

    def _is_publisher(self, at: int) -> bool:
        """Return True for a source line that closes a header, not one under a chart in the body."""
        source = _SOURCE.match(self.lines[at])
        return (
            bool(source)
            and not _OWN_FIGURES.search(self.lines[at])
            and sum(map(len, self.lines[:at])) <= LONGEST_HEADER
        )

    def _take_headline(self, header: list[str]) -> None:
        """Read a header whose end is known: a title, if the first line is one, and the teaser."""
        if header and self._is_title(header[0], header[1:]):
            self._set_title(header.pop(0), sure=True)
        header = [line for line in header if not (fold(line) == fold(self.found.title) or _is_names(line))]
        self.found.teaser = " ".join(dict.fromkeys(header))[: 2 * LONGEST_HEADER]

    def _is_title(self, line: str, below: list[str]) -> bool:
        agreed = agrees(line, self.slug) if self.slug else None
        if agreed and len(line) <= LONGEST_TEASER // 2:
            return True
        if not may_be_title(line):
            return False
        if is_capitalised(line):
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

    def _is_clear_title(self, line: str, below: list[str], agreed: bool | None, published_first: bool) -> bool:
        if not may_be_title(line) or not is_capitalised(line) or agreed is False:
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
        return expected and likely and len(line) <= LONGEST_TEASER and len(self.lines) > 1

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
            if date_line(line):
                dated = True
                self._take_plain(line)
            elif (
                self._take_source(line)
                or self._take_plain(line)
                or self._is_made_of(line, self.boxes)
                or _is_names(line)
            ):
                pass
            elif dated and self.in_the_media and not self.found.publisher and self._like_publisher(line):
                self.found.publisher = line
            else:
                return
            self.lines.pop(0)

    def _like_publisher(self, line: str) -> bool:
        return len(line) <= LONGEST_PUBLISHER and may_be_title(line)

    def _is_furniture(self, line: str) -> bool:
        if len(line) > LONGEST_FURNITURE:
            return self._is_run_together(line)
        known = fold(line)
        return (
            known in _FURNITURE
            or known in _LABELS
            or known in (fold(self.metadata.blog), fold(self.metadata.type))
            or bool(_HASHES.match(line))
            or self._is_made_of(line, self.facets)
            or self._is_byline(line)
        )

    def _is_made_of(self, line: str, values: list[str]) -> bool:
        """Return True for a line that is nothing but known values run together ("Foreign PolicyMiddle EastIran")."""
        if len(line) > LONGEST_RUN or (
            len(line) > LONGEST_FURNITURE and line.endswith((".", "?", "!", "”", "。", "۔"))
        ):
            return False
        opening = letters(line[:6])[:2]
        if not opening or not any(value.startswith(opening) for value in values):
            return False
        rest = letters(line)
        for value in values:
            rest = rest.replace(value, "|")
        return not rest.strip("|")

    def _is_byline(self, line: str) -> bool:
        said = rest = letters(line)
        for name in self.authors:
            rest = rest.replace(name, "")
        return rest != said and (not rest or bool(_BY.match(rest)))

    def _close(self) -> None:
        """Keep the body: without a repeated teaser, furniture and noise."""
        self._drop_repeated(self.found.title)
        self._drop_repeated(self.found.teaser)
        for line in self.lines:
            self._note_noise(line)
        self.found.body = [line for line in self.lines if not self._is_noise(line)]
        if self.found.body and (self.found.body[-1].endswith(":") and len(self.found.body[-1]) < 60):
            self._note("heading_alone", "body", f"The heading {self.found.body[-1]!r} has nothing below it.")

    def _is_noise(self, line: str) -> bool:
        if len(line) <= LONGEST_FURNITURE and (fold(line) in _NOISE or _HASHES.match(line)):
            return True
        return self._is_run_together(line)

    def _is_run_together(self, line: str) -> bool:
        return self._is_made_of(line, self.facets) and letters(line) not in self.facets

    def _drop_repeated(self, said: str) -> None:
        while said and self.lines and abs(len(self.lines[0]) - len(said)) < 20 and fold(self.lines[0]) == fold(said):
            self.lines.pop(0)

    def _note_noise(self, line: str) -> None:
        if len(line) <= LONGEST_FURNITURE and (fold(line) == _INVALID_VIDEO or _HASHES.match(line)):
            self._note("junk_line", "body", f"The page shows {line!r}.")

    def _note(self, code: str, field_name: str, message: str) -> None:
        self.found.oddities.append(Oddity(code, field_name, message))


def _behind_repeats(lines: list[str]) -> list[str]:
    """Return the lines behind the first, and behind all that say it again."""
    said = fold(lines[0])
    return lines[next((at for at, line in enumerate(lines) if line != lines[0] and fold(line) != said), len(lines)) :]


def _is_names(line: str) -> bool:
    """Return True for "By X and Y", "- +18" and "A, B, C, …"."""
    return bool(_BYLINE.match(line)) or is_no_item(line)
