"""What differs between readers is filled into places made for it, escaped for each, and never breaks out."""

from __future__ import annotations

import quopri
import re
import time
from dataclasses import replace
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.environment import _slot_maker
from newsletter.rendering.personal import ANY_TOKEN, CONTEXTS, NAMES, SLOTS, Slot, as_is, fill, fill_all, split, token
from newsletter.rendering.proofread import proofread
from newsletter.rendering.render import render
from tests.rendering.specimens import NONCE, arabic, english


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
        ("url", "a&b=c/../?#é", "a%26b%3Dc%2F..%2F%3F%23%C3%A9"),
        ("plain", "<b> & é", "<b> & é"),
        ("header", "Ann\r\nBcc: x@y.example", "Ann Bcc: x@y.example"),
        ("subject", "Ann\r\nBcc: x@y.example", "Ann Bcc: x@y.example"),
        ("subject", "x" * 81, "x" * 79 + "…"),
        ("plain", "one\ntwo\u2028three", "one two three"),
        ("text", "\u202eevil\u202c", "evil"),
    ],
)
def test_a_value_is_escaped_for_its_context(context: str, value: str, filled: str) -> None:
    assert fill(Slot("name", context), {"name": value}) == filled


SLOTS_ANYWHERE = [Slot(n, c, tag) for n in NAMES for c in SLOTS[n] for tag in ("", "en", "ar")]
LINK = "https://news.example/u/AQEBCtDN-HQlWR1_OMsrAeC"
VALUES = st.one_of(
    st.text(max_size=90),
    st.from_regex(r"https?://[a-z./=&;~+-]{0,80}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9 .,:/@=_'-]{0,80}", fullmatch=True),
)


@given(slot=st.sampled_from(SLOTS_ANYWHERE), value=VALUES)
def test_a_value_said_to_stay_stays_in_its_context_and_in_quoted_printable(slot: Slot, value: str) -> None:
    if as_is(slot)(value):
        assert fill(slot, {slot.name: value}) == value
        assert quopri.encodestring(value.encode()) == value.encode()
        assert not value.startswith(".")


@pytest.mark.parametrize(
    ("name", "context", "value"), [("name", "text", "Ann Lee"), ("view", "url", LINK), ("view", "plain", LINK)]
)
def test_the_commonest_values_are_said_to_stay(name: str, context: str, value: str) -> None:
    assert as_is(Slot(name, context, "en"))(value)


@pytest.mark.parametrize(
    ("link", "filled"),
    [
        ('https://x.example/?a=1&b="é', "https://x.example/?a=1&amp;b=%22%C3%A9"),
        ("mailto:leave@x.example", "mailto:leave@x.example"),
        ("javascript:alert(1)", ""),
        ("//x.example/", ""),
    ],
)
def test_only_a_whole_address_is_a_link(link: str, filled: str) -> None:
    assert fill(Slot("view", "url"), {"view": link}) == filled


@pytest.mark.parametrize("context", ["text", "attribute", "url", "plain", "subject", "header"])
def test_a_fallback_of_an_editor_is_escaped_like_a_value(context: str) -> None:
    own = '<b>"me" & you</b>'
    text = token(Slot("name", context, "en", own), NONCE)
    assert fill_all(text, NONCE, {}) == fill(Slot("name", context), {"name": own})


@pytest.mark.parametrize(
    ("language", "own", "filled"),
    [
        ("en", None, "reader"),
        ("fr", None, "lecteur"),
        ("zh", None, "读者"),
        ("ar", None, "\u2068القارئ\u2069"),
        ("en", "friend", "friend"),
        ("en", "", ""),
        ("", None, ""),
    ],
)
def test_who_gave_no_name_is_called_something_in_the_language(language: str, own: str | None, filled: str) -> None:
    assert fill(Slot("name", "plain", language, own), {}) == filled


