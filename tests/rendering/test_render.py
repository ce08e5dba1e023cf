"""A digest becomes bytes that every mail client can take, and the same bytes every time."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from newsletter.errors import Invalid
from newsletter.rendering.digest import Image, from_dict
from newsletter.rendering.plaintext import COLUMNS, width
from newsletter.rendering.proofread import proofread
from newsletter.rendering.render import Rendering, render
from tests.rendering.sample import NONCE, digest, item


def classic(*items: object, **given: object) -> Rendering:
    return render(digest(*items, **given), template="classic", nonce=NONCE)  # type: ignore[arg-type]


def test_the_same_digest_gives_the_same_bytes() -> None:
    assert replace(classic(), milliseconds=0) == replace(classic(), milliseconds=0)


def test_a_digest_survives_json() -> None:
    made = digest(item(1, image=Image("https://x.example/a.png", "A map", "Getty", 1200, 675)))
    assert from_dict(json.loads(json.dumps(made.as_dict()))) == made


def test_a_clean_issue_has_no_findings() -> None:
    assert proofread(classic(), digest(), production=True) == ()


def test_the_doctype_comes_first() -> None:
    assert classic().html.startswith("<!DOCTYPE html>")


def test_styles_for_dark_keep_their_importance() -> None:
    assert re.search(r"@media \(prefers-color-scheme: dark\).*!important", classic().html, re.DOTALL)


def test_ten_articles_fit_into_52_kilobytes() -> None:
    made = classic(*(item(number, teaser="A sentence of some length about trade. " * 6) for number in range(10)))
    assert len(made.html.encode()) <= 52_000


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }} {% raw %}",
        "<mj-include path='/etc/passwd'/>",
        "]]> <!-- -->",
        "back\\slash \\n \\u{64f}",
        "مُحَمَّد ‏العربية",
        "नमस्ते ภาษาไทย",
        "soft\u00adhyphen no\u00a0break zero\u200bwidth",
        "&amp; &lt; &#39;",
        "tab\tand\nnewline",
        "👩‍👩‍👧‍👦 🇺🇳",
    ],
)
def test_hostile_words_show_as_text_in_every_field(words: str) -> None:
    hostile = item(1, headline=words, teaser=words, byline=words, label=words, published_in=words, link_text=words)
    made = classic(hostile, note=words, title=words)
    tree = lxml_html.document_fromstring(made.html)
    shown = [" ".join(tag.text_content().split()) for tag in tree.xpath("//h3")]
    assert shown == [" ".join(words.split())]
    assert not tree.xpath("//script | //iframe | //*[@onerror]")


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=40)
def test_any_headline_renders(words: str) -> None:
    assert classic(item(1, headline=words)).html


def test_attribute_values_come_out_as_they_went_in() -> None:
    alt = 'مُحَمَّد "quoted" back\\slash <tag> no\u00a0break'
    made = classic(item(1, image=Image("https://x.example/a.png", alt)))
    assert lxml_html.document_fromstring(made.html).xpath("//img/@alt") == [alt]


def test_a_script_address_becomes_no_link() -> None:
    assert "javascript:" not in classic(item(1, url="javascript:alert(1)")).html


def test_text_that_looks_like_a_slot_is_refused() -> None:
    with pytest.raises(Invalid, match="looks like a personal slot"):
        classic(item(1, headline=f"zq{NONCE}_text_address_qz"))


def test_an_unknown_template_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="no template 'nowhere"):
        render(digest(), template="nowhere", nonce=NONCE)


def test_right_to_left_is_mirrored_everywhere() -> None:
    made = classic(item(1, language="ar", direction="rtl"), language="ar", direction="rtl")
    assert "direction:ltr" not in made.html.replace(" ", "")


def test_the_plain_text_is_at_most_78_columns_beside_addresses() -> None:
    made = classic(item(1, teaser="港口" * 90), item(2, teaser="words " * 90))
    assert [
        line for line in made.text.split("\n") if width(line) > COLUMNS and "://" not in line and "zq" not in line
    ] == []


def test_every_link_of_the_html_stands_in_the_text() -> None:
    made = classic()
    links = lxml_html.document_fromstring(made.html).xpath("//a/@href[starts-with(., 'https:')]")
    assert [link for link in links if link not in made.text] == []
