"""Every rule finds a mail that breaks it and is silent on one that does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from newsletter.rendering.digest import Digest
from newsletter.rendering.proofread import RULES, proofread
from newsletter.rendering.render import Rendering, render
from tests.rendering.sample import NONCE, digest, item
from tests.rendering.specimens import arabic, chinese, english


@pytest.fixture(scope="module")
def clean() -> Rendering:
    return render(digest(), template="classic", nonce=NONCE)


BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("size", "E", {"html": ("</body>", f"<p>{'x' * 103_000}</p></body>")}),
    ("size", "W", {"html": ("</body>", f"<p>{'x' * 75_000}</p></body>")}),
    ("styles", "E", {"html": ("</style>", f"a{{}}{' ' * 17_000}</style>")}),
    ("styles", "E", {"html": ("</style>", "@media x { @media y { a{} } }</style>")}),
    ("subject", "E", {"subject": ""}),
    ("subject", "E", {"subject": "a\r\nBcc: b"}),
    ("subject", "W", {"subject": "x" * 71}),
    ("subject", "W", {"subject": "READ THIS NOW"}),
    ("way_out", "E", {"html": ("_url_unsubscribe_", "_url_nowhere_")}),
    ("way_out", "E", {"text": ("_plain_preferences_", "_plain_nowhere_")}),
    ("postal_address", "E", {"html": ("1 Example Street", "Nowhere")}),
    ("postal_address", "E", {"text": ("Meridian Institute does not", "We do not")}),
    ("document", "E", {"html": ("<!DOCTYPE html>", "")}),
    ("document", "E", {"html": ('lang="en"', "")}),
    ("document", "W", {"html": ('name="color-scheme"', 'name="x"')}),
    ("images", "E", {"html": ("</body>", '<img src="https://x.example/a.png" width="1"></body>')}),
    ("images", "E", {"html": ("</body>", '<img src="data:image/png;base64,x" alt="" width="1"></body>')}),
    ("images", "E", {"html": ("</body>", '<img src="http://x.example/a.png" alt="" width="1"></body>')}),
    ("images", "W", {"html": ("</body>", '<img src="https://x.example/a.png" alt=""></body>')}),
    ("links", "E", {"html": ("</body>", '<a href="https://x.example/"></a></body>')}),
    ("links", "E", {"html": ("</body>", '<a href="/relative">There</a></body>')}),
    ("links", "W", {"html": ("</body>", '<a href="https://x.example/">click here</a></body>')}),
    ("links", "W", {"html": ("</body>", '<a href="http://x.example/">There</a></body>')}),
    ("leftovers", "E", {"html": ("</body>", "{{ name }}</body>")}),
    ("leftovers", "E", {"text": ("Analysis", f"zq{NONCE}_plain_salary_qz")}),
    ("leftovers", "E", {"html": ("</body>", '<p title="a\\u{64f}b"></p></body>')}),
    ("active_content", "E", {"html": ("</body>", "<script>1</script></body>")}),
    ("active_content", "E", {"html": ("</body>", '<p onclick="x()">a</p></body>')}),
    ("active_content", "E", {"html": ("</head>", '<meta http-equiv="Refresh" content="0"></head>')}),
    ("active_content", "E", {"html": ("</style>", "@import 'x';</style>")}),
    ("preheader", "W", {"preheader": ""}),
    ("preheader", "W", {"preheader": "Too short"}),
    ("preheader", "W", {"preheader": "This Week: the harbor"}),
    ("text_part", "E", {"text": ""}),
    ("text_part", "W", {"text": ("https://meridian.example/2026/11/harbor-1", "")}),
    ("repeats", "E", {"html": ("</body>", '<p id="a"></p><p id="a"></p></body>')}),
    ("contrast", "E", {"html": ("</body>", '<p style="color:#999999">faint</p></body>')}),
    (
        "contrast",
        "E",
        {"html": ("color: #e8ebee !important", "color: #222222 !important")},
    ),
    ("tables", "E", {"html": ("</body>", "<table><tr><td>x</td></tr></table></body>")}),
    ("headings", "W", {"html": ("</body>", "<h1>again</h1></body>")}),
    ("headings", "W", {"html": ("</body>", "<h5>deep</h5></body>")}),
    ("type_size", "W", {"html": ("</body>", '<p style="font-size:11px">tiny</p></body>')}),
    ("title", "W", {"subject": "Quite another subject"}),
    ("modern_css", "W", {"html": ("</body>", '<p style="color: #111">x</p></body>')}),
    ("modern_css", "W", {"html": ("</style>", "p { display: flex; }</style>")}),
    ("anchors", "W", {"html": ("</body>", '<a href="#part">Part</a></body>')}),
    ("shorteners", "W", {"html": ("</body>", '<a href="https://bit.ly/x">Part</a></body>')}),
    (
        "words_and_images",
        "W",
        {"html": ("</body>", '<img src="https://x.example/a.png" alt="" width="1">' * 40 + "</body>")},
    ),
]
OF_THE_DIGEST = {"characters", "mixed_directions", "echoes"}
OF_THE_EDITOR = {"slots"}  # tests/rendering/test_personal.py
OF_THE_TEMPLATE = {"template"}  # tests/rendering/test_trace.py


@pytest.mark.parametrize(("rule", "level", "change"), BROKEN)
def test_a_mail_that_breaks_a_rule_is_found(clean: Rendering, rule: str, level: str, change: dict[str, Any]) -> None:
    broken = clean
    for field, value in change.items():
        text = getattr(broken, field).replace(*value) if isinstance(value, tuple) else value
        assert text != getattr(clean, field)
        broken = replace(broken, **{field: text})
    found = proofread(broken, digest(), production=True)
    assert (rule, level) in {(finding.rule, finding.level) for finding in found}


def test_broken_characters_in_an_article_are_found(clean: Rendering) -> None:
    bad: Digest = digest(item(1, headline="broken \ufffd text"))
    assert ("characters", "E") in {(f.rule, f.level) for f in proofread(clean, bad, production=True)}


def test_an_article_that_stands_twice_is_found(clean: Rendering) -> None:
    twice = digest(item(1), item(1))
    assert ("repeats", "W") in {(f.rule, f.level) for f in proofread(clean, twice, production=True)}


def test_a_word_in_three_headlines_is_found(clean: Rendering) -> None:
    tired = digest(*(item(number, headline=f"Harbour {number}") for number in range(3)))
    assert ("echoes", "W") in {(f.rule, f.level) for f in proofread(clean, tired, production=True)}


def test_names_of_another_direction_without_isolation_are_found(clean: Rendering) -> None:
    mixed = digest(item(1, byline="Ingrid Halvorsen وأمل حداد", language="ar", direction="rtl"))
    assert ("mixed_directions", "W") in {(f.rule, f.level) for f in proofread(clean, mixed, production=True)}


@pytest.mark.parametrize("made", [english(), english(3), arabic(), chinese()], ids=["en10", "en3", "ar", "zh"])
def test_our_own_digests_have_no_errors_and_no_faint_text(made: Digest) -> None:
    rendering = render(made, template="classic", nonce=NONCE)
    assert [f for f in proofread(rendering, made, production=True) if f.level == "E" or f.rule == "contrast"] == []


def test_an_article_about_braces_is_no_leftover() -> None:
    made = digest(item(1, headline="What {{ name }} means"))
    assert proofread(render(made, template="classic", nonce=NONCE), made, production=True) == ()


def test_every_rule_has_a_mail_that_breaks_it() -> None:
    assert set(RULES) == {rule for rule, _, _ in BROKEN} | OF_THE_DIGEST | OF_THE_TEMPLATE | OF_THE_EDITOR


def test_outside_production_http_images_are_warnings(clean: Rendering) -> None:
    page = clean.html.replace("</body>", '<img src="http://x.example/a.png" alt="" width="1"></body>')
    found = proofread(replace(clean, html=page), digest(), production=False)
    assert [finding.level for finding in found] == ["W"]
