"""Pages composed of everything the CMS is known to leave on them, held to what is promised for each part."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.expressions.fold import fold
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources.page_export import PageExport
from tests.factories.pages import DISCLAIMER, PARAGRAPH, TEASER, TITLE, metadata, page, read

EXAMPLES = 300
SLUG_TITLE = "Rivers Without Borders the Politics of Shared Water"
ADDRESS = "https://meridian.example/2021/12/rivers-without-borders-the-politics-of-shared-water"
FOREIGN = "Maria Foreign"  # an author of another item: on no page is she one of ours
BODY = [PARAGRAPH, PARAGRAPH.replace("basin", "delta"), PARAGRAPH.replace("basin", "lake")]
CENTERS = (
    "Carnegie",
    "Carnegie India",
    "Carnegie Europe",
    "Carnegie China",
    "The Carnegie Endowment for International Peace",
    "The Malcolm H. Kerr Carnegie Middle East Center",
    "Carnegie Russia Eurasia Center",
    "Meridian Institute",
)


@dataclass(frozen=True, slots=True)
class Told:
    """A composed page, and what must come of it."""

    content: bytes
    url: str
    authors: tuple[str, ...]
    title: str  # "" = the page tells none
    credit: str
    publisher: str
    day: date | None


LEFTOVERS = st.sampled_from(
    [
        "",
        f"{FOREIGN}\n",
        f"The related item has a teaser of its own.\n{FOREIGN}, John Other\n",
        "- Related Thing of Another DayPaper\n- +18\n",
        "• Research\n  • Politika\n  • About\nCenter logo\n  • Donate\n",
        '{"page": 1}\n',
        '{"authors": ["' + FOREIGN + '"]}\n',
        "{{ nothing }}\n{ broken\n",
        "\u200b\u200e \n\n",
    ]
)
NAMES = st.sampled_from(
    [
        *(
            "Ada Byron",
            "ada byron",
            "Thomas Graham, Jr.",
            "Grace Hopper, ed.",
            "Jose\u0301 A\u0301lvarez",
            "José Álvarez",
        ),
        *(
            "Анна Павлова",
            "مها يحيى",
            "李明",
            "\u200bAda Byron\u00a0",
            "O’Neil, Smith, and Partners",
            "Nathan J. Brown",
        ),
    ]
)
NOBODY = st.sampled_from(["- +18", "+18", "+ 3", "A. B, C. D, …", "Ada Byron, Grace Hopper, ...", "", " \u200b", "—"])
NO_TEXT = st.sampled_from([None, 5, 1.5, True, [], ["Nested"], {}, {"id": 3}])
HEADS = st.sampled_from(
    ["", "REQUIRED IMAGE\n", "REQUIRED IMAGE\n\nREQUIRED IMAGE\n\n", "REQUIRED IMAGEREQUIRED IMAGE\n"]
)
CREDITS = st.sampled_from(["", "Getty", "Getty Images", "Shutterstock: a river", "Photo by AFP via Getty Images"])
PUBLISHERS = st.sampled_from(["", "Basin Quarterly", "Daily Delta: Weekend", "Журнал Вода"])
DATES = st.sampled_from(
    [
        ("", None),
        ("Published on Dec 15, 2021", date(2021, 12, 15)),
        ("March 26, 2021", date(2021, 3, 26)),
        ("19 мая 2016 г.", date(2016, 5, 19)),
        ("١٩ أكتوبر ٢٠٢٠", date(2020, 10, 19)),
    ]
)
ABOUT = st.sampled_from(
    [
        "",
        *(f"\n{heading}\nA role\nA biography." for heading in ("About the Author", "About the Authors", "Об авторе")),
        *(f"\n{heading}\nA role\nA biography." for heading in ("Об авторах", "نبذة عن المؤلف", "关于作者")),
        *(f"\n{heading}\nA role\nA biography." for heading in ("À propos de l’auteur", "Sobre el autor")),
        "\nAbout the AuthorAda Byron",
    ]
)
RECENT = st.sampled_from(
    [
        "",
        f"\n- Real RiversPaper\n- NowQ&A\n- ConflictIn The Media\n- +18\n{FOREIGN}, B. Other, …\nRecent Work",
        f"\nRecent Work\n- Real Rivers and DeltasPaper\n- commentarySana’a Today\n- +18\n{FOREIGN}, B. Other, …",
    ]
)
BREAKS = st.sampled_from(["\n", " ", "", "\n\n"])
MORE = st.sampled_from(["", f"\nMore Work from Carnegie India\n- The Impact of RiversCommentary\nA teaser.\n{FOREIGN}"])
CODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "surrogates"])
LINES = st.sampled_from(["\n", "\r\n", "\r"])
BLANKS = st.sampled_from(["", " ", "\u00a0", "\u200b", "\u200f", "\ufeff", "\0"])


@st.composite
def metadata_parts(draw: st.DrawFn) -> tuple[str, tuple[str, ...], str]:
    names = draw(st.lists(NAMES, max_size=4))
    noise = draw(st.lists(NOBODY | NO_TEXT, max_size=3))
    authors: list[object] = [*names, *noise]
    values = metadata(authors=authors, primaryCenter="Meridian Institute", blog="Carnegie Politika")
    for key in draw(
        st.sets(st.sampled_from([key for key in metadata() if key not in ("authors", "type")]), max_size=4)
    ):
        values.pop(key)
    for key in draw(st.sets(st.sampled_from(["regions", "topics", "projects", "englishNewsletterAll"]), max_size=2)):
        values[key] = draw(
            st.sampled_from([None, 7, [None, "Iran"], [["Iran"]], {"x": 1}, "ctw;asia", "ctw, asia", ["ctw"]])
        )
    written = json.dumps(values, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 0, 2, "\t"])))
    lists = [value for key in ("topics", "regions") if isinstance(value := values.get(key), list)]
    boxes = [text for value in lists for text in value if isinstance(text, str)]
    run_together = "".join(boxes) if len(boxes) > 1 else ""
    return written, tuple(dict.fromkeys(_folded(name) for name in names)), run_together


@st.composite
def pages(draw: st.DrawFn, *, titled: bool = True) -> Told:
    written, authors, boxes = draw(metadata_parts())
    head, credit, publisher = draw(HEADS), draw(CREDITS), draw(PUBLISHERS)
    credit = "" if head else credit
    line, day = draw(DATES)
    title = TITLE if titled else ""
    blank = draw(BLANKS)
    opening = [
        head + (f"Source: {credit}" if credit else ""),
        draw(st.sampled_from(["", "Commentary", "In The Media", "Commentary\nCarnegie Politika"])),
        blank + title,
        title if titled and draw(st.booleans()) else "",
        f"{TEASER}{blank}",
        draw(st.sampled_from(["", "Link Copied"])),
        line,
        f"Source: {publisher}" if publisher else "",
        TEASER if draw(st.booleans()) else "",
        draw(st.sampled_from(["", "Invalid video URL", "###", boxes])),
    ]
    center, gap = draw(st.sampled_from(CENTERS)), draw(BREAKS)
    closing = draw(ABOUT) + draw(RECENT) + gap + DISCLAIMER.replace("Carnegie", center, 1) + draw(MORE)
    apart = draw(st.sampled_from(["\n", "\n\n", "\n  "]))
    text = apart.join(filter(None, [*opening, *BODY])) + closing + "\n"
    whole = (draw(LEFTOVERS) + written + draw(st.sampled_from(["", "\n", " "])) + text).replace("\n", draw(LINES))
    return Told(
        _encoded(whole, draw(CODINGS)), draw(st.sampled_from(["", ADDRESS])), authors, title, credit, publisher, day
    )


def _encoded(text: str, coding: str) -> bytes:
    if coding == "surrogates":
        return text.replace('"type"', '"odd": "\\ud83d", "type"', 1).encode()
    return text.encode(coding)


def _folded(name: str) -> str:
    return fold(name.strip("\u200b\u00a0"))


def _read(told: Told) -> IncomingArticle | RefusedRecord:
    started = time.monotonic()
    [found] = PageExport().read(told.content, key="page.txt", url=told.url)
    assert time.monotonic() - started <= 1
    return found


@settings(max_examples=EXAMPLES, deadline=None)
@given(pages())
def test_a_page_of_any_hazards_is_the_article_it_holds(told: Told) -> None:
    found = _read(told)
    assert isinstance(found, IncomingArticle), found
    assert tuple(map(_folded, found.authors)) == told.authors
    assert (found.title, found.title_derived) == (told.title, False)
    assert found.teaser == TEASER
    assert found.body.split("\n\n") == BODY
    assert found.image_credit == told.credit
    assert found.originally_published_in == told.publisher
    assert found.published_on == (told.day or (date(2021, 12, 1) if told.url else None))


@settings(max_examples=EXAMPLES, deadline=None)
@given(pages(titled=False))
def test_a_page_without_title_never_gets_one_from_its_teaser(told: Told) -> None:
    found = _read(told)
    if isinstance(found, RefusedRecord):
        assert (told.url, found.reason) == ("", "no_title")
        assert re.fullmatch(r"line \d+, column \d+", found.position)
    else:
        assert (bool(told.url), found.title, found.title_derived) == (True, SLUG_TITLE, True)
        told_once = [TEASER, *BODY] if found.teaser == "" else BODY  # nothing on the page sets the teaser apart
        assert found.teaser in ("", TEASER)
        assert found.body.split("\n\n") == told_once


@settings(max_examples=EXAMPLES, deadline=None)
@given(pages(), st.data())
def test_a_page_cut_anywhere_is_taken_or_refused_with_its_place(told: Told, data: st.DataObject) -> None:
    cut = told.content[: data.draw(st.integers(0, len(told.content)))]
    [found] = PageExport().read(cut, key="page.txt", url=told.url)
    if isinstance(found, RefusedRecord):
        assert found.message
        assert re.fullmatch(r"line \d+, column \d+", found.position)
    else:
        assert FOREIGN not in found.authors


@pytest.mark.parametrize(
    "rest",
    [
        "ABOUT THE AUTHOR\nAda Byron is a fellow.",
        "About the contributors:\nAda Byron is a fellow.",
        "À propos de l'autrice\nAda Byron est chercheuse.",
        "- Real Rivers and DeltasPaper\n- +18\nRecent work",
        "- Real Rivers and DeltasPaper\n- +18\nRecent Work " + DISCLAIMER,
        "More work from Carnegie India\n- The Impact of RiversCommentary",
        "Carnegie does not take an institutional position on public policy issues.",
        "لا تتبنى كارنيغي مواقف مؤسسية بشأن قضايا السياسة العامة",
    ],
)
def test_the_boxes_below_a_text_are_known_in_other_spellings(rest: str) -> None:
    assert read(page(f"{TITLE}\n{TEASER}\nLink Copied\n{PARAGRAPH}\n{rest}")).body == PARAGRAPH


def test_words_about_an_author_in_a_sentence_do_not_end_the_body() -> None:
    line = "About the author of the treaty little is known, and recent work from the archives does not help."
    assert read(page(f"{TITLE}\n{TEASER}\n{PARAGRAPH}\n{line}")).body == f"{PARAGRAPH}\n\n{line}"


def test_a_title_that_is_said_twice_is_a_title() -> None:
    article = read(page(f"{TITLE}\n{TITLE}\n{TEASER}\n{PARAGRAPH}"))
    assert (article.title, article.teaser, article.body) == (TITLE, TEASER, PARAGRAPH)


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_without_its_mark(coding: str) -> None:
    text = page(f"{TITLE}\n{TEASER}\n{PARAGRAPH} It’s said.").decode()
    assert read(text.encode(coding)).body == f"{PARAGRAPH} It’s said."


def test_a_number_among_texts_is_left_out_as_its_warning_says() -> None:
    article = read(page(f"{TITLE}\n{TEASER}\n{PARAGRAPH}", regions=[5, "Iran"], topics=7))
    assert (article.regions, article.topics) == (("Iran",), ())
    assert [odd.field for odd in article.warnings if odd.code == "odd_kind"] == ["regions", "topics"]