@given(st.text(max_size=60))
def test_a_fallback_comes_back_as_it_was_given(own: str) -> None:
    readable = own.encode("utf-8", "replace").decode()
    slot = Slot("name", "text", "xh", readable)
    assert split(token(slot, NONCE), NONCE) == [slot]


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


WRITTEN = {
    "subject": "[[name|Friend]], the harbor",
    "preheader": "Chosen for [[ name ]] and sent to [[address]], as every week.",
    "note": "Hello [[name|you & all]]:\n\nread on.",
    "written": ("subject", "preheader", "note"),
}


def test_slots_of_an_editor_are_filled_in_subject_preheader_and_note() -> None:
    made = render(replace(english(), **WRITTEN), template="classic", nonce=NONCE)
    ann = {"name": "Ann <b>", "address": "ann@x.example"}
    assert fill_all(made.subject, NONCE, ann) == "Ann <b>, the harbor"
    assert "Chosen for Ann &lt;b&gt; and sent to ann@x.example" in fill_all(made.html, NONCE, ann)
    assert "Hello Ann &lt;b&gt;:" in fill_all(made.html, NONCE, ann)
    assert "Hello Ann <b>:" in fill_all(made.text, NONCE, ann)
    assert fill_all(made.subject, NONCE, {}) == "Friend, the harbor"
    assert "Hello you &amp; all:" in fill_all(made.html, NONCE, {})


def test_what_no_editor_wrote_holds_no_slot() -> None:
    words = {**WRITTEN, "written": ()}
    made = render(replace(english(), **words), template="classic", nonce=NONCE)
    assert fill_all(made.subject, NONCE, {"name": "Ann"}) == WRITTEN["subject"]


@pytest.mark.parametrize(
    ("field", "words", "place", "fix"),
    [
        ("subject", "Hi [[nmae]]", "subject: [[nmae]]", "There is no such slot. Did you mean [[name]]?"),
        ("note", "[[unsubscribe]]", "note: [[unsubscribe]]", "Known slots: name, address, greeting."),
        ("note", "Hi [[name", "note: [[", "A slot is opened and not closed; write it like [[name|friend]]."),
        (
            "preheader",
            f"Hi [[name|{'x' * 61}]] and more",
            f"preheader: [[name|{'x' * 32}…",
            "Shorten what stands behind the | to 60 characters.",
        ),
    ],
)
def test_a_slot_nobody_can_fill_is_found_at_the_preview(field: str, words: str, place: str, fix: str) -> None:
    digest = replace(english(), **{field: words, "written": (field,)})  # type: ignore[arg-type]
    made = render(digest, template="classic", nonce=NONCE)
    found = [finding for finding in proofread(made, digest, production=False) if finding.rule == "slots"]
    assert [(finding.level, finding.place, finding.fix) for finding in found] == [("E", place, fix)]


def test_a_personal_subject_is_as_long_as_a_reader_sees_it() -> None:
    digest = replace(english(), **WRITTEN)
    made = render(digest, template="classic", nonce=NONCE)
    rules = {finding.rule for finding in proofread(made, digest, production=False)}
    assert not rules & {"subject", "preheader", "title", "slots", "leftovers"}


def test_a_note_that_begins_with_a_name_keeps_its_direction() -> None:
    digest = replace(arabic(), note="[[name]]، صباح الخير", written=("note",))
    made = render(digest, template="classic", nonce=NONCE)
    assert re.search(r'<p[^>]*dir="rtl"[^>]*>zq', made.html)


def test_a_slot_stands_only_where_it_is_declared_to() -> None:
    with pytest.raises(ValueError, match="no slot 'view' in context 'subject'"):
        _slot_maker(NONCE, "en")("view", "subject")


def test_a_preview_shows_no_token() -> None:
    made = render(english(), template="classic", nonce=NONCE)
    assert NONCE not in fill_all(made.html + made.text, NONCE, {"name": "Ann"})
