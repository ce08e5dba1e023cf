"""What a provider's copies are made of: once, and without a signature it would throw away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.test import override_settings

from newsletter.delivery.ledger import Row
from newsletter.delivery.writer import IssueWriter, writer_of
from newsletter.delivery.written import KnowingWriter, unsigned
from tests.delivery.dkim.made import two_keys
from tests.delivery.stage import make_issue

pytestmark = pytest.mark.django_db
ROW = Row(7, 7, "r7@readers.example", "Reader", "", 0, "")


@pytest.fixture
def writer(tmp_path: Path) -> IssueWriter:
    """One whose sender has keys."""
    issue = make_issue()
    domain = issue.newsletter.sender.address.rpartition("@")[2]
    with override_settings(DKIM_KEYS={domain: two_keys(tmp_path, domain)}):
        return writer_of(issue.pk)


def test_a_knowing_writer_writes_what_the_issue_s_writer_does(writer: IssueWriter) -> None:
    plain = unsigned(writer)  # signatures of one copy differ by their second
    assert KnowingWriter(plain).content(ROW) == plain.content(ROW)


def test_what_a_copy_has_of_its_own_is_made_once(writer: IssueWriter) -> None:
    asked: list[int] = []

    def ways_out(reader: int) -> tuple[str, str]:
        asked.append(reader)
        return writer.ways_out(reader)

    KnowingWriter(replace(writer, ways_out=ways_out)).content(ROW)
    assert asked == [7]


def test_nothing_is_signed_for_providers_alone(writer: IssueWriter) -> None:
    assert b"DKIM-Signature" in writer.content(ROW)
    assert b"DKIM-Signature" not in unsigned(writer).content(ROW)
