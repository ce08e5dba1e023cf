"""What differs between readers is filled into places made for it, escaped for each, and never breaks out."""

from __future__ import annotations

import time
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.personal import ANY_TOKEN, CONTEXTS, NAMES, Slot, fill, fill_all, split, token
from newsletter.rendering.render import render
from tests.rendering.specimens import NONCE, english


@given(
    st.lists(
        st.sampled_from([Slot(n, c, tag) for n in NAMES for c in CONTEXTS for tag in ("", "en", "ar")]), max_size=6
    )
)
def test_a_text_splits_into_what_it_was_made_of(slots: list[Slot]) -> None:
    parts: list[str | Slot] = [part for slot in slots for part in ("words ", slot)]
    text = "".join(part if isinstance(part, str) else token(part, NONCE) for part in parts)
    assert split(text, NONCE) == parts


def test_a_token_of_another_issue_is_only_text() -> None:
    foreign = token(Slot("name", "text"), "feedfeedfeedfeed")
    assert split(foreign, NONCE) == [foreign]


def test_every_token_is_recognised_in_what_authors_wrote() -> None:
    assert all(ANY_TOKEN.search(token(Slot(name, context, "en"), NONCE)) for name in NAMES for context in CONTEXTS)


@pytest.mark.parametrize(
    ("context", "value", "filled"),
    [
        ("text", "<b>\"Ann\" & 'Bo'</b>", "&lt;b&gt;&quot;Ann&quot; &amp; &#x27;Bo&#x27;&lt;/b&gt;"),
        ("attribute", '" onload="x', "&quot; onload=&quot;x"),
        ("url", 'https://x.example/?a=1&b="é', "https://x.example/?a=1&amp;b=%22%C3%A9"),
        ("plain", "<b> & é", "<b> & é"),
        ("header", "Ann\r\nBcc: x@y.example", "Ann Bcc: x@y.example"),
        ("plain", "one\ntwo\u2028three", "one two three"),
        ("text", "\u202eevil\u202c", "evil"),
    ],
)
def test_a_value_is_escaped_for_its_context(context: str, value: str, filled: str) -> None:
    assert fill(Slot("name", context), {"name": value}) == filled


@given(st.text())
def test_no_header_value_holds_a_line_break(value: str) -> None:
    Header(fill(Slot("name", "header"), {"name": value}), "utf-8").encode()
    assert not set("\r\n\x00") & set(fill(Slot("name", "header"), {"name": value}))


@pytest.mark.parametrize(
    ("language", "name", "greeting"),
    [
        ("en", "Ann", "Dear Ann,"),
        ("en", "", "Dear reader,"),
        ("en", "  \n ", "Dear reader,"),
        ("fr", "Ann", "Bonjour Ann,"),
        ("ru", "", "Здравствуйте!"),
        ("ar", "Ann", "مرحباً \u2068Ann\u2069،"),
        ("zh", "李文", "李文，您好："),
        ("es", "", "Hola:"),
        ("xx", "Ann", "Dear Ann,"),
        ("", "Ann", "Dear Ann,"),
    ],
)
def test_readers_are_greeted_in_the_language_of_the_digest(language: str, name: str, greeting: str) -> None:
    assert fill(Slot("greeting", "plain", language), {"name": name}) == greeting


def test_a_name_that_looks_like_a_placeholder_stays_a_name() -> None:
    assert fill(Slot("greeting", "text", "en"), {"name": "{name} <i>"}) == "Dear {name} &lt;i&gt;,"


def test_one_rendering_fills_quickly_for_many() -> None:
    parts = split(render(english(), template="classic", nonce=NONCE).html, NONCE)
    slots = [part for part in parts if isinstance(part, Slot)]
    begun = time.process_time()
    for number in range(2_000):
        values = {"name": f"Reader {number}", "unsubscribe": f"https://x.example/u/{number}"}
        for slot in slots:
            fill(slot, values)
    assert (time.process_time() - begun) / 2_000 < 0.0005  # seconds a reader; far above what is seen


def test_a_preview_shows_no_token() -> None:
    made = render(english(), template="classic", nonce=NONCE)
    assert NONCE not in fill_all(made.html + made.text, NONCE, {"name": "Ann"})
