"""The desk does what it says, escapes what it shows, and never loses an edit in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsletter.articles.models import Article
from newsletter.catalogue.models import BannedPhrase, Newsletter
from newsletter.delivery.control import pause, send
from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Attempt, Chunk, ChunkState, Delivery, DeliveryState
from newsletter.issues.approve import approve
from newsletter.issues.correct import correct
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.lifecycle import State, find
from newsletter.issues.models import Issue
from newsletter.issues.queries import placed
from newsletter.issues.render import rendering_of
from newsletter.letters.models import Letter
from newsletter.selectors.complete import forget
from newsletter.web.headers import MAIL, PAGE
from newsletter.web.policy import PUBLISHER, give_role
from tests.delivery.stage import sending_issue
from tests.factories import NOW, make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def desk() -> Client:
    user = User.objects.create_user("paula", "paula@news.example")
    give_role(user, PUBLISHER)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def issue() -> Issue:
    for number in range(4):
        make_article(f"Story {number}")
    return draft(make_newsletter(sections=[{"limit": 3}, {"selector": "topic:Energy"}]), now=NOW, by="ada")


def act(desk: Client, issue: Issue, name: str, **given: object) -> int:
    given.setdefault("version", find(issue.pk).version)
    return desk.post(reverse(f"desk:{name}", args=[issue.pk]), given).status_code


def titles(issue: Issue) -> list[str]:
    return [pick.article.title for pick in placed(issue)]


@pytest.mark.parametrize("name", ["home", "newsletters", "articles", "issues"])
def test_every_list_opens(desk: Client, issue: Issue, name: str) -> None:
    assert desk.get(reverse(f"desk:{name}")).status_code == 200


def test_a_variant_that_is_no_more_shows_what_everybody_sees(desk: Client, issue: Issue) -> None:
    page = desk.get(reverse("desk:issue", args=[issue.pk]), {"variant": "7"}).content.decode()
    assert f'src="{reverse("desk:issue-html", args=[issue.pk])}"' in page


def test_an_article_for_a_group_does_not_count_as_reworded(desk: Client, issue: Issue) -> None:
    act(desk, issue, "show-to", group="plan:paid", article=placed(issue)[0].article_id)
    page = desk.get(reverse("desk:issue", args=[issue.pk])).content.decode()
    assert ("only for plan:paid" in page, ">reworded<" in page) == (True, False)


def test_the_issue_page_shows_picks_reasons_and_what_was_left_out(desk: Client, issue: Issue) -> None:
    page = desk.get(reverse("desk:issue", args=[issue.pk])).content.decode()
    assert [words in page for words in ("Story 3", "newsletter:ctw", "Section 1 is full (3).")] == [True] * 3


def test_hostile_words_are_text_on_every_page(desk: Client) -> None:
    article = make_article(HOSTILE, teaser=HOSTILE, authors=[HOSTILE], type=HOSTILE, originally_published_in=HOSTILE)
    issue = draft(make_newsletter(sections=[{"title": HOSTILE}]), now=NOW, by=HOSTILE)
    for name, args in {"issue": [issue.pk], "article": [article.pk], "articles": [], "newsletter": ["ctw"]}.items():
        page = desk.get(reverse(f"desk:{name}", args=args)).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_dropping_moving_and_pinning_work_from_forms(desk: Client, issue: Issue) -> None:
    first = placed(issue)[0].article_id
    act(desk, issue, "drop", article=first)
    assert titles(issue) == ["Story 2", "Story 1", "Story 0"]
    act(desk, issue, "move", article=placed(issue)[2].article_id, position=1, section="1")
    assert titles(issue) == ["Story 0", "Story 2", "Story 1"]
    act(desk, issue, "pin", article=first, section="2")
    assert titles(issue) == ["Story 0", "Story 2", "Story 1", "Story 3"]


def test_all_words_of_an_issue_are_saved_at_once(desk: Client, issue: Issue) -> None:
    act(desk, issue, "reword", subject="A new subject", preheader="Something to read", note="Dear all,\r\nhello.")
    seen = find(issue.pk)
    assert (seen.subject, seen.preheader, seen.note) == ("A new subject", "Something to read", "Dear all,\nhello.")


def test_an_edit_of_an_older_version_gets_a_conflict_page(desk: Client, issue: Issue) -> None:
    before = titles(issue)
    first = placed(issue)[0].article_id
    assert (act(desk, issue, "drop", article=first, version=issue.version - 1), titles(issue)) == (409, before)


def test_approve_and_send_with_a_cool_off_and_pull_back(desk: Client, issue: Issue) -> None:
    act(desk, issue, "approve")
    act(desk, issue, "send", cool_off="1")
    cooling = find(issue.pk).state
    act(desk, issue, "pull-back")
    assert (cooling, find(issue.pk).state) == (State.COOLING_OFF, State.APPROVED)


def test_the_desk_sends_over_a_while_and_says_so(desk: Client, issue: Issue) -> None:
    act(desk, issue, "approve")
    assert act(desk, issue, "send", spread="4h") == 302
    assert find(issue.pk).spread == timedelta(hours=4)
    freeze(issue.pk, now=timezone.now())
    assert "Goes out over 4h" in desk.get(reverse("desk:issue", args=[issue.pk])).content.decode()


@pytest.mark.parametrize(
    ("spread", "words"),
    [
        ("soon", "is no span of time"),
        ("0m", "cannot go out over this long"),
        ("8d", "cannot go out over this long"),
        ("99999w", "is longer than a hundred years"),
    ],
)
def test_the_desk_refuses_a_time_no_issue_can_go_out_over(desk: Client, issue: Issue, spread: str, words: str) -> None:
    act(desk, issue, "approve")
    act(desk, issue, "send", spread=spread)
    page = desk.get(reverse("desk:issue", args=[issue.pk])).content.decode()
    assert words in page
    assert find(issue.pk).state == Issue.State.APPROVED


def test_the_second_send_is_a_conflict(desk: Client, issue: Issue) -> None:
    act(desk, issue, "approve")
    assert (act(desk, issue, "send"), act(desk, issue, "send")) == (302, 409)


def test_a_schedule_is_read_in_the_zone_of_the_newsletter(desk: Client, issue: Issue) -> None:
    act(desk, issue, "approve")
    act(desk, issue, "schedule", at="2099-01-01T09:00")
    send_at = find(issue.pk).send_at
    assert send_at is not None
    assert send_at.isoformat() == "2099-01-01T14:00:00+00:00"


def test_a_proof_is_a_letter_to_me(desk: Client, issue: Issue) -> None:
    act(desk, issue, "proof", to="paula@news.example")
    assert list(Letter.objects.values_list("kind", "address")) == [("proof", "paula@news.example")]


def test_pages_send_the_strict_policy_and_mails_one_of_their_own(desk: Client, issue: Issue) -> None:
    page = desk.get(reverse("desk:issue", args=[issue.pk]))
    mail = desk.get(reverse("desk:issue-html", args=[issue.pk]))
    assert (page["Content-Security-Policy"], mail["Content-Security-Policy"]) == (PAGE, MAIL)


def test_a_wrong_selector_is_explained_beside_the_field(desk: Client) -> None:
    page = desk.get(reverse("desk:articles"), {"selector": "topik:Energy"}).content.decode()
    assert "Did you mean topic?" in page


def test_while_a_selector_is_written_the_desk_offers_what_may_follow(desk: Client) -> None:
    forget()
    make_article(regions=["Middle East"])
    page = desk.get(reverse("desk:offers"), {"selector": "newsletter:ctw and region:mid"}).content.decode()
    assert "?selector=newsletter%3Actw%20and%20region%3A%22Middle%20East%22%20" in page
    forget()


def test_what_is_offered_is_escaped(desk: Client) -> None:
    forget()
    make_article(regions=[HOSTILE])
    page = desk.get(reverse("desk:offers"), {"selector": "region:"}).content.decode()
    assert "<script>alert" not in page
    assert "onerror=alert(1)&gt;" in page
    forget()


def test_an_article_is_explained_clause_by_clause(desk: Client) -> None:
    make_newsletter(sections=[{"selector": "newsletter:ctw and (type:commentary or type:paper) and region:Iran"}])
    article = make_article(regions=["Iraq"], available_at=timezone.now())
    page = desk.get(reverse("desk:article", args=[article.pk]), {"newsletter": "ctw"}).content.decode()
    assert '<li class="yes">✓ newsletter:ctw: newsletter is ctw</li>' in page
    assert '<li class="muted">· type:paper: type is commentary (an alternative holds)</li>' in page
    assert '<li class="no">✗ region:Iran: region is Iraq</li>' in page
    assert "First shut out by <code>region:Iran</code>; one facet away: region is Iraq, wanted region:Iran" in page


def test_the_words_of_a_relay_are_shown_and_escaped(desk: Client, issue: Issue) -> None:
    reader = make_reader(issue.newsletter)
    chunk = Chunk.objects.create(issue=issue, size=1, queued=0, refused=1)
    delivery = Delivery.objects.create(
        issue=issue, chunk=chunk, reader=reader, address=reader.address, state=DeliveryState.REFUSED, code=550
    )
    Attempt.objects.create(
        delivery=delivery,
        at=NOW,
        outcome=DeliveryState.REFUSED,
        relay="r",
        phase="rcpt",
        code=550,
        enhanced="5.1.1",
        words="<script>no()</script> \u202esuch\x1b[2J \x9buser\u2066",
    )
    page = desk.get(reverse("desk:deliveries", args=[issue.pk]), {"state": "refused"}).content.decode()
    assert "550 5.1.1 &lt;script&gt;no()&lt;/script&gt; \\u202esuch\\x1b[2J \\x9buser\\u2066" in page


def test_why_an_issue_paused_is_shown_and_escaped(desk: Client) -> None:
    issue = sending_issue(readers=1)
    pause(issue.pk, by="system", now=NOW, reason="<i>550</i> \u202eno")
    for page in ("issue", "issue-progress"):
        shown = desk.get(reverse(f"desk:{page}", args=[issue.pk])).content.decode()
        assert "&lt;i&gt;550&lt;/i&gt; \\u202eno" in shown
        assert "\u202e" not in shown


@pytest.mark.parametrize(
    "query",
    [
        {"after": "zz"},
        {"title": "\0"},
        {"selector": "topic:\0x"},
        {"selector": "(" * 3000},
        {"selector": "a", "after": "z"},
    ],
)
def test_no_query_breaks_the_articles_page(desk: Client, query: dict[str, str]) -> None:
    assert desk.get(reverse("desk:articles"), query).status_code == 200


def test_drafting_an_unknown_newsletter_is_not_found(desk: Client) -> None:
    assert desk.post(reverse("desk:draft", args=["nope"])).status_code == 404


def test_failed_logins_are_limited(issue: Issue) -> None:
    client = Client()
    form = {"username": "mallory", "password": "wrong"}
    pages = [client.post(reverse("desk:login"), form).content.decode() for _ in range(9)]
    assert ["Too many failed tries" in page for page in pages] == [False] * 8 + [True]


@pytest.mark.parametrize("name", ["articles", "issues", "newsletters"])
def test_a_list_asks_as_often_for_three_rows_as_for_one(desk: Client, name: str) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            desk.get(reverse(f"desk:{name}"))
        return len(queries)

    def one_more(number: int) -> None:
        make_article()
        newsletter = make_newsletter(f"n{number}")
        Issue.objects.create(newsletter=newsletter, slot=NOW, window_to=NOW, created_at=NOW, updated_at=NOW)

    one_more(1)
    asked()  # what is cached once
    one = asked()
    one_more(2)
    one_more(3)
    assert asked() == one


def test_health_answers_without_an_account() -> None:
    client = Client()
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]


def test_blocks_are_shown_to_groups_from_forms(desk: Client, issue: Issue) -> None:
    act(desk, issue, "reword", note="Thank you.")
    act(desk, issue, "show-to", group="plan:paid")
    act(desk, issue, "show-to", group="tag:donor", section="1")
    first = placed(issue)[0].article_id
    act(desk, issue, "show-to", group="language:fr", article=first)
    shown = find(issue.pk)
    assert (shown.note_group, shown.section_groups, placed(issue)[0].overrides["group"]) == (
        "plan:paid",
        {"Section 1": "tag:donor"},
        "language:fr",
    )
    page = desk.get(reverse("desk:issue", args=[issue.pk])).content.decode()
    assert [f"only for {group}" in page for group in ("tag:donor", "language:fr")] == [True, True]


def test_a_wrong_group_is_told_with_its_fix(desk: Client, issue: Issue) -> None:
    desk.post(reverse("desk:show-to", args=[issue.pk]), {"group": "plan:gold", "version": find(issue.pk).version})
    page = desk.get(reverse("desk:issue", args=[issue.pk])).content.decode()
    assert "Write plan:paid or plan:plain." in page


def test_the_issue_page_shows_every_variant_with_its_readers(desk: Client, issue: Issue) -> None:
    make_reader(issue.newsletter, plan="paid")
    make_reader(issue.newsletter)
    act(desk, issue, "reword", note="Thank you for paying.")
    act(desk, issue, "show-to", group="plan:paid")
    page = desk.get(reverse("desk:issue", args=[issue.pk]), {"variant": "2"}).content.decode()
    assert ("plan:paid" in page, page.count("1 reader<"), "/html?variant=2" in page) == (True, 2, True)
    bodies = [
        desk.get(reverse("desk:issue-html", args=[issue.pk]), {"variant": number}).content.decode()
        for number in ("1", "2")
    ]
    assert ["Thank you for paying." in body for body in bodies] == [False, True]
    assert desk.get(reverse("desk:issue-text", args=[issue.pk]), {"variant": "3"}).status_code == 404


def test_an_act_on_a_variant_leads_back_to_it(desk: Client, issue: Issue) -> None:
    place = reverse("desk:issue", args=[issue.pk])
    make_reader(issue.newsletter, plan="paid")
    act(desk, issue, "reword", note="Thank you for paying.")
    act(desk, issue, "show-to", group="plan:paid")
    forms = desk.get(place, {"variant": "2"}).content.decode().split("<form")
    acts = [form for form in forms if f'action="{place}/' in form]
    assert [form for form in acts if 'name="variant" value="2"' not in form] == []
    given = {"version": find(issue.pk).version, "variant": "2", "subject": "Another"}
    assert desk.post(f"{place}/reword", given).headers["Location"] == f"{place}?variant=2"
    assert f'href="{place}?variant=2"' in desk.post(f"{place}/reword", given).content.decode()  # changed meanwhile
    refused = [desk.post(f"{place}/proof", {"to": "", "variant": value}) for value in ("2", "/x", "1")]
    assert [one.headers["Location"] for one in refused] == [f"{place}?variant=2", place, place]


def test_a_finding_of_one_variant_is_shown_with_its_number_whichever_is_looked_at(desk: Client, issue: Issue) -> None:
    make_reader(issue.newsletter, plan="paid")
    BannedPhrase.objects.create(words="paying", instead="giving", added_by="ada", added_at=timezone.now())
    act(desk, issue, "reword", note="Thank you for paying.")
    act(desk, issue, "show-to", group="plan:paid")
    for number in ("1", "2"):
        page = desk.get(reverse("desk:issue", args=[issue.pk]), {"variant": number}).content.decode()
        assert page.count('<strong>banned_phrases</strong> <span class="tag">variant 2</span>') == 1


def test_every_delivery_names_its_variant(desk: Client, issue: Issue) -> None:
    make_reader(issue.newsletter)
    approve(issue.pk, by="ada", now=timezone.now())
    send(issue.pk, by="ada", now=timezone.now())
    freeze(issue.pk, now=timezone.now())
    page = desk.get(reverse("desk:deliveries", args=[issue.pk])).content.decode()
    assert '<td data-label="Variant" class="number">1</td>' in page


def test_a_personal_subject_is_shown_as_a_reader_sees_it(desk: Client, issue: Issue) -> None:
    act(desk, issue, "reword", subject="[[name|Friend]], the harbor")
    page = desk.get(reverse("desk:issue", args=[issue.pk])).content.decode()
    assert ("Reader, the harbor" in page, "_subject_name_" in page) == (True, False)


@pytest.fixture
def announced(issue: Issue) -> Issue:
    """An issue whose one error is an event that is over."""
    Newsletter.objects.update(overridable=["past_dates"])
    article = placed(issue)[0].article_id
    return reword(issue.pk, "event_starts", "2020-01-01T10:00+00:00", article_id=article, by="ada", now=NOW)


def test_an_error_is_overruled_at_the_desk_by_rule_and_reason(desk: Client, announced: Issue) -> None:
    page = desk.get(reverse("desk:issue", args=[announced.pk])).content.decode()
    act(desk, announced, "approve")
    before = find(announced.pk).state
    act(desk, announced, "approve", **{"override-past_dates": "It is told as history."})
    after = desk.get(reverse("desk:issue", args=[announced.pk])).content.decode()
    assert ('name="override-past_dates"' in page, before) == (True, State.DRAFT)
    assert (find(announced.pk).state, "It is told as history." in after) == (State.APPROVED, True)


def test_what_the_policy_does_not_allow_has_no_form(desk: Client, announced: Issue) -> None:
    Newsletter.objects.update(overridable=[])
    page = desk.get(reverse("desk:issue", args=[announced.pk])).content.decode()
    act(desk, announced, "approve", **{"override-past_dates": "It is told as history."})
    assert ("override-past_dates" in page, find(announced.pk).state) == (False, State.DRAFT)


def test_links_are_looked_up_on_request(desk: Client, issue: Issue) -> None:
    Article.objects.update(url="http://127.0.0.1:8080/private", image_url="")
    act(desk, issue, "look-up")
    page = desk.get(reverse("desk:issue", args=[issue.pk])).content.decode()
    assert "live_links" in page


def test_house_words_are_banned_and_allowed_at_the_desk(desk: Client) -> None:
    desk.post(reverse("desk:ban"), {"words": HOSTILE, "instead": "that"})
    page = desk.get(reverse("desk:phrases")).content.decode()
    desk.post(reverse("desk:allow", args=[BannedPhrase.objects.get().pk]))
    assert ("&lt;script&gt;alert" in page, HOSTILE in page, BannedPhrase.objects.count()) == (True, False, 0)


def test_who_sends_a_correction_is_told_what_it_pauses(desk: Client) -> None:
    article = make_article("Rivers of ice")
    newsletter = make_newsletter()
    make_reader(newsletter)
    first = approve(draft(newsletter, now=NOW, by="ada").pk, by="ada", now=NOW)
    act(desk, first, "send")
    freeze(first.pk, now=NOW)
    correction = approve(correct(first.pk, article_id=article.pk, by="ada", now=NOW).pk, by="ada", now=NOW)
    act(desk, correction, "send")
    page = desk.get(reverse("desk:issue", args=[correction.pk])).content.decode()
    assert f"Issue {first.pk} is paused" in page


def test_what_is_in_doubt_is_resent_and_an_issue_corrected_from_forms(desk: Client) -> None:
    article = make_article("Rivers of ice")
    issue = draft(make_newsletter(), now=NOW, by="ada")
    rendering_of(issue, now=NOW)
    Issue.objects.filter(pk=issue.pk).update(state=State.SENT, frozen_at=NOW, sending_at=NOW)
    reader = make_reader(issue.newsletter)
    chunk = Chunk.objects.create(issue=issue, size=1, queued=0, in_doubt=1, state=ChunkState.CLOSED)
    Delivery.objects.create(
        issue=issue, chunk=chunk, reader=reader, address=reader.address, state=DeliveryState.IN_DOUBT
    )
    page = desk.get(reverse("desk:issue", args=[issue.pk])).content.decode()
    offered = ("Resend what is in doubt", "Send to those added since", "Correct it")
    assert [words for words in offered if words not in page] == []
    act(desk, issue, "resend")
    assert find(issue.pk).state == State.SENDING
    answer = desk.post(reverse("desk:correct", args=[issue.pk]), {"article": article.pk})
    correction = Issue.objects.get(corrects=issue)
    assert answer["Location"] == reverse("desk:issue", args=[correction.pk])
    assert f"issue {issue.pk}</a>" in desk.get(answer["Location"]).content.decode()
