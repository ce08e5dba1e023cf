"""Every rule finds a mail that breaks it and is silent on one that does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from newsletter.rendering.digest import Digest
from newsletter.rendering.proofread import RULES, proofread
from newsletter.rendering.render import Rendering, render
from tests.rendering.sample import NONCE, digest, item


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
]


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


def test_every_rule_has_a_mail_that_breaks_it() -> None:
    assert set(RULES) == {rule for rule, _, _ in BROKEN} | {"characters"}


def test_outside_production_http_images_are_warnings(clean: Rendering) -> None:
    page = clean.html.replace("</body>", '<img src="http://x.example/a.png" alt="" width="1"></body>')
    found = proofread(replace(clean, html=page), digest(), production=False)
    assert [finding.level for finding in found] == ["W"]
