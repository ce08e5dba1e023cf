"""Articles pushed by a CMS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from newsletter.access.models import KeyedAnswer
from newsletter.articles.models import Article
from newsletter.ingest.models import QuarantinedRecord, Source
from newsletter.issues.draft import draft
from tests.api.doorbell import Program
from tests.factories import NOW, make_newsletter
from tests.factories.pages import whole_page

pytestmark = pytest.mark.django_db
RIVERS: dict[str, Any] = {
    "key": "cms-1",
    "title": "Rivers and Borders",
    "teaser": "Who owns the water?",
    "body": "<p>First.</p><p>Second.</p>",
    "url": "https://m.example/2026/11/rivers-and-borders",
    "published": "2026-11-20",
    "authors": ["Thomas Graham, Jr."],
    "englishNewsletterAll": "ctw",
    "regions": ["Middle East"],
}


def pushed(*objects: Any, **headers: str) -> dict[str, Any]:
    status, answer = Program("articles:write").ask("POST", "/articles", {"articles": objects}, **headers)
    assert status == 200
    return answer  # type: ignore[no-any-return]


def outcomes(answer: dict[str, Any]) -> list[str]:
    return [row["outcome"] for row in answer["articles"]]


def test_an_article_goes_in_with_all_it_says() -> None:
    answer = pushed(RIVERS)
    article = Article.objects.get(pk=answer["articles"][0]["article"])
    assert (article.title, article.newsletters, article.authors) == (RIVERS["title"], ["ctw"], ["Thomas Graham, Jr."])
    assert (article.url, str(article.published_on), article.source) == (RIVERS["url"], "2026-11-20", "push")


def test_the_same_article_twice_is_unchanged_and_another_version_says_what_changed() -> None:
    pushed(RIVERS)
    again = pushed(RIVERS, {**RIVERS, "regions": ["Iran"]})
    assert outcomes(again) == ["unchanged", "updated"]
    assert again["articles"][1]["fields"]["regions"] == {
        "before": ["Middle East"],
        "after": ["Iran"],
        "overridden": False,
    }


def test_what_one_record_lacks_hurts_no_other() -> None:
    answer = pushed({"teaser": "no title"}, RIVERS, "nonsense", 5, None)
    assert outcomes(answer) == ["quarantined", "new", "quarantined", "quarantined", "quarantined"]
    assert answer["articles"][0]["reason"] == "no_title"


def test_a_page_export_can_be_pushed_as_it_is() -> None:
    answer = pushed({"key": "p", "page": whole_page().decode(), "url": "https://m.example/2026/11/x-y"})
    assert outcomes(answer) == ["new"]
    assert Article.objects.get().authors


def test_one_article_alone_and_a_bare_list_are_understood() -> None:
    program = Program("articles:write")
    assert program.ask("POST", "/articles", RIVERS)[1]["new"] == 1
    assert program.ask("POST", "/articles", [{**RIVERS, "key": "cms-2", "title": "X", "url": ""}])[1]["new"] == 1


def test_articles_of_a_token_come_from_its_source_and_follow_its_rules() -> None:
    Source.objects.create(code="cms", form="push", vocabulary={"newsletter": ["asia"]}, created_at=NOW, updated_at=NOW)
    answer = Program("articles:write", source="cms").ask("POST", "/articles", RIVERS)[1]
    assert answer["articles"][0]["reason"] == "unknown_value"
    assert QuarantinedRecord.objects.get().source == "cms"


def test_a_withdrawn_article_leaves_the_drafts() -> None:
    pushed(RIVERS)
    article = Article.objects.get()
    Article.objects.update(available_at=NOW - timedelta(days=1), published_on=NOW.date())
    issue = draft(make_newsletter(), now=NOW, by="ada")
    answer = pushed({**RIVERS, "withdrawn": True})
    assert (answer["articles"][0]["withdrawn"], issue.picks.count()) == (True, 0)
    article.refresh_from_db()
    assert article.withdrawn_at is not None


def test_what_was_taken_back_or_held_is_put_back() -> None:
    pushed({**RIVERS, "withdrawn": True})
    pushed({**RIVERS, "withdrawn": False})
    pushed({**RIVERS, "embargo_until": "2036-01-01T00:00:00Z"})
    pushed({**RIVERS, "embargo_until": None})
    article = Article.objects.get()
    assert (article.withdrawn_at, article.embargo_until, article.available_at.year < 2036) == (None, None, True)


def test_a_naughty_reason_hurts_no_other_article() -> None:
    answer = pushed({**RIVERS, "withdrawn": True, "withdrawn_reason": "wrong\0"}, {**RIVERS, "key": "b", "url": ""})
    assert len(answer["articles"]) == 2
    assert Article.objects.filter(withdrawn_reason__startswith="wrong").exists()


def test_an_embargo_holds_an_article_from_the_start() -> None:
    pushed({**RIVERS, "embargo_until": "2036-01-01T00:00:00Z"})
    assert Article.objects.get().available_at.year == 2036


def test_an_embargo_without_offset_is_left_out_and_said() -> None:
    answer = pushed({**RIVERS, "embargo_until": "soon"})
    assert "embargo_until 'soon' is no time" in answer["articles"][0]["warnings"][-1]


class TestOnce:
    def test_the_same_key_and_body_get_the_same_answer(self) -> None:
        program = Program("articles:write")
        first = program.ask("POST", "/articles", RIVERS, Idempotency_Key="k1")
        second = program.ask("POST", "/articles", RIVERS, Idempotency_Key="k1")
        assert first == second
        assert program.headers["Idempotent-Replayed"] == "true"

    def test_the_same_key_with_another_body_is_refused(self) -> None:
        program = Program("articles:write")
        program.ask("POST", "/articles", RIVERS, Idempotency_Key="k1")
        status, answer = program.ask("POST", "/articles", {**RIVERS, "title": "Other"}, Idempotency_Key="k1")
        assert (status, answer["error"]["code"]) == (422, "idempotency_key_reused")

    def test_a_key_belongs_to_its_token(self) -> None:
        for _ in range(2):
            assert Program("articles:write").ask("POST", "/articles", RIVERS, Idempotency_Key="k1")[0] == 200

    def test_a_request_under_way_is_not_done_a_second_time(self) -> None:
        program = Program("articles:write")
        program.ask("POST", "/articles", RIVERS, Idempotency_Key="k1")
        KeyedAnswer.objects.update(status=None)
        assert program.ask("POST", "/articles", RIVERS, Idempotency_Key="k1")[1]["error"]["code"] == "in_progress"

    def test_a_request_that_was_refused_may_try_again(self) -> None:
        program = Program("articles:write")
        told = [program.ask("POST", "/articles", {"articles": [{}] * 501}, Idempotency_Key="k1")[0] for _ in range(2)]
        assert told == [422, 422]

    def test_a_request_that_died_is_done_again(self) -> None:
        program = Program("articles:write")
        program.ask("POST", "/articles", RIVERS, Idempotency_Key="k1")
        made = KeyedAnswer.objects.get().created_at
        KeyedAnswer.objects.update(status=None, created_at=made - timedelta(minutes=3))
        assert program.ask("POST", "/articles", RIVERS, Idempotency_Key="k1")[1]["unchanged"] == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"5", b'{"articles": []}', b"\xff\xfe", b"[" * 100_000, b"9" * 5000]
)
def test_a_body_without_articles_is_refused(body: bytes) -> None:
    status, answer = Program("articles:write").ask("POST", "/articles", body)
    assert (status, answer["error"]["code"]) == (422, "invalid")


def test_a_body_that_is_too_large_is_refused() -> None:
    status, answer = Program("articles:write").ask("POST", "/articles", b" " * (6 << 20))
    assert (status, answer["error"]["code"]) == (413, "too_large")


def test_too_many_articles_at_once_are_refused() -> None:
    status, answer = Program("articles:write").ask("POST", "/articles", {"articles": [{}] * 501})
    assert (status, answer["error"]["where"]) == (422, "articles")


NAUGHTY = [
    "<script>alert(1)</script>",
    "'; drop table articles; --",
    "\u202e\u0000\ufeff",
    "\ud83d\udca9" * 3,
    "{{ 7 * 7 }}{% include 'x' %}",
    "=?UTF-8?Q?=0ABcc:?= x",
    "<img src=x onerror=alert(1)>",
    "../../etc/passwd",
    "javascript:alert(1)",
    "%00%0d%0aBcc: x",
    "a" * 5000,
]


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_words_in_every_field_do_no_harm(text: str) -> None:
    fields = [*RIVERS, "image_url", "image_alt", "language", "type", "urls", "modified", "centers", "embargo_until"]
    for name in fields:
        value = [text] if isinstance(RIVERS.get(name), list) else text
        answer = pushed({**RIVERS, name: value})
        assert answer["articles"][0]["outcome"] in ("new", "updated", "unchanged", "quarantined")
    for article in Article.objects.all():
        assert "<script" not in article.title + article.teaser + article.image_url
        assert article.url.startswith("https://") or not article.url


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_with_one_key_one_is_done() -> None:
    program = Program("articles:write")

    def ask(_: int) -> int:
        try:
            return program.ask("POST", "/articles", RIVERS, Idempotency_Key="k1")[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, range(16)))
    assert set(told) <= {200, 409}
    assert 200 in told
    assert (Article.objects.count(), KeyedAnswer.objects.count()) == (1, 1)
