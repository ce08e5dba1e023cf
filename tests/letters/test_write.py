"""A letter is written once for its key, and nothing in it can become a header of its own."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.errors import Invalid
from newsletter.letters.models import Letter
from newsletter.letters.write import write
from tests.factories import NOW, make_newsletter

pytestmark = pytest.mark.django_db


def written(**given: Any) -> Letter:
    plain: dict[str, Any] = {
        "key": "proof:1",
        "address": "a@readers.example",
        "subject": "One",
        "text": "Text",
        "now": NOW,
    }
    sender = given.pop("sender", None) or make_newsletter(given.pop("code", "ctw")).sender
    return write("proof", sender=sender, **{**plain, **given})


def test_a_second_letter_with_one_key_is_the_first() -> None:
    first = written()
    again = written(sender=first.sender, subject="Two")
    assert (again.pk, again.subject, Letter.objects.count()) == (first.pk, "One", 1)


def test_a_letter_waits_with_a_message_id_of_its_senders_domain() -> None:
    letter = written()
    assert (letter.state, letter.message_id.startswith("<letter."), letter.message_id.endswith("@news.example>")) == (
        "queued",
        True,
        True,
    )


def test_two_letters_have_two_message_ids() -> None:
    first = written()
    assert written(sender=first.sender, key="proof:2").message_id != first.message_id


@pytest.mark.parametrize(
    "given",
    [
        {"subject": "One\r\nBcc: eve@readers.example"},
        {"name": "Ada\nByron"},
        {"address": "a@readers.example\0"},
        {"headers": {"X-One": "1\n2"}},
        {"headers": {"X-One\nBcc": "1"}},
    ],
)
def test_a_line_break_in_a_header_is_refused_and_nothing_is_stored(given: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        written(**given)
    assert not Letter.objects.exists()
