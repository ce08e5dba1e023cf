"""The newsroom's list of banned phrases."""

from __future__ import annotations

import pytest

from newsletter.catalogue.models import BannedPhrase
from newsletter.catalogue.phrases import allow, ban
from newsletter.errors import Invalid, NotFound
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_a_phrase_stands_once_in_the_list_and_keeps_its_last_replacement() -> None:
    ban("Game  changer", by="ada", now=NOW)
    ban("game changer", instead="turning point", by="bob", now=NOW)
    assert [(one.words, one.instead, one.added_by) for one in BannedPhrase.objects.all()] == [
        ("Game changer", "turning point", "bob")
    ]


@pytest.mark.parametrize("words", ["", "   ", "...", "a\x00b", "x" * 201])
def test_what_is_no_phrase_is_refused(words: str) -> None:
    with pytest.raises(Invalid):
        ban(words, by="ada", now=NOW)


def test_a_phrase_that_is_not_there_cannot_be_allowed() -> None:
    with pytest.raises(NotFound):
        allow(4711)
