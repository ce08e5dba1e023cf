"""Every door as OpenAPI tells it: closed without a token, closed without its scope, answering in its shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from jsonschema import Draft202012Validator

from newsletter.access.tokens import SCOPES
from newsletter.api import pace
from newsletter.api.doors import doors
from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.delivery.rewind import hold
from newsletter.images.add import add
from newsletter.ingest.models import QuarantinedRecord
from newsletter.ingest.sources.page_export import PageExport
from newsletter.ingest.store import IngestReport, store
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.models import Issue
from tests.api.doorbell import Program
from tests.factories import NOW, make_article, make_newsletter, make_reader
from tests.factories.pages import whole_page
from tests.images.drawings import picture

pytestmark = pytest.mark.django_db
SCHEMA: dict[str, Any] = doors.get_openapi_schema()
OPERATIONS = [(method, path, told) for path, methods in SCHEMA["paths"].items() for method, told in methods.items()]
BODIES: dict[str, Any] = {
    "/api/images": picture(20, 20),
    "/api/images/{image_id}": {"alt": "Two ships"},
    "/api/articles": {"title": "Rivers and Borders"},
    "/api/select": {"expression": "newsletter:ctw"},
    "/api/selectors/check": {"expression": "newsletter:ctw"},
    "/api/newsletters/{code}/back-test": {"limit": 1, "slots": 2},
    "/api/issues/{issue_id}/approve": {"version": 1},
    "/api/quarantine/{record_id}/fix": {"title": "Given by hand"},
    "/api/quarantine/{record_id}/discard": {"reason": "a test page"},
    "/api/doctor/{article_id}/set": {"field": "newsletters", "values": ["asia"]},
    "/api/database/confirm": {"waiting": "send"},
    "/api/doctor/{article_id}/settle": {"code": "no_teaser"},
    "/api/issues/{issue_id}/acts": {"act": "send"},
    "/api/issues/{issue_id}/show-to": {"group": "plan:paid"},
}
BODIES["/api/verify"] = (  # a mail of somebody else
    b"From: a@b.example\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/plain\r\n\r\nHi\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Hi\r\n--x--\r\n"
)
names = [f"{method} {path}" for method, path, _ in OPERATIONS]


@pytest.fixture
def stock(tmp_path: Path, settings: Any) -> dict[str, str]:
    settings.MEDIA = tmp_path
    newsletter = make_newsletter()
    article = make_article()
    issue = approve(draft(newsletter, now=NOW, by="ada").pk, by="ada", now=NOW)
    [refused] = PageExport().read(whole_page(title=""), key="page.txt", url="")
    store([refused], source="cms", now=NOW, report=IngestReport())
    image = add(picture(40, 30), title="a.jpg", by="ada", now=NOW)
    record = QuarantinedRecord.objects.get()
    return {
        "article_id": str(article.pk),
        "issue_id": str(issue.pk),
        "image_id": str(image.pk),
        "record_id": str(record.pk),
        "code": "ctw",
        "variant": "1",
    }


def place(path: str, stock: dict[str, str]) -> str:
    if path.endswith("/approve"):  # only what is not approved can be
        Issue.objects.update(state=Issue.State.DRAFT, version=1)
    for name, value in stock.items():
        path = path.replace(f"{{{name}}}", value)
    return path.removeprefix("/api")


@pytest.mark.parametrize(("method", "path", "told"), OPERATIONS, ids=names)
def test_a_door_is_closed_without_a_token(method: str, path: str, told: dict[str, Any], stock: dict[str, str]) -> None:
    program = Program()
    status, answer = program.ask(method, place(path, stock), BODIES.get(path), Authorization="")
    assert (status, answer["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(("method", "path", "told"), OPERATIONS, ids=names)
def test_a_door_is_closed_to_a_token_without_its_scope(
    method: str, path: str, told: dict[str, Any], stock: dict[str, str]
) -> None:
    refused = [s for s in SCOPES if Program(s).ask(method, place(path, stock), BODIES.get(path))[0] == 403]
    assert len(refused) == len(SCOPES) - 1


@pytest.mark.parametrize(("method", "path", "told"), OPERATIONS, ids=names)
def test_an_answer_has_the_shape_that_is_told(
    method: str, path: str, told: dict[str, Any], stock: dict[str, str]
) -> None:
    if path == "/api/database/confirm":
        hold(by="ada", now=NOW)
    status, answer = Program().ask(method, place(path, stock), BODIES.get(path))
    shape = told["responses"][status]["content"]["application/json"]["schema"]
    assert (status, answer.get("error")) == (200, None)
    assert list(Draft202012Validator({**shape, "components": SCHEMA["components"]}).iter_errors(answer)) == []


@pytest.mark.parametrize(("method", "path", "told"), OPERATIONS, ids=names)
def test_a_door_is_described(method: str, path: str, told: dict[str, Any]) -> None:
    assert told["summary"]
    assert told["description"]
    assert {401, 403, 422, 429} <= set(told["responses"])


def test_operation_ids_are_unique() -> None:
    ids = [told["operationId"] for _, _, told in OPERATIONS]
    assert sorted(set(ids)) == sorted(ids)


def test_a_cookie_of_the_desk_opens_nothing(stock: dict[str, str]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    assert client.get("/api/articles").status_code == 401


def test_a_program_sets_an_article_right(stock: dict[str, str]) -> None:
    article = stock["article_id"]
    body = {"field": "newsletters", "values": ["asia", "ctw"]}
    assert Program("doctor:write").ask("POST", f"/doctor/{article}/set", body)[0] == 200
    changed = Article.objects.get(pk=article)
    assert (changed.newsletters, changed.overrides["newsletters"]["by"]) == (["asia", "ctw"], "token a program")


def test_a_program_settles_what_is_right(stock: dict[str, str]) -> None:
    program = Program("doctor:write", "doctor:read")
    odd = next(row for row in program.ask("GET", "/doctor")[1]["odd"])
    body = {"code": odd["code"], "value": odd["value"]}
    assert program.ask("POST", f"/doctor/{odd['article']}/settle", body)[0] == 200
    assert odd not in program.ask("GET", "/doctor")[1]["odd"]


def test_a_program_reads_a_refused_record_and_puts_it_aside(stock: dict[str, str]) -> None:
    program, record = Program("doctor:write", "doctor:read"), stock["record_id"]
    whole = program.ask("GET", f"/quarantine/{record}")[1]
    assert [line["here"] for line in whole["lines"]].count(True) == 1
    assert program.ask("POST", f"/quarantine/{record}/discard", {"reason": "a test page"})[0] == 200
    assert program.ask("GET", "/quarantine")[1]["records"] == []


def test_an_act_with_the_same_key_is_done_once_and_answered_alike(stock: dict[str, str]) -> None:
    program, place_ = Program("issues:send"), f"/issues/{stock['issue_id']}/acts"
    first = program.ask("POST", place_, {"act": "send", "expires": "24h"}, Idempotency_Key="k")
    assert program.ask("POST", place_, {"act": "send", "expires": "24h"}, Idempotency_Key="k") == first
    assert (first[0], program.headers["Idempotent-Replayed"]) == (200, "true")
    assert program.ask("POST", place_, {"act": "send"})[0] == 409
    paused = [program.ask("POST", place_, {"act": "pause", "reason": "wait"}) for _ in range(2)]
    assert [answer["state"] for _, answer in paused] == ["paused", "paused"]
    assert program.ask("POST", place_, {"act": "resume"})[1]["state"] == "freezing"
    history = Program("issues:read").ask("GET", f"/issues/{stock['issue_id']}/history")[1]["history"]
    assert [row["act"] for row in history][-3:] == ["send", "pause", "resume_freezing"]


def test_the_description_is_public_and_there_is_no_page_that_loads_foreign_scripts() -> None:
    client = Client()
    assert client.get("/api/openapi.json").json()["info"]["title"] == "Newsletter"
    assert client.get("/api/docs").status_code == 404


def test_a_program_in_a_hurry_is_told_when_to_come_again(stock: dict[str, str]) -> None:
    pace._valkey.cache_clear()
    with override_settings(API_RATE=2):
        program = Program()
        told = [program.ask("GET", "/newsletters")[0] for _ in range(3)]
    assert told == [200, 200, 429]
    assert 0 < int(program.headers["Retry-After"]) <= 60


def test_without_valkey_nobody_is_counted_and_nobody_is_turned_away(stock: dict[str, str]) -> None:
    pace._valkey.cache_clear()
    with override_settings(API_RATE=1, REDIS_URL="redis://127.0.0.1:1/0"):
        told = [Program().ask("GET", "/newsletters")[0] for _ in range(2)]
    pace._valkey.cache_clear()
    assert told == [200, 200]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/articles/999999999999", 404),
        ("/articles/99999999999999999999999", 404),
        ("/issues/99999999999999999999999", 404),
        ("/newsletters/nobody", 404),
        ("/explain/nobody/1", 404),
        ("/articles?selector=regoin:Iran", 422),
        ("/articles?after=x", 422),
        ("/articles?limit=0", 422),
        ("/issues?after=-1", 422),
        ("/quarantine?after=x", 422),
        ("/coverage?since=2026-01-01T00:00:00", 422),
        ("/coverage?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", 422),
        ("/doctor?code=nothing", 422),
        ("/doctor?source=%00", 422),
        ("/issues?newsletter=%00", 422),
        ("/newsletters/%00", 422),
        ("/coverage?until=0001-01-01T00:00:00Z", 422),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_said_in_one_form(path: str, status: int, stock: dict[str, str]) -> None:
    found, answer = Program().ask("GET", path)
    assert found == status
    assert set(answer["error"]) == {"code", "message", "where", "fix"}


def test_lists_come_in_pages(stock: dict[str, str]) -> None:
    for number in range(4):
        make_article(f"Story {number}")
    program, seen, after = Program(), [], ""
    while True:
        page = program.ask("GET", f"/articles?limit=2&after={after}")[1]
        seen += [row["id"] for row in page["articles"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == list(Article.objects.order_by("-pk").values_list("pk", flat=True))


def test_a_selector_chooses_over_http(stock: dict[str, str]) -> None:
    make_article("Other", newsletters=["asia"])
    chosen = Program().ask("POST", "/select", {"expression": "newsletter:asia"})[1]["articles"]
    assert [row["title"] for row in chosen] == ["Other"]


def test_an_issue_is_shown_with_its_reasons(stock: dict[str, str]) -> None:
    shown = Program().ask("GET", f"/issues/{Issue.objects.get().pk}")[1]
    assert shown["sections"][0]["picks"][0]["reason"]["words"] == "newsletter:ctw"


@pytest.mark.parametrize(
    ("path", "body"), [("/select", {"expression": "newsletter:ctw"}), ("/newsletters/ctw/back-test", {})]
)
def test_a_time_without_an_offset_is_refused(path: str, body: dict[str, Any], stock: dict[str, str]) -> None:
    status, answer = Program().ask("POST", path, {**body, "at": "2026-01-01T00:00:00"})
    assert (status, answer["error"]["where"].endswith("at")) == (422, True)


@pytest.mark.parametrize(
    "body", [b"\xff", b"[" * 100_000, b'{"expression": "newsletter:ctw and age < 7d", "at": "0001-01-01T00:00:00Z"}']
)
def test_a_body_that_makes_no_sense_is_refused_in_the_one_form(body: bytes, stock: dict[str, str]) -> None:
    status, answer = Program().ask("POST", "/select", body)
    assert (status, set(answer["error"])) == (422, {"code", "message", "where", "fix"})


def test_a_program_shows_a_block_to_a_group_and_sees_its_variants(stock: dict[str, str]) -> None:
    issue, article = stock["issue_id"], int(stock["article_id"])
    make_reader(Newsletter.objects.get(), plan="paid")
    program = Program()
    status, answer = program.ask("POST", f"/issues/{issue}/show-to", {"group": "plan:paid", "article": article})
    assert (status, answer["state"], answer["sections"][0]["picks"][0]["group"]) == (200, "draft", "plan:paid")
    status, paid = program.ask("GET", f"/issues/{issue}/variants/2")
    assert (status, paid["words"], paid["readers"], Article.objects.get(pk=article).title in paid["html"]) == (
        200,
        "plan:paid",
        1,
        True,
    )
    assert program.ask("GET", f"/issues/{issue}/variants/3")[0] == 404
    assert program.ask("POST", f"/issues/{issue}/show-to", {"group": "plan:gold"})[0] == 422
    assert program.ask("POST", f"/issues/{issue}/show-to", {"group": "plan:paid", "version": 1})[0] == 409
