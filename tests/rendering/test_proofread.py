"""Every rule finds a mail that breaks it and is silent on one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter.rendering.digest import Digest, Event, Image
from newsletter.rendering.finding import Page, Phrase
from newsletter.rendering.proofread import RULES, proofread
from newsletter.rendering.render import Rendering, render
from tests.rendering.sample import NONCE, digest, item
from tests.rendering.specimens import arabic, chinese, english


@pytest.fixture(scope="module")
def clean() -> Rendering:
    return render(digest(), template="classic", nonce=NONCE)


BODY, STYLE = "</body>", "</style>"


def _html(mark: str, more: str) -> dict[str, Any]:
    return {"html": (mark, more + mark)}


def _img(**given: str) -> str:
    attributes = {"src": "https://x.example/a.png", "alt": "A ship", "width": "1", **given}
    return "<img " + " ".join(f'{name}="{value}"' for name, value in attributes.items()) + ">"


BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("size", "E", _html(BODY, f"<p>{'x' * 103_000}</p>")),
    ("size", "W", _html(BODY, f"<p>{'x' * 75_000}</p>")),
    ("style_size", "E", _html(STYLE, f"a{{}}{' ' * 17_000}")),
    ("style_size", "W", _html(STYLE, f"a{{}}{' ' * 2_000}")),
    ("style_syntax", "E", _html(STYLE, "@media x { @media y { a{} } }")),
    ("style_syntax", "E", _html(STYLE, "@supports (color: red) { a{} @font-face { src: x } }")),
    ("style_syntax", "W", _html(STYLE, "a { color: red; ")),
    ("style_syntax", "W", _html(STYLE, "a { color red }")),
    ("style_syntax", "W", _html(STYLE, "} a {}")),
    ("style_syntax", "W", _html(BODY, '<p style="color red">x</p>')),
    ("subject", "E", {"subject": ""}),
    ("subject", "E", {"subject": "a\r\nBcc: b"}),
    ("subject", "W", {"subject": "x" * 71}),
    ("subject", "W", {"subject": "READ THIS NOW"}),
    ("unsubscribe", "E", {"html": ("_url_unsubscribe_", "_url_nowhere_")}),
    ("unsubscribe", "E", {"text": ("_plain_unsubscribe_", "_plain_nowhere_")}),
    ("preferences_and_view", "E", {"html": ("_url_preferences_", "_url_nowhere_")}),
    ("preferences_and_view", "E", {"html": ("_url_view_", "_url_nowhere_")}),
    ("preferences_and_view", "E", {"text": ("_plain_preferences_", "_plain_nowhere_")}),
    ("preferences_and_view", "E", {"text": ("_plain_view_", "_plain_nowhere_")}),
    ("postal_address", "E", {"html": ("1 Example Street", "Nowhere")}),
    ("postal_address", "E", {"text": ("1 Example Street", "Nowhere")}),
    ("postal_address", "E", {"text": ("Meridian Institute does not", "We do not")}),
    ("postal_address", "E", _html(BODY, "<p>Meridian Institute does not take institutional positions.</p>")),
    ("doctype", "E", {"html": ("<!DOCTYPE html>", "")}),
    ("language", "E", {"html": (' lang="en"', "")}),
    ("language", "E", {"html": (' dir="ltr"', "")}),
    ("language", "W", {"html": ('<html lang="en"', '<html lang="und"')}),
    ("alt_text", "E", _html(BODY, _img().replace('alt="A ship" ', ""))),
    ("alt_text", "W", _html(BODY, _img(alt="DSC_0042.jpg"))),
    ("alt_text", "W", _html(BODY, _img(alt="long " * 30))),
    ("alt_text", "W", _html(BODY, f'<a href="https://x.example/">{_img(alt="")}</a>')),
    ("tables", "E", _html(BODY, "<table><tr><td>x</td></tr></table>")),
    ("headings", "W", _html(BODY, "<h1>again</h1>")),
    ("headings", "W", _html(BODY, "<h5>deep</h5>")),
    ("link_text", "E", _html(BODY, '<a href="https://x.example/"></a>')),
    ("link_text", "W", _html(BODY, '<a href="https://x.example/">click here</a>')),
    ("link_text", "W", _html(BODY, '<a href="https://x.example/a">Go</a><a href="https://x.example/b">Go</a>')),
    ("link_color", "W", _html(BODY, '<p>See <a href="https://x.example/" style="text-decoration:none">it</a>.</p>')),
    ("contrast", "E", _html(BODY, '<p style="color:#999999">faint</p>')),
    ("contrast", "E", _html(BODY, '<p style="color:rgba(0,0,0,.3)">faint</p>')),
    ("contrast", "E", _html(BODY, '<p style="color:silver">faint</p>')),
    ("contrast", "E", _html(BODY, '<table role="presentation" bgcolor="#000000"><tr><td>dark</td></tr></table>')),
    ("contrast", "E", _html(STYLE, "p { color: #aaaaaa !important; }")),
    ("contrast", "E", {"html": ("color: #e8ebee !important", "color: #222222 !important")}),
    ("color_scheme", "W", {"html": ('name="color-scheme"', 'name="x"')}),
    ("type_size", "W", _html(BODY, '<p style="font-size:11px;line-height:1.5">tiny</p>')),
    ("type_size", "W", _html(BODY, '<p style="font-size:13px;line-height:1.5">small</p>')),
    ("type_size", "W", _html(BODY, '<p style="line-height:1.2">tight</p>')),
    ("type_size", "W", _html(BODY, '<p style="font-size:20px;line-height:20px">tight</p>')),
    ("touch_targets", "W", _html(BODY, '<p style="line-height:18px"><a href="https://x.example/">Small</a></p>')),
    ("touch_targets", "W", _html(BODY, '<p style="line-height:30px"><a href="https://x.example/">1</a></p>')),
    ("touch_targets", "W", _html(BODY, f'<a href="https://x.example/">{_img(width="16", height="16")}</a>')),
    ("link_address", "E", _html(BODY, '<a href="/relative">There</a>')),
    ("link_address", "E", _html(BODY, '<a href="javascript:x()">There</a>')),
    ("link_address", "E", _html(BODY, '<a href="">There</a>')),
    ("link_address", "E", _html(BODY, '<a href="https:///x">There</a>')),
    ("link_address", "W", _html(BODY, '<a href="http://x.example/">There</a>')),
    ("leftovers", "E", _html(BODY, "{{ name }}")),
    ("leftovers", "E", {"text": ("Analysis", f"zq{NONCE}_plain_salary_qz")}),
    ("leftovers", "E", _html(BODY, '<p title="a\\u{64f}b"></p>')),
    ("leftovers", "E", _html(BODY, '<p title="a\\nb"></p>')),
    ("leftovers", "E", _html(BODY, "zstyle0123456789abcdefn0z")),
    ("active_content", "E", _html(BODY, "<script>1</script>")),
    ("active_content", "E", _html(BODY, '<p onclick="x()">a</p>')),
    ("active_content", "E", _html("</head>", '<meta http-equiv="Refresh" content="0">')),
    ("active_content", "E", _html("</head>", '<link rel="stylesheet" href="https://x.example/a.css">')),
    ("web_fonts", "E", _html(STYLE, "@import 'x';")),
    ("web_fonts", "E", _html(STYLE, "@font-face { font-family: x; src: url(x) }")),
    ("web_fonts", "E", _html("</head>", '<link href="https://fonts.example/css?family=Lato">')),
    ("image_address", "E", _html(BODY, _img(src="data:image/png;base64,x"))),
    ("image_address", "E", _html(BODY, _img(src="https://x.example/a.svg?v=1"))),
    ("image_address", "E", _html(BODY, _img(src="http://x.example/a.png"))),
    ("image_width", "W", _html(BODY, _img(width=""))),
    ("preheader", "W", {"preheader": ""}),
    ("preheader", "W", {"preheader": "Too short"}),
    ("preheader", "W", {"preheader": "long " * 40}),
    ("preheader", "W", {"preheader": "This Week: the harbor"}),
    ("client_support", "W", {"css": "p { text-shadow: 1px 1px #000000; }"}),
    ("client_support", "W", {"css": "@media print { p { filter: none } }"}),
    ("width", "W", _html(BODY, '<div style="max-width:700px">x</div>')),
    ("width", "W", _html(BODY, '<div style="width:400px">x</div>')),
    ("width", "W", _html(BODY, '<div style="min-width:330px">x</div>')),
    ("width", "W", _html(BODY, _img(width="600"))),
    ("words_and_images", "W", _html(BODY, _img() * 40)),
    ("text_part", "E", {"text": ""}),
    ("text_part", "W", {"text": ("https://meridian.example/2026/11/harbor-1", "")}),
    ("line_length", "E", {"text": ("Analysis", "x" * 999)}),
    ("line_length", "E", {"subject": "ж" * 500}),
    ("characters", "E", _html(BODY, "\u202e")),
    ("title", "W", {"subject": "Quite another subject"}),
    ("modern_css", "W", {"css": "p { color: #111; }"}),
    ("modern_css", "W", {"css": "p { color: #11223344; }"}),
    ("modern_css", "W", {"css": "p { background: rgba(1,2,3,.4); }"}),
    ("modern_css", "W", {"css": "p { color: var(--ink); }"}),
    ("modern_css", "W", {"css": "p { width: calc(100% - 2px); }"}),
    ("modern_css", "W", {"css": "p { display: flex; }"}),
    ("modern_css", "W", {"css": "p { display: inline-grid; }"}),
    ("repeats", "E", _html(BODY, '<p id="a"></p><p id="a"></p>')),
    ("anchors", "W", _html(BODY, '<a href="#part">Part</a>')),
    ("shorteners", "W", _html(BODY, '<a href="https://bit.ly/x">Part</a>')),
]
OF_THE_DIGEST = {"mixed_directions", "echoes", "direction", "past_dates", "banned_phrases"}
OF_LIVE_PAGES = {"live_links", "live_titles"}
OF_THE_EDITOR = {"slots"}  # tests/rendering/test_personal.py
OF_THE_TEMPLATE = {"template"}  # tests/rendering/test_trace.py


@pytest.mark.parametrize(("rule", "level", "change"), BROKEN)
def test_a_mail_that_breaks_a_rule_is_found(clean: Rendering, rule: str, level: str, change: dict[str, Any]) -> None:
    assert (rule, level) in _found(_changed(clean, change), digest())


WHOLE: list[tuple[str, dict[str, Any]]] = [  # near to what is found, and right
    ("style_syntax", _html(STYLE, "@media x { a { content: '}'; background: url(a;b) } } /* { */")),
    ("subject", {"subject": "NATO"}),
    ("alt_text", _html(BODY, f'<a href="https://x.example/"><h2>A ship</h2>{_img(alt="")}</a>')),
    ("tables", _html(BODY, "<table><tr><th>Year</th></tr><tr><td>2026</td></tr></table>")),
    ("link_text", _html(BODY, '<a href="https://x.example/a">Go</a><a href="https://x.example/a">Go</a>')),
    ("link_color", _html(BODY, '<p>See <a href="https://x.example/" style="text-decoration:none"><b>it</b></a>.</p>')),
    ("link_color", _html(BODY, '<p><a href="https://x.example/" style="text-decoration:none">A headline</a></p>')),
    ("contrast", _html(BODY, '<p style="color:#999999;display:none">unseen</p>')),
    ("contrast", _html(BODY, '<p style="color:#888888;font-size:24px">large</p>')),
    ("contrast", _html(STYLE, "@media (max-width: 400px) { p { color: #aaaaaa !important; } }")),
    ("contrast", _html(STYLE, ".label { color: #aaaaaa; }")),  # the style attribute wins
    ("type_size", _html(BODY, '<h2 style="line-height:1.1">A headline</h2>')),
    ("touch_targets", _html(BODY, '<p style="line-height:18px">In <a href="https://x.example/">a</a> sentence.</p>')),
    ("touch_targets", _html(BODY, '<a href="https://x.example/" style="display:block;padding:6px">A link</a>')),
    ("link_address", _html(BODY, '<a href="mailto:a@b.example">Mail</a><a href="tel:+1202">Call</a>')),
    ("width", _html(BODY, _img(width="600", style="width:100%"))),
    ("width", _html(BODY, '<div style="max-width:640px;width:100%">x</div>')),
    ("client_support", {"css": "p { color: #111111; margin: 0; } :root { color-scheme: light dark; }"}),
    ("modern_css", {"css": "p { color: #112233; } #beef { margin: 0; }"}),
    ("line_length", {"text": ("Analysis", "x" * 998)}),
]


def _changed(clean: Rendering, change: dict[str, Any]) -> Rendering:
    changed = clean
    for field, value in change.items():
        text = getattr(changed, field).replace(*value) if isinstance(value, tuple) else value
        assert text != getattr(clean, field)
        changed = replace(changed, **{field: text})
    return changed


def _found(made: Rendering, of: Digest, **known: Any) -> set[tuple[str, str]]:
    return {(finding.rule, finding.level) for finding in proofread(made, of, production=True, **known)}


@pytest.mark.parametrize(("rule", "change"), WHOLE)
def test_what_only_looks_like_a_fault_is_left_alone(clean: Rendering, rule: str, change: dict[str, Any]) -> None:
    assert rule not in {found for found, _ in _found(_changed(clean, change), digest())}


@pytest.mark.parametrize("field", ["headline", "teaser", "byline", "published_in"])
def test_broken_characters_in_an_article_are_found(clean: Rendering, field: str) -> None:
    assert ("characters", "E") in _found(clean, digest(item(1, **{field: "broken \ufffd text"})))


def test_an_article_that_stands_twice_is_found(clean: Rendering) -> None:
    assert ("repeats", "W") in _found(clean, digest(item(1), item(1)))


@pytest.mark.parametrize(
    ("headlines", "language"),
    [
        (("Harbour lights", "A harbour at night"), "en"),
        (("Harbour after harbour",), "en"),
        (("Санкции и рынок", "Рынок без правил"), "ru"),
        (("粮食走廊改变了什么", "谁守护粮食走廊"), "zh"),
    ],
)
def test_a_word_twice_in_the_headlines_is_found(clean: Rendering, headlines: tuple[str, ...], language: str) -> None:
    items = [item(number, headline=text, language=language) for number, text in enumerate(headlines)]
    assert ("echoes", "W") in _found(clean, digest(*items))


def test_words_that_hold_sentences_together_may_stand_twice(clean: Rendering) -> None:
    items = (item(1, headline="Through the ice"), item(2, headline="Through the night, without a map"))
    assert ("echoes", "W") not in _found(clean, digest(*items))


@pytest.mark.parametrize(
    "given",
    [
        {"byline": "Ingrid Halvorsen وأمل حداد"},
        {"published_in": "صحيفة The Daily"},
        {"event": Event("الخميس", place="قاعة Halvorsen")},
        {"image": Image("https://x.example/a.png", credit="أمل Halvorsen")},
        {"headline": "NATO وما بعدها", "direction": "rtl"},
    ],
)
def test_words_of_another_direction_without_isolation_are_found(clean: Rendering, given: dict[str, Any]) -> None:
    mixed = digest(item(1, **{"language": "ar", "direction": "rtl", **given}), direction="rtl")
    assert ("mixed_directions", "W") in _found(clean, mixed)


def test_isolated_names_and_sentences_that_begin_in_their_own_direction_are_left_alone(clean: Rendering) -> None:
    given = {"byline": "\u2068Ingrid Halvorsen\u2069 وأمل حداد", "headline": "ما بعد NATO"}
    assert ("mixed_directions", "W") not in _found(clean, digest(item(1, language="ar", direction="rtl", **given)))


def test_a_mail_from_right_to_left_holds_no_style_that_turns_it_back() -> None:
    made = render(arabic(), template="classic", nonce=NONCE)
    assert ("direction", "E") not in _found(made, arabic())
    turned = replace(made, html=made.html.replace("direction:rtl", "direction:ltr", 1))
    assert ("direction", "E") in _found(turned, arabic())


NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ({"teaser": "Join us on November 19 for a talk."}, "en"),
        ({"teaser": "The talk will take place on 3 March 2026."}, "en"),
        ({"headline": "Inscrivez-vous: le 19 novembre 2026"}, "fr"),
        ({"teaser": "Встреча состоится 19 ноября."}, "ru"),
        ({"teaser": "El debate tendrá lugar el 19 de noviembre de 2026."}, "es"),
        ({"teaser": "سيعقد اللقاء في 19 نوفمبر 2026."}, "ar"),
        ({"teaser": "讲座将于11月19日举行，敬请报名。"}, "zh"),
    ],
)
def test_a_past_day_that_is_announced_is_found(clean: Rendering, given: dict[str, Any], language: str) -> None:
    assert ("past_dates", "W") in _found(clean, digest(item(1, language=language, **given)), now=NOW)


@pytest.mark.parametrize(
    "teaser",
    [
        "Join us on December 3 for a talk.",
        "The summit ended on November 19.",
        "The law will change what was agreed on November 19, and a vote follows on December 1.",
        "It will take place on January 5.",
        "Join us on 45 March 2026.",
    ],
)
def test_days_to_come_and_plain_history_are_left_alone(clean: Rendering, teaser: str) -> None:
    assert ("past_dates", "W") not in _found(clean, digest(item(1, teaser=teaser)), now=NOW)


@pytest.mark.parametrize(
    ("starts", "ends", "over"),
    [
        ("2026-11-27T10:00:00+00:00", "2026-11-27T11:00:00+00:00", True),
        ("2026-11-27T10:00:00+00:00", "2026-11-27T13:00:00+00:00", False),
        ("2026-11-27T10:00:00+00:00", "", True),
        ("2026-11-28T10:00:00+00:00", "", False),
    ],
)
def test_an_event_that_is_over_is_an_error(clean: Rendering, starts: str, ends: str, over: bool) -> None:
    invited = digest(item(1, event=Event("Friday", starts=starts, ends=ends)))
    assert (("past_dates", "E") in _found(clean, invited, now=NOW)) == over


def test_without_a_time_nothing_is_over(clean: Rendering) -> None:
    invited = digest(item(1, event=Event("Friday", starts="2020-01-01T10:00:00+00:00")))
    assert ("past_dates", "E") not in _found(clean, invited)


@pytest.mark.parametrize(
    ("words", "text", "banned"),
    [
        ("game changer", "This is a Game  Changer for ports.", True),
        ("utilize", "They utilized it.", False),
        ("не секрет", "Не секрет, что порт мал.", True),
        ("众所周知", "这是众所周知的。", True),
    ],
)
def test_a_banned_phrase_is_found_as_whole_words(clean: Rendering, words: str, text: str, banned: bool) -> None:
    found = _found(clean, digest(item(1, teaser=text)), phrases=[Phrase(words)])
    assert (("banned_phrases", "W") in found) == banned


def test_a_banned_phrase_says_what_to_write(clean: Rendering) -> None:
    told = proofread(
        clean, digest(note="Going forward."), production=True, phrases=[Phrase("going forward", "from now on")]
    )
    assert [(one.place, one.fix) for one in told] == [("note: “going forward”", "Write “from now on”.")]


@pytest.mark.parametrize(
    ("page", "level"),
    [
        (Page("", trouble="HTTP 404", dead=True), "E"),
        (Page("", trouble="HTTP 403"), "W"),
        (Page("https://meridian.example/2026/11/new"), "E"),
        (Page("https://meridian.example/2026/11/harbor-1/"), ""),
    ],
)
def test_dead_and_redirected_links_are_found_where_they_were_followed(clean: Rendering, page: Page, level: str) -> None:
    found = _found(clean, digest(), pages={"https://meridian.example/2026/11/harbor-1": page})
    assert found == ({("live_links", level)} if level else set())


@pytest.mark.parametrize(
    ("titles", "differs"),
    [(("The harbor that one port built | Meridian",), False), (("Another harbor",), True), ((), False)],
)
def test_a_headline_that_differs_from_the_live_article_is_found(
    clean: Rendering, titles: tuple[str, ...], differs: bool
) -> None:
    address = "https://meridian.example/2026/11/harbor-1"
    found = _found(clean, digest(), pages={address: Page(address, titles=titles)})
    assert (("live_titles", "W") in found) == differs


@pytest.mark.parametrize(("octets", "level"), [(1_000_001, "E"), (200_001, "W"), (200_000, "")])
def test_a_heavy_image_is_found_where_it_was_fetched(clean: Rendering, octets: int, level: str) -> None:
    source = "https://x.example/a.png"
    made = _changed(clean, _html(BODY, _img(src=source)))
    found = _found(made, digest(), pages={source: Page(source, octets=octets)})
    assert found == ({("image_address", level)} if level else set())


@pytest.mark.parametrize(
    ("addresses", "production", "level"),
    [
        ((), True, "E"),
        (("mailto:leave@x.example",), True, "E"),
        (("http://localhost/u", "mailto:leave@x.example"), False, "W"),
        (("https://x.example/u",), True, ""),
        (None, True, ""),
    ],
)
def test_the_plan_for_one_click_needs_an_https_address(
    clean: Rendering, addresses: tuple[str, ...] | None, production: bool, level: str
) -> None:
    found = proofread(clean, digest(), production=production, list_unsubscribe=addresses)
    assert [(one.rule, one.level) for one in found] == ([("unsubscribe", level)] if level else [])


def test_an_unsubscribe_link_before_the_articles_is_not_at_the_end(clean: Rendering) -> None:
    token = f"zq{NONCE}_url_unsubscribe_en_qz"
    moved = clean.html.replace(token, "https://x.example/").replace("<h1", f'<a href="{token}">Leave now</a><h1', 1)
    assert ("unsubscribe", "E") in _found(replace(clean, html=moved), digest())


def test_an_unsubscribe_link_that_is_hidden_is_none(clean: Rendering) -> None:
    hidden = clean.html.replace("</style>", ".way-out { display: none !important; }</style>")
    assert {("unsubscribe", "E"), ("preferences_and_view", "E")} <= _found(replace(clean, html=hidden), digest())


@pytest.mark.parametrize("made", [english(), english(3), arabic(), chinese()], ids=["en10", "en3", "ar", "zh"])
def test_our_own_digests_have_no_errors_and_no_faint_text(made: Digest) -> None:
    rendering = render(made, template="classic", nonce=NONCE)
    assert [f for f in proofread(rendering, made, production=True) if f.level == "E" or f.rule == "contrast"] == []


def test_an_article_about_braces_is_no_leftover() -> None:
    made = digest(item(1, headline="What {{ name }} means"))
    assert proofread(render(made, template="classic", nonce=NONCE), made, production=True) == ()


def test_every_rule_has_a_mail_that_breaks_it() -> None:
    others = OF_THE_DIGEST | OF_LIVE_PAGES | OF_THE_TEMPLATE | OF_THE_EDITOR
    assert set(RULES) == {rule for rule, _, _ in BROKEN} | others


def test_outside_production_http_images_are_warnings(clean: Rendering) -> None:
    page = clean.html.replace("</body>", '<img src="http://x.example/a.png" alt="" width="1"></body>')
    found = proofread(replace(clean, html=page), digest(), production=False)
    assert [finding.level for finding in found] == ["W"]
