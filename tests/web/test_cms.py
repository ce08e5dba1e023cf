"""What comes in, at the desk."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from newsletter.articles.models import Article
from newsletter.ingest.models import QuarantinedRecord, Settled, Source
from newsletter.ingest.sources.page_export import PageExport
from newsletter.ingest.store import IngestReport, store
from newsletter.web.desk import cms
from newsletter.web.policy import EDITOR, VIEWER, give_role
from tests.factories import NOW, make_article, make_newsletter
from tests.factories.pages import whole_page

pytestmark = pytest.mark.django_db


def desk(role: str = EDITOR) -> Client:
    user = User.objects.create_user(f"a-{role}")
    give_role(user, role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def record() -> QuarantinedRecord:
    store(
        PageExport().read(whole_page(title=""), key="<b>page</b>.txt", url=""),
        source="cms",
        now=NOW,
        report=IngestReport(),
    )
    return QuarantinedRecord.objects.get()


def shown(client: Client, name: str, *args: object, query: str = "") -> str:
    answer = client.get(reverse(f"desk:{name}", args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_refused_records_are_listed_with_their_reason_and_escaped(record: QuarantinedRecord) -> None:
    page = shown(desk(), "quarantine")
    assert "no_title" in page
    assert "<b>page" not in page


def test_refused_records_come_in_pages(monkeypatch: pytest.MonkeyPatch, record: QuarantinedRecord) -> None:
    store(PageExport().read(b"none", key="older.txt", url=""), source="cms", now=NOW, report=IngestReport())
    monkeypatch.setattr(cms, "PAGE_ROWS", 1)
    client = desk()
    first = shown(client, "quarantine")
    [older] = re.findall(r'href="(\?[^"]*after=\d+)"', first)
    assert ("older.txt" in first, "older.txt" in shown(client, "quarantine", query=html.unescape(older))) == (
        True,
        False,
    )


def test_a_page_of_records_that_is_none_is_not_found() -> None:
    assert desk().get(reverse("desk:quarantine") + "?after=x").status_code == 404


def test_refused_records_tell_field_and_what_to_do(record: QuarantinedRecord) -> None:
    page = shown(desk(VIEWER), "quarantine")
    assert "<strong>title</strong>" in page
    assert "Give it a title here or in the CMS" in page


def test_the_doctor_tells_a_viewer_field_and_value() -> None:
    make_newsletter("ctw")
    make_article("Rivers", newsletters=["ctww"])
    page = shown(desk(VIEWER), "doctor", query="?code=unknown_newsletter")
    assert "<strong>newsletters</strong>" in page
    assert "{{" not in page
    assert ">ctww</code>" in page


def test_a_record_is_shown_with_its_place(record: QuarantinedRecord) -> None:
    assert 'class="here"' in shown(desk(), "record", record.pk)


def test_an_editor_takes_a_record_in(record: QuarantinedRecord) -> None:
    answer = desk().post(reverse("desk:fix", args=[record.pk]), {"title": "Given by hand"}, follow=True)
    assert (Article.objects.get().title, "It is in." in answer.content.decode()) == ("Given by hand", True)


def test_what_is_still_refused_goes_back_to_its_page_and_says_why(record: QuarantinedRecord) -> None:
    answer = desk().post(reverse("desk:fix", args=[record.pk]), {"text": "nothing"}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("desk:record", args=[record.pk])
    assert "It is still refused" in answer.content.decode()


def test_an_editor_puts_a_record_aside(record: QuarantinedRecord) -> None:
    desk().post(reverse("desk:discard", args=[record.pk]), {"reason": "a test page"})
    record.refresh_from_db()
    assert (record.discarded_by, record.discarded_reason) == ("a-editor", "a test page")


def test_a_viewer_sees_no_forms(record: QuarantinedRecord) -> None:
    assert "Take it in" not in shown(desk(VIEWER), "record", record.pk)


def test_the_doctor_shows_what_is_odd_with_a_proposal() -> None:
    make_newsletter("ctw")
    make_article("Rivers", newsletters=["ctww"])
    page = shown(desk(), "doctor", query="?code=unknown_newsletter")
    assert "Rivers" in page
    assert 'dir="auto">ctw</textarea>' in page


def test_an_editor_sets_a_field_right_and_it_survives() -> None:
    article = make_article(newsletters=["ctww"])
    desk().post(reverse("desk:set-right", args=[article.pk]), {"field": "newsletters", "value": "ctw\r\nasia"})
    article.refresh_from_db()
    assert (article.newsletters, article.overrides["newsletters"]["by"]) == (["ctw", "asia"], "a-editor")


def test_an_editor_says_that_something_odd_is_right() -> None:
    article = make_article(newsletters=["ctww"])
    desk().post(reverse("desk:settle", args=[article.pk]), {"code": "unknown_newsletter", "value": "ctww"})
    assert Settled.objects.get().by == "a-editor"


def test_sources_are_shown_with_their_trouble() -> None:
    Source.objects.create(
        code="cms",
        form="feed",
        address="https://m.example",
        failures=3,
        trouble="It is <i>away</i>.",
        next_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )
    page = shown(desk(), "sources")
    assert "3 failures" in page
    assert "<i>away" not in page


def test_pulling_a_source_in_trouble_says_so() -> None:
    Source.objects.create(
        code="cms", form="feed", address="http://127.0.0.1:8080/", next_at=NOW, created_at=NOW, updated_at=NOW
    )
    answer = desk().post(reverse("desk:pull", args=["cms"]), follow=True)
    assert "private network" in answer.content.decode()


def test_coverage_shows_what_nobody_picked() -> None:
    make_newsletter(sections=[{"title": "Analysis", "selector": "newsletter:asia"}])
    make_article("Left behind", available_at=NOW - timedelta(days=1))
    page = shown(desk(), "coverage", query=f"?until={(NOW + timedelta(days=1)).isoformat().replace('+', '%2B')}")
    assert "Left behind" in page
    assert "one facet away" in page


@pytest.mark.parametrize("query", ["?until=soon", "?after=x", "?until=2026-01-01"])
def test_a_wrong_address_is_not_found(query: str) -> None:
    assert desk().get(reverse("desk:coverage") + query).status_code == 404


@pytest.mark.parametrize("name", ["doctor", "quarantine", "sources", "coverage"])
def test_an_empty_house_has_every_page(name: str) -> None:
    shown(desk(), name)
