"""Every hazard of a page export that has been seen."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources.page_export import PageExport, title_from
from tests.factories.pages import (
    DISCLAIMER,
    PARAGRAPH,
    TEASER,
    TITLE,
    metadata,
    page,
    read,
    refuse,
    whole_page,
)

ADDRESS = "https://meridian.example/en/2021/12/rivers-without-borders-the-politics-of-shared-water"


def codes(article: IncomingArticle) -> set[str]:
    return {odd.code for odd in article.warnings}


class TestMetadata:
    def test_a_whole_page_is_read_into_every_field(self) -> None:
        article = read(whole_page(blog="Basin Notes", projects=["Water, Law, and Peace"], collections=["Rivers"]))
        assert (article.title, article.teaser) == (TITLE, TEASER)
        assert (article.image_credit, article.originally_published_in) == ("Getty", "Basin Quarterly")
        assert article.authors == ("Ada Byron",)
        assert (article.type, article.blog) == ("commentary", "Basin Notes")
        assert (article.newsletters, article.center_codes, article.program_codes) == (("ctw",), ("dc",), ("russia",))
        assert article.centers == ("Meridian Institute", "Meridian Europe")
        assert (article.primary_center, article.projects) == ("Meridian Institute", ("Water, Law, and Peace",))
        assert (article.regions, article.collections) == (("Middle East", "Iran"), ("Rivers",))
        assert article.body.startswith("The basin states")
        assert article.body.endswith("gone silent.")
        assert (article.language, article.language_derived) == ("en", True)
        assert article.warnings == ()

    def test_an_absent_key_is_empty(self) -> None:
        article = read(f'{{"authors": [], "type": "paper"}}Source: Getty\n{TITLE}\n{TEASER}\n{PARAGRAPH}'.encode())
        assert (article.authors, article.centers, article.newsletters, article.blog) == ((), (), (), "")

    def test_a_value_with_commas_is_never_split(self) -> None:
        assert read(whole_page()).programs == ("Democracy, Conflict, and Governance",)

    @pytest.mark.parametrize("name", ["Thomas Graham, Jr.", "Jane Roe, ed.", "Sa’di al-Amin", "Zoë Müller-Øst"])
    def test_an_author_keeps_the_name_whole(self, name: str) -> None:
        assert read(whole_page(authors=[name])).authors == (name,)

    def test_an_author_named_twice_is_kept_once_with_a_warning(self) -> None:
        article = read(whole_page(authors=["Ada Byron", "Li Wei", "Ada  Byron\u200b"]))
        assert article.authors == ("Ada Byron", "Li Wei")
        assert "duplicate_author" in codes(article)

    @pytest.mark.parametrize(
        "name",
        [
            *(
                "+18",
                "- +18",
                "Ada Byron, Li Wei, …",
                "Ada Byron, Li Wei, ...",
                "…",
                " ",
                "18",
                "＋18",
                "+18 more",
                "18+",
            ),
            *("• +18", "and 3 more", "et al.", "Ada Byron, Li Wei ...", "null"),
        ],
    )
    def test_an_overflow_count_or_a_shortened_byline_is_no_author(self, name: str) -> None:
        assert read(whole_page(authors=["Ada Byron", name])).authors == ("Ada Byron",)

    @pytest.mark.parametrize(
        "odd", [[None, "Ada Byron"], ["Ada Byron", 5], ["Ada Byron", ["Li Wei"]], ["Ada Byron", {}]]
    )
    def test_what_is_no_text_is_left_out_with_a_warning_that_names_its_key(self, odd: list[object]) -> None:
        article = read(whole_page(authors=odd))
        assert article.authors == ("Ada Byron",)
        assert [(one.code, one.field) for one in article.warnings if one.code == "odd_kind"] == [
            ("odd_kind", "authors")
        ]

    def test_an_absent_value_or_null_is_nothing_odd(self) -> None:
        assert "odd_kind" not in codes(read(whole_page(blog=None, projects=None)))

    @pytest.mark.parametrize(
        ("english", "other", "expected"),
        [
            ("ctw", "", ("ctw",)),
            ("", "menaTransitions", ("menaTransitions",)),
            ("ctw, asia; democracy", "", ("ctw", "asia", "democracy")),
            (["ctw", "asia"], "CTW", ("ctw", "asia")),
            ("", "", ()),
            (None, [], ()),
        ],
    )
    def test_newsletter_codes_come_from_both_keys(self, english: object, other: object, expected: tuple[str]) -> None:
        article = read(whole_page(englishNewsletterAll=english, nonEnglishNewsletterAll=other))
        assert article.newsletters == expected

    @pytest.mark.parametrize("indent", [None, 0, 2, 8])
    def test_the_object_is_found_however_it_is_laid_out(self, indent: int | None) -> None:
        text = f"Source: Getty\n{TITLE}\n{TEASER}\n{PARAGRAPH}"
        assert read(page(text, before="• Research\n  • Donate {now}\n{", indent=indent)).title == TITLE

    @pytest.mark.parametrize(
        ("before", "after"),
        [("[", "]\n"), ('{"page": ', "}\n"), ("```json\n", "\n```\n"), ("var page = ", ";\n"), ("", ",\n")],
    )
    def test_what_is_wrapped_around_the_object_is_no_text(self, before: str, after: str) -> None:
        article = read(page(f"{after}Source: Getty\n{TITLE}\n{TEASER}\n{PARAGRAPH}", before=before))
        assert (article.title, article.image_credit) == (TITLE, "Getty")

    def test_the_object_is_found_behind_a_page_full_of_braces(self) -> None:
        assert read(page(f"{TITLE}\n{TEASER}\n{PARAGRAPH}", before=".a{color:red}\n" * 700)).title == TITLE

    def test_an_object_of_another_kind_is_passed_over(self) -> None:
        assert read(b'{"a": 1}\n{"authors": 1}\n' + whole_page()).title == TITLE

    def test_what_stands_before_the_object_says_nothing_about_the_article(self) -> None:
        article = read(page(f"\n{TITLE}\n{TEASER}\n{PARAGRAPH}", before="Another teaser.\nIssam Kayssi\n", authors=[]))
        assert article.authors == ()
        assert "Kayssi" not in repr(article)

    def test_a_lone_surrogate_and_a_nul_cannot_reach_the_database(self) -> None:
        text = f"Source: Getty\n{TITLE}\n{TEASER}\nNul \0 here."
        article = read(json.dumps(metadata(authors=["A\ud800b\u0000"])).encode() + text.encode())
        assert article.authors == ("A\ufffdb",)
        assert "\0" not in article.body


class TestRefusals:
    def test_a_page_without_an_object_is_refused(self) -> None:
        found = refuse(f"{TITLE}\n{TEASER}".encode())
        assert (found.reason, found.position) == ("no_json", "line 1, column 1")

    def test_an_empty_file_is_refused(self) -> None:
        assert refuse(b"").reason == "no_json"

    def test_a_broken_object_is_refused_with_the_place(self) -> None:
        found = refuse(b'leftover\n{\n"authors": [],\n"type" "paper"\n}' + TITLE.encode())
        assert (found.reason, found.position) == ("broken_json", "line 4, column 8")
        assert "Expecting ':'" in found.message

    def test_an_object_that_is_cut_is_refused_as_cut(self) -> None:
        found = refuse(whole_page()[:150])
        assert found.reason == "broken_json"
        assert "cut off" in found.message

    def test_a_page_without_title_and_address_waits_for_a_person(self) -> None:
        found = refuse(page(f"Source: Getty\n{TEASER}\nSource: Basin Quarterly\n\n{PARAGRAPH}\n{DISCLAIMER}", indent=0))
        assert found.reason == "no_title"
        assert found.position.startswith("line ")
        assert "URL map" in found.message

    def test_text_in_another_encoding_is_refused_with_the_place(self) -> None:
        found = refuse("Первая строка\n".encode() + "Водная политика".encode("cp1251") + whole_page())
        assert (found.reason, found.position) == ("not_text", "line 2, column 1")

    def test_a_truncated_last_letter_is_a_warning(self) -> None:
        article = read(whole_page()[: -len(DISCLAIMER)] + "Türkiye".encode()[:2])
        assert "cut_file" in codes(article)

    def test_western_text_saved_the_old_way_is_read_with_a_warning(self) -> None:
        article = read(whole_page(title="The Café Debate on Water").decode().encode("cp1252"))
        assert article.title == "The Café Debate on Water"
        assert "encoding" in codes(article)

    @pytest.mark.parametrize("bom", ["utf-8-sig", "utf-16"])
    def test_a_byte_order_mark_is_no_letter(self, bom: str) -> None:
        assert read(whole_page().decode().encode(bom)).title == TITLE

    def test_carriage_returns_change_nothing(self) -> None:
        assert read(whole_page().replace(b"\n", b"\r\n")) == read(whole_page())


class TestOpening:
    @pytest.mark.parametrize("glue", ["", "\n", "\n\n", " "])
    def test_text_may_be_glued_to_the_object(self, glue: str) -> None:
        article = read(page(f"{glue}{TITLE}\n{TEASER}\nSource: Basin Quarterly\n{PARAGRAPH}"))
        assert (article.title, article.teaser) == (TITLE, TEASER)
        assert (article.image_credit, article.originally_published_in) == ("", "Basin Quarterly")

    def test_the_spaced_layout_is_read_whole(self) -> None:
        text = (
            f"\nREQUIRED IMAGE\n\nREQUIRED IMAGE\n\nIn The Media\n\n{TITLE}\n\n{TEASER}\n\nLink Copied\n"
            "Published on Dec 15, 2021\n\nCentre for River Studies\n\nForeign PolicyClimate ChangeMiddle EastIran\n\n"
            f"{PARAGRAPH}\n\n{DISCLAIMER}\n\nMore Work from Meridian Europe\n\n  • Commentary\n    Basin Notes\n    E\n"
        )
        article = read(page(text, type="legacyinthemedia"))
        assert (article.title, article.teaser, article.body) == (TITLE, TEASER, PARAGRAPH)
        assert (article.published_on, article.published_precision) == (date(2021, 12, 15), "day")
        assert (article.originally_published_in, article.image_credit) == ("Centre for River Studies", "")

    def test_label_blog_and_byline_are_neither_title_nor_publisher(self) -> None:
        text = (
            f"\nREQUIRED IMAGE\n\nCommentary\n\nBasin Notes\n\n{TITLE}\n\n{TEASER}\n\nLink Copied\n\n"
            f"By Ada Byron and Li Wei\n\nPublished on March 26, 2021\n\n{PARAGRAPH}"
        )
        article = read(page(text, blog="Basin Notes", authors=["Ada Byron", "Li Wei"]))
        assert (article.title, article.teaser, article.body) == (TITLE, TEASER, PARAGRAPH)
        assert article.originally_published_in == ""

    def test_a_placeholder_is_no_image_credit(self) -> None:
        article = read(page(f"REQUIRED IMAGE\nSource: Reuters\n{PARAGRAPH}"), url=ADDRESS)
        assert (article.image_credit, article.originally_published_in) == ("", "Reuters")

    def test_a_single_source_behind_the_teaser_is_the_publisher(self) -> None:
        article = read(page(f"{TEASER}\nSource: Foreign Policy: The Magazine\n\n{PARAGRAPH}"), url=ADDRESS)
        assert article.originally_published_in == "Foreign Policy: The Magazine"
        assert (article.teaser, article.title_derived) == (TEASER, True)

    def test_a_source_below_a_russian_text_is_the_publisher(self) -> None:
        article = read(
            page(f"Источник: Getty\n{TITLE}\n{TEASER}\n{PARAGRAPH}\n{PARAGRAPH}\n{PARAGRAPH}\nИсточник: Вода\nЕщё")
        )
        assert (article.image_credit, article.originally_published_in) == ("Getty", "Вода")

    def test_a_source_under_a_chart_is_no_publisher(self) -> None:
        article = read(
            page(f"Source: Getty\n{TITLE}\n{TEASER}\n{PARAGRAPH}\nSource: Authors’ calculations.\n{PARAGRAPH}")
        )
        assert (article.originally_published_in, article.teaser) == ("", TEASER)

    def test_a_teaser_without_full_stop_is_still_a_teaser(self) -> None:
        teaser = "How the delta states learned to share a river that none of them controls"
        article = read(page(f"Source: Getty\n{TITLE}\n{teaser}\n{PARAGRAPH}"))
        assert (article.title, article.teaser, article.body) == (TITLE, teaser, PARAGRAPH)

    def test_project_boxes_below_the_date_are_not_the_body(self) -> None:
        text = (
            f"\nREQUIRED IMAGE\n{TITLE}\n{TEASER}\nLink Copied\nBy Li Wei\n+3\nPublished on May 5, 2024\n\nProject\n\n"
            f"Water, Law, and Peace\n\nLearn More\n{PARAGRAPH}"
        )
        article = read(page(text, projects=["Water, Law, and Peace"]))
        assert (article.title, article.teaser, article.body) == (TITLE, TEASER, PARAGRAPH)
        assert (article.originally_published_in, article.authors) == ("", ("Ada Byron",))

    def test_a_source_without_text_says_nothing(self) -> None:
        article = read(page(f"Source:\n{TITLE}\n{TEASER}\nSource: Basin Quarterly\n{PARAGRAPH}"))
        assert (article.title, article.image_credit, article.originally_published_in) == (TITLE, "", "Basin Quarterly")

    def test_a_teaser_never_becomes_a_title(self) -> None:
        refuse(page(f"Source: Getty\n{TEASER}\n{PARAGRAPH}"))

    @pytest.mark.parametrize(
        "line",
        [
            "Key Conclusions:",
            "Main Argument",
            "Introduction",
            "Dear Mr. President,",
            "- A point in a list",
            "“America and Europe need to look at the river as a society,” the author writes. “They would gain.”",
            "and so the story goes on in the middle",
            "Middle East",
            "Ada Byron",
            "By Ada Byron",
            "March 26, 2021",
            "https://meridian.example/paper.pdf",
            "###",
        ],
    )
    def test_a_line_of_another_kind_never_becomes_a_title(self, line: str) -> None:
        refuse(page(f"REQUIRED IMAGE\n{line}\n{PARAGRAPH} {PARAGRAPH} {PARAGRAPH}\n{DISCLAIMER}"))

    @pytest.mark.parametrize(
        "title",
        [
            "Is Libya a Proxy War?",
            "What Next for the U.S.",
            "Thomas Graham, Jr.",
            "Dr. Strangelove’s Heirs: St. Petersburg vs. the E.U.",
            "No. 10 and the Nile",
            "“Peace” at Any Price",
            "al-Qaeda’s Next Move",
            "هل تنجح المفاوضات حول مياه النيل؟",
            "Почему реки не знают границ",
            "河流无国界：共享水资源的政治",
            "Pourquoi les fleuves ignorent les frontières",
        ],
    )
    def test_a_title_is_known_by_its_shape(self, title: str) -> None:
        assert read(page(f"Source: Getty\n{title}\n{TEASER}\nSource: Basin Quarterly\n{PARAGRAPH}")).title == title

    def test_a_title_with_a_full_stop_is_known_by_the_address(self) -> None:
        title = "The War Is Over. The River Is Not."
        text = f"Source: Getty\n{title}\n{TEASER}\nSource: Basin Quarterly\n{PARAGRAPH}"
        assert read(page(text), url="https://meridian.example/2020/01/the-war-is-over-the-river-is-not").title == title

    def test_a_line_that_contradicts_the_address_is_no_title(self) -> None:
        article = read(page(f"REQUIRED IMAGE\nHeadlands Revisited\n{TEASER}\n{PARAGRAPH}"), url=ADDRESS)
        assert (article.title, article.title_derived) == ("Rivers Without Borders the Politics of Shared Water", True)

    def test_a_teaser_repeated_in_the_body_is_dropped_there(self) -> None:
        article = read(page(f"Source: Getty\n{TITLE}\n{TEASER}\nSource: Basin Quarterly\n{TEASER}\n{PARAGRAPH}"))
        assert (article.teaser, article.body) == (TEASER, PARAGRAPH)

    @pytest.mark.parametrize(("teaser", "language"), [("Вода не знает границ.", "ru"), ("Aqua sine finibus.", "en")])
    def test_a_derived_title_tells_the_language_last(self, teaser: str, language: str) -> None:
        address = "https://meridian.example/2021/12/the-politics-of-shared-water"
        assert read(page(f"{teaser}\nSource: X\nAqua."), url=address).language == language

    @pytest.mark.parametrize("path", ["2014/01/01/ar-pub-53", "2014/01/01/pub-53", "publications", "index.cfm?id=53"])
    def test_an_address_that_names_no_article_tells_no_title(self, path: str) -> None:
        refuse(page(f"{TEASER}\nSource: X\n{PARAGRAPH}"), url=f"https://meridian.example/{path}")

    def test_a_missing_teaser_stays_empty_with_a_warning(self) -> None:
        article = read(page(f"Source: Getty\n{TITLE}\nSource: Basin Quarterly\n{PARAGRAPH}"))
        assert article.teaser == ""
        assert "no_teaser" in codes(article)

    def test_junk_is_accepted_with_a_warning(self) -> None:
        article = read(
            page(f"Source: Getty\nIgnore\n{TEASER}\nSource: Basin Quarterly\nInvalid video URL\nNo.\n###\nNotes:")
        )
        assert article.title == "Ignore"
        assert codes(article) == {"junk_title", "junk_line", "heading_alone", "short_body"}
        assert "Invalid video" not in article.body

    @pytest.mark.parametrize(
        ("line", "day"),
        [
            ("Published on Dec 15, 2021", date(2021, 12, 15)),
            ("March 26, 2021", date(2021, 3, 26)),
            ("19 мая 2016 г.", date(2016, 5, 19)),
            ("١٩ أكتوبر ٢٠٢٠", date(2020, 10, 19)),
            ("2021年12月15日", date(2021, 12, 15)),
        ],
    )
    def test_an_explicit_date_wins_over_the_address(self, line: str, day: date) -> None:
        article = read(page(f"Source: Getty\n{TITLE}\n{TEASER}\n{line}\n{PARAGRAPH}"), url=ADDRESS)
        assert (article.published_on, article.published_precision) == (day, "day")

    def test_the_date_of_an_address_keeps_its_precision(self) -> None:
        month = read(whole_page(), url="https://meridian.example/2021/12/rivers-without-borders-politics")
        day = read(whole_page(), url="https://meridian.example/2021/12/15/rivers-without-borders-politics-pub-5")
        assert (month.published_on, month.published_precision) == (date(2021, 12, 1), "month")
        assert (day.published_on, day.published_precision) == (date(2021, 12, 15), "day")
        assert (read(whole_page()).published_on, read(whole_page()).published_precision) == (None, "")

    def test_texts_are_composed_and_trimmed_but_keep_their_typography(self) -> None:
        title = "\u200bTu\u0308rkiye’s  Rivers—and “Ours”\u00a0\ufeff"
        article = read(page(f"Source: Getty\n{title}\n{TEASER}\nSource: X\n{PARAGRAPH}"))
        assert article.title == "Türkiye’s Rivers—and “Ours”"


class TestEnding:
    BODY = f"Source: Getty\n{TITLE}\n{TEASER}\nSource: Basin Quarterly\n{PARAGRAPH}"

    @pytest.mark.parametrize(
        "rest",
        [
            f"\n{DISCLAIMER}\nMore.",
            DISCLAIMER,
            "The Carnegie Endowment for International Peace does not take institutional positions on public policy.",
            "Carnegie India does not take institutional positions on public policy issues; the views are.",
            "Malcolm H. Kerr Carnegie Middle East Center does not take institutional positions on public policy.",
            "Meridian Institute does not take institutional positions on public policy issues; the views represented.",
            "\nAbout the Author\nDirector\nByron is a director.\nRecent Work\n",
            "\nAbout the AuthorsAda Byron\nRecent Work",
            "\nAbout the Author\nByron is.\n- Real RiversPaper\n- +18\nA, B, …\nRecent Work\nMore Work from Meridian",
            "\n- Real RiversPaper\n- NowQ&A\n- +18\nA, B, …\nRecent Work\n",
            "\nMore Work from Meridian Europe\n- AnotherCommentary",
            "\nОб авторе\nАвтор работает.",
            "\nАвтор\nАда Байрон",
            "\nИсточник: Вода\nЕщё",
            "\nالمصدر: المياه\nمزيد",
            "\nنبذة عن المؤلف\nآدا",
            "\nNonresident Senior Fellow, Water Program\n"
            + "Byron is a fellow who has written on rivers and seas. " * 3,
        ],
    )
    def test_the_body_ends_where_the_boxes_begin(self, rest: str) -> None:
        assert read(page(f"{self.BODY}{rest}")).body == PARAGRAPH

    def test_only_the_last_author_heading_before_recent_work_ends_the_body(self) -> None:
        article = read(page(f"{self.BODY}\nAbout the Author\n{PARAGRAPH}\nAbout the Author\nByron.\nRecent Work\n"))
        assert article.body == f"{PARAGRAPH}\n\nAbout the Author\n\n{PARAGRAPH}"

    def test_a_list_in_the_body_is_no_list_of_other_work(self) -> None:
        article = read(page(f"{self.BODY}\n- Build gauges.\n- Share data.\nRecent Work"))
        assert article.body == f"{PARAGRAPH}\n\n- Build gauges.\n\n- Share data."

    def test_the_sentence_before_a_glued_disclaimer_stays(self) -> None:
        article = read(page(f"{self.BODY} So said a Carnegie fellow.{DISCLAIMER}"))
        assert article.body == f"{PARAGRAPH} So said a Carnegie fellow."

    def test_an_arabic_page_is_read_whole(self) -> None:
        title, teaser, body = "مياه النيل بين السياسة", "تواجه دول الحوض اختبارًا صعبًا.", "تفاصيل المقال هنا. وهي طويلة."
        disclaimer = "لا تتّخذ مؤسسة كارنيغي مواقف مؤسسية بشأن قضايا السياسة العامة؛ تعبّر وجهات النظر عن آراء صاحبها."
        article = read(page(f"المصدر: Getty\n{title}\n{teaser}\n١٩ أكتوبر ٢٠٢٠\n{body}{disclaimer}\nآخر"))
        assert (article.title, article.teaser, article.body) == (title, teaser, body)
        assert (article.image_credit, article.language, article.published_on) == ("Getty", "ar", date(2020, 10, 19))

    def test_a_russian_page_in_the_spaced_layout_is_read_whole(self) -> None:
        title, teaser, body = "Реки без границ", "Договоры писались для другого века.", "Текст статьи."
        disclaimer = "Фонд Карнеги за Международный Мир как организация не выступает с общей позицией по вопросам."
        text = (
            f"\nREQUIRED IMAGE\n\nКомментарий\n\n{title}\n\n{teaser}\n\nСсылка скопирована\n"
            f"Опубликовано 19 мая 2016 г.\n\nИсточник: Вода\n\n{body} {disclaimer}\nЕщё"
        )
        article = read(page(text))
        assert (article.title, article.teaser, article.body) == (title, teaser, body)
        assert (article.originally_published_in, article.published_on) == ("Вода", date(2016, 5, 19))

    def test_a_page_that_is_all_boxes_has_an_empty_body(self) -> None:
        article = read(page(f"REQUIRED IMAGE\n{DISCLAIMER}\nElse.\nMaria Kay"), url=ADDRESS)
        assert (article.title_derived, article.teaser, article.body) == (True, "", "")
        assert "short_body" in codes(article)

    def test_a_second_page_in_one_file_is_left_out_with_a_warning(self) -> None:
        article = read(whole_page() + b"\n" + whole_page(title="Another One"))
        assert article.title == TITLE
        assert "second_page" in codes(article)


@pytest.mark.parametrize(
    ("slug", "title"),
    [
        ("rivers-without-borders", "Rivers Without Borders"),
        ("russia-s-view-of-nato", "Russia’s View of NATO"),
        ("89708", ""),
        ("", ""),
        ("вода-и-мир", "Вода И Мир"),
    ],
)
def test_a_title_is_derived_from_words_alone(slug: str, title: str) -> None:
    assert title_from(slug) == title


PIECES = st.sampled_from(
    [
        *("Source: ", "Getty", "\n", "\n\n", TITLE, TEASER, DISCLAIMER, "REQUIRED IMAGE", "Link Copied", "Recent Work"),
        *("- +18", "About the Author", "{", "}", '{"authors": [], "type": ', '"', "Published on Dec 15, 2021", "###"),
        *("\u200b", "الم", "\0"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES | st.text(max_size=30), max_size=25).map("".join))
def test_any_text_behind_the_object_is_an_article_or_a_refusal(text: str) -> None:
    [found] = PageExport().read(
        json.dumps(metadata()).encode() + text.encode("utf-8", "surrogatepass"), key="k", url=""
    )
    assert isinstance(found, IncomingArticle | RefusedRecord)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.text(max_size=60))
def test_any_bytes_under_any_address_are_an_article_or_a_refusal(content: bytes, url: str) -> None:
    for payload in (content, whole_page() + content, content + whole_page()):
        [found] = PageExport().read(payload, key="k", url=url)
        assert isinstance(found, IncomingArticle | RefusedRecord)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(list(metadata())), JSON))
def test_any_metadata_is_taken_and_every_value_is_a_text(values: dict[str, object]) -> None:
    article = read(json.dumps(metadata(**values)).encode() + f"Source: Getty\n{TITLE}\n{TEASER}\n{PARAGRAPH}".encode())
    assert all(isinstance(value, str) and value for value in (*article.authors, *article.regions, *article.newsletters))


def test_deep_and_endless_objects_are_refused_quickly() -> None:
    for content in (
        b'{"authors":' + b"[" * 200_000,
        b'{"a":' * 50_000,
        b"{" * 500_000,
        b'{"authors": ' + b"9" * 10_000,
    ):
        assert refuse(content).reason == "broken_json" or refuse(content).reason == "no_json"
