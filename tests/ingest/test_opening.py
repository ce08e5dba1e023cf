"""Titles, credits, bylines and dates at the top of a page: what is one, and what only looks like one."""

from __future__ import annotations

from datetime import date

import pytest

from tests.factories.pages import DISCLAIMER, PARAGRAPH, TEASER, TITLE, page, read, refuse

REST = f"{PARAGRAPH}\n{DISCLAIMER}"
LAYOUTS = (
    "Source: Getty\n{line}\n{teaser}\n{rest}",
    "Source: Getty\n{line}\n{teaser}\nSource: Basin Quarterly\n{rest}",
    "\nREQUIRED IMAGE\n\n{line}\n\n{teaser}\n\nLink Copied\nPublished on Dec 15, 2021\n{rest}",
)
NEVER_A_TITLE = (
    *("FOR IMMEDIATE RELEASE: March 26, 2021", "Contact: Jane Roe", "Press Contact", "Washington, D.C.", "BEIRUT"),
    *("Wednesday, March 26, 2021", "March 26, 2021 | 9:00 AM EDT", "9:00 AM - 10:30 AM", "September 2011", "Fall 2019"),
    *("Virtual Event", "RSVP", "Watch the Video", "Apple PodcastsSpotifyYouTube", "Subscribe to the Podcast"),
    *("Full Transcript", "Episode 12", "Speakers", "Agenda", "Moderator", "Dear Colleague", "Mr. Chairman"),
    *("Read in Russian", "This Article in Arabic", "English", "Read the Full Text", "Download Full Report"),
    *("Ada Byron and Grace Hopper", "Ada Byron, Grace Hopper", "By Ada Byron and Grace Hopper", "ADA BYRON: Welcome"),
    *("Author: Ada Byron", "Ada Byron Interviewed by Grace Hopper", "Ada Byron, Senior Fellow", "Lead Author"),
    *("Senior Fellow, Water Program", "Director and Senior Fellow", "Chapter 1", "Part One", "Q: Why Now?", "I."),
    *("Carnegie Endowment for International Peace", "Carnegie Europe", "Media Advisory", "Book Review", "Q & A"),
    *("Photo: Getty Images", "Photo by Jane Roe/Getty Images", "Facebook", "Save Article", "None", "Page Not Found"),
    *("Автор: Ада Байрон", "Скачать PDF", "Русский", "العربية", "شارك", "作者：李明", "Acknowledgements", "The Issue"),
)
ALWAYS_A_TITLE = (
    *("Scholars at Risk", "Director of the Show: Putin’s Year", "President Putin’s Choice", "Fellow Travelers"),
    *("Summer of Discontent", "Spring in Damascus", "January 25 Revolution", "Indian Airstrikes: May 7, 2025"),
    *("The Report on Iran", "Watch on the Bosphorus", "By Any Means Necessary", "Interview with Dmitri Trenin"),
    *("Moscow, Tehran, and Beijing", "The Washington Consensus", "Carnegie Europe Turns Ten", "Media and Power"),
    *("Photo Finish in France", "Welcome to the New Cold War", "NATO: The Next Chapter", "Part of the Solution"),
    *("Автор победы", "صورة مصر في الخارج", "作者与权力", "9/11 Ten Years On", "Why Now?"),
)


def laid_out(layout: str, line: str) -> bytes:
    return page(layout.format(line=line, teaser=TEASER, rest=REST))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("line", NEVER_A_TITLE)
def test_what_only_looks_like_a_title_is_none(line: str, layout: str) -> None:
    assert refuse(laid_out(layout, line)).reason == "no_title"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("line", ALWAYS_A_TITLE)
def test_a_title_of_such_words_is_a_title(line: str, layout: str) -> None:
    assert read(laid_out(layout, line)).title == line


def test_a_title_in_small_letters_is_known_by_the_language_below_it() -> None:
    title = "Pourquoi l’Europe doit parler d’une seule voix"
    teaser = "Les États membres ne sont pas d’accord sur la politique de l’eau, et la sécheresse ne les attend pas."
    assert read(page(f"Source: Getty\n{title}\n{teaser}\n{REST}")).title == title


def test_a_single_word_above_a_text_is_no_title() -> None:
    assert refuse(page(f"Source: Getty\nStalemate\n{TEASER}\n{REST}")).reason == "no_title"


@pytest.mark.parametrize(
    "byline", ["By Ada Byron", "Ada Byron", "Ada Byron, Grace Hopper", "Ada Byron | Senior Fellow"]
)
@pytest.mark.parametrize(
    "text", ["{byline}\n{title}\n{teaser}\n", "{title}\n{byline}\n{teaser}\n", "{title}\n{teaser}\n{byline}\n"]
)
def test_a_byline_is_neither_title_nor_teaser_nor_body(text: str, byline: str) -> None:
    article = read(page("Source: Getty\n" + text.format(byline=byline, title=TITLE, teaser=TEASER) + REST))
    assert (article.title, article.teaser, article.body) == (TITLE, TEASER, PARAGRAPH)


def test_a_center_above_the_title_is_furniture() -> None:
    article = read(page(f"Source: Getty\nPaper\nCarnegie Europe\n{TITLE}\n{TEASER}\nLink Copied\n{REST}"))
    assert (article.title, article.teaser) == (TITLE, TEASER)


@pytest.mark.parametrize(
    ("line", "credit"),
    [
        ("Photo by Jane Roe/Getty Images", "Photo by Jane Roe/Getty Images"),
        ("(Photo by Jane Roe/Getty Images)", "Photo by Jane Roe/Getty Images"),
        ("Photo: Getty Images", "Getty Images"),
        ("Getty", "Getty"),
        ("Source: The White House", "The White House"),
        ("图片来源：Getty", "Getty"),
    ],
)
def test_a_credit_is_known_by_its_words(line: str, credit: str) -> None:
    article = read(page(f"{line}\n{TITLE}\n{TEASER}\n{REST}"))
    assert (article.title, article.image_credit, article.originally_published_in) == (TITLE, credit, "")


@pytest.mark.parametrize("text", ["{title}\nSource: Getty\n{teaser}\n", "{title}\n{teaser}\nSource: Getty\n"])
def test_the_credit_of_an_image_between_title_and_body_closes_nothing(text: str) -> None:
    article = read(page(text.format(title=TITLE, teaser=TEASER) + REST))
    assert (article.title, article.teaser, article.image_credit, article.body) == (TITLE, TEASER, "Getty", PARAGRAPH)


def test_the_first_of_two_sources_is_the_credit_however_much_stands_between() -> None:
    text = f"Source: River Archive\nCommentary\nDiwan\n{TITLE}\n{TEASER}\nDecember 15, 2021\nSource: Basin Quarterly\n"
    article = read(page(text + REST))
    assert (article.image_credit, article.originally_published_in) == ("River Archive", "Basin Quarterly")


@pytest.mark.parametrize(
    ("line", "day", "precision"),
    [
        ("Wednesday, March 24, 2021", date(2021, 3, 24), "day"),
        ("Wed. March 24, 2021, 9:00 AM EDT", date(2021, 3, 24), "day"),
        ("среда, 19 мая 2016 г.", date(2016, 5, 19), "day"),
        ("١٩ تشرين الأول/أكتوبر ٢٠٢٠", date(2020, 10, 19), "day"),
        ("September 2011", date(2011, 9, 1), "month"),
        ("2021年12月", date(2021, 12, 1), "month"),
    ],
)
def test_a_date_keeps_its_precision(line: str, day: date, precision: str) -> None:
    article = read(page(f"Source: Getty\n{TITLE}\n{TEASER}\n{line}\n{REST}"))
    assert (article.published_on, article.published_precision) == (day, precision)


def test_a_day_in_the_address_says_more_than_the_same_month_on_the_page() -> None:
    url = "https://meridian.example/2021/12/15/rivers-without-borders-politics-pub-5"
    article = read(page(f"Source: Getty\n{TITLE}\n{TEASER}\nDecember 2021\n{REST}"), url=url)
    assert (article.published_on, article.published_precision) == (date(2021, 12, 15), "day")


def test_a_first_paragraph_with_a_dateline_is_the_body_and_no_teaser() -> None:
    said = "WASHINGTON—The institute announced today that Ada Byron will lead its program on rivers from next spring."
    article = read(page(f"Source: Getty\nMeridian Names Its Next President\n{said}\n{REST}"))
    assert (article.title, article.teaser) == ("Meridian Names Its Next President", "")
    assert article.body == f"{said}\n\n{PARAGRAPH}"


@pytest.mark.parametrize("series", ["River Talks", "Rivers, Law, and Peace"])
def test_the_name_of_a_series_between_type_and_title_is_no_title(series: str) -> None:
    text = f"\nREQUIRED IMAGE\n\nPodcast\n\n{series}\n\n{TITLE}\n\n{TEASER}\n\nLink Copied\n{REST}"
    article = read(page(text, collections=["Rivers, Law, and Peace"]))
    assert (article.title, article.teaser) == (TITLE, TEASER)


def test_the_box_of_a_program_with_its_description_is_not_the_body() -> None:
    box = f"Program\nWater\nThe program continues a long tradition of research. {PARAGRAPH}\nLearn More"
    text = f"\nREQUIRED IMAGE\n{TITLE}\n{TEASER}\nLink Copied\nPublished on May 5, 2024\n{box}\n{REST}"
    assert read(page(text)).body == PARAGRAPH


def test_authors_on_lines_of_their_own_are_not_the_body() -> None:
    text = f"\nREQUIRED IMAGE\n{TITLE}\n{TEASER}\nLink Copied\nBy\nAda Byron,\nLi Wei\nand\nMo Yan\nMay 5, 2024\n{REST}"
    article = read(page(text, authors=["Ada Byron", "Li Wei", "Mo Yan"]))
    assert (article.teaser, article.body) == (TEASER, PARAGRAPH)
