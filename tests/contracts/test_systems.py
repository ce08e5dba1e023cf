"""What every system that sends for us promises."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from newsletter.errors import Conflict, Invalid, NewsletterError, OutcomeUnknown, Refused, Unavailable
from newsletter.handover.hand_over import LEASE, audience_for, hand_over
from newsletter.handover.models import Handover
from newsletter.handover.systems import SYSTEMS, TAGS
from newsletter.issues.approve import approve
from newsletter.issues.edit import reword
from newsletter.issues.lifecycle import move
from newsletter.issues.lock import seal_of
from newsletter.issues.material import gather
from newsletter.issues.models import HistoryEntry, Issue, IssueRendering
from newsletter.issues.queries import stored_renderings
from newsletter.rendering.personal import CONTEXTS, SLOTS, Slot
from tests.factories import NOW
from tests.handover.offices import LISTMONK_TOKEN, MAILCHIMP_KEY, Office

pytestmark = pytest.mark.django_db
each = pytest.mark.parametrize("name", SYSTEMS)
SENT = {"mailchimp": "sent", "listmonk": "finished"}


def give(issue: Issue, name: str, **more: Any) -> Handover:
    return hand_over(issue.pk, name, by="ada", now=more.pop("now", NOW), **more)


@each
def test_a_system_is_registered_under_its_name(offices: dict[str, Office], name: str) -> None:
    assert SYSTEMS[name]().name == name


def test_every_system_has_tags_that_need_no_settings() -> None:
    assert list(TAGS) == list(SYSTEMS)


@each
def test_without_settings_it_says_what_to_set(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        SYSTEMS[name]()
    assert (refusal.value.code, refusal.value.where.startswith("NEWSLETTER_")) == ("not_configured", True)


@each
def test_an_issue_becomes_one_draft(offices: dict[str, Office], finished: Issue, name: str) -> None:
    done = give(finished, name)
    [(number, campaign)] = offices[name].campaigns.items()
    assert (done.remote_id, campaign["status"] in ("save", "draft"), done.done_at) == (number, True, NOW)
    assert done.content_hash == IssueRendering.objects.get().content_hash
    assert HistoryEntry.objects.get(act="handed_over").detail["draft"] == number


@each
def test_a_second_time_updates_the_same_draft(offices: dict[str, Office], finished: Issue, name: str) -> None:
    first = give(finished, name)
    reword(finished.pk, "subject", "Another subject", by="ada", now=NOW)
    approve(finished.pk, by="ada", now=NOW)
    second = give(finished, name)
    [campaign] = offices[name].campaigns.values()
    subject = campaign.get("subject") or campaign["settings"]["subject_line"]
    assert (first.remote_id == second.remote_id, subject) == (True, "Another subject")


@each
def test_a_draft_that_was_made_though_nobody_heard_is_found_again(
    offices: dict[str, Office], finished: Issue, name: str
) -> None:
    offices[name].trouble = ["cut"]
    with pytest.raises(OutcomeUnknown):
        give(finished, name)
    known = Handover.objects.get().remote_id
    done = give(finished, name)
    assert (known, len(offices[name].campaigns), done.remote_id in offices[name].campaigns) == ("", 1, True)


@each
def test_a_draft_that_was_deleted_there_is_made_anew(offices: dict[str, Office], finished: Issue, name: str) -> None:
    give(finished, name)
    offices[name].campaigns.clear()
    give(finished, name)
    assert len(offices[name].campaigns) == 1


@each
def test_what_was_sent_there_is_not_touched(offices: dict[str, Office], finished: Issue, name: str) -> None:
    done = give(finished, name)
    offices[name].campaigns[done.remote_id]["status"] = SENT[name]
    with pytest.raises(Refused) as refusal:
        give(finished, name)
    assert refusal.value.code == "sent_there"


@each
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_system_in_trouble_may_be_asked_again(
    offices: dict[str, Office], finished: Issue, name: str, status: int
) -> None:
    offices[name].trouble = [status]
    with pytest.raises(Unavailable):
        give(finished, name)
    give(finished, name)
    assert len(offices[name].campaigns) == 1


@each
def test_a_system_that_is_away_is_told(offices: dict[str, Office], finished: Issue, name: str, settings: Any) -> None:
    settings.MAILCHIMP_URL = settings.LISTMONK_URL = "http://127.0.0.1:1"
    with pytest.raises(Unavailable):
        give(finished, name)


@each
def test_a_list_it_does_not_know_is_refused_in_its_words(
    offices: dict[str, Office], finished: Issue, name: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        give(finished, name, audience="77")
    assert "list" in refusal.value.message


@each
def test_a_wrong_key_is_told_and_never_shown(
    offices: dict[str, Office], finished: Issue, name: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MAILCHIMP_KEY, settings.LISTMONK_TOKEN = MAILCHIMP_KEY.replace("0", "9"), LISTMONK_TOKEN + "9"
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Refused) as refusal:
        give(finished, name)
    told = f"{refusal.value.as_dict()} {caplog.text} {SYSTEMS[name]()!r}"
    assert (refusal.value.code, settings.MAILCHIMP_KEY in told, settings.LISTMONK_TOKEN in told) == (
        "key_refused",
        False,
        False,
    )


@each
def test_only_an_approved_issue_leaves_the_house(offices: dict[str, Office], finished: Issue, name: str) -> None:
    move(finished.pk, "request_changes", by="ada", now=NOW)
    with pytest.raises(Refused) as refusal:
        give(finished, name)
    assert (refusal.value.code, offices[name].asked) == ("not_approved", [])


@each
def test_what_differs_from_the_approval_does_not_leave(offices: dict[str, Office], finished: Issue, name: str) -> None:
    IssueRendering.objects.update(content_hash="other")
    with pytest.raises(Refused) as refusal:
        give(finished, name)
    assert (refusal.value.code, offices[name].asked) == ("broken_seal", [])


@each
def test_two_at_once_are_one(offices: dict[str, Office], finished: Issue, name: str) -> None:
    give(finished, name)
    Handover.objects.update(leased_until=NOW + LEASE)
    with pytest.raises(Conflict):
        give(finished, name)
    give(finished, name, now=NOW + 2 * LEASE)


@each
def test_every_variant_is_a_draft_of_its_own(offices: dict[str, Office], finished: Issue, name: str) -> None:
    other = IssueRendering.objects.get()
    other.pk, other.variant = None, "2"
    other.save()
    Issue.objects.update(seal=seal_of(gather(finished), list(stored_renderings(finished))))
    drafts = {give(finished, name, variant=variant).remote_id for variant in ("", "2", "2", "1")}
    assert (len(drafts), len(offices[name].campaigns)) == (2, 2)


@each
def test_every_slot_in_every_place_is_a_tag(offices: dict[str, Office], name: str) -> None:
    system = SYSTEMS[name]()
    slots = [Slot(one, context, "en", own) for one in SLOTS for context in CONTEXTS for own in (None, "friend")]
    tags = [system.tag(slot, place) for slot in slots for place in ("html", "text", "subject")]  # type: ignore[arg-type]
    assert [tag for tag in tags if not ("*|" in tag or "{{" in tag)] == []


@each
def test_nothing_an_author_wrote_is_a_tag(offices: dict[str, Office], name: str) -> None:
    system = SYSTEMS[name]()
    for place in ("html", "text", "subject"):
        written = system.literal("a {{ .Subscriber.Email }} {{{ *|EMAIL|* **|X|* {", place)  # type: ignore[arg-type]
        assert "*|" not in written or name != "mailchimp"
        assert "{{ ." not in written or name != "listmonk"


@each
def test_the_list_of_a_newsletter_is_in_the_settings(offices: dict[str, Office], name: str, settings: Any) -> None:
    assert audience_for(name, "CTW") in ("abc123", "3+5")
    settings.HANDOVER_LISTS = {name: {}}
    with pytest.raises(NewsletterError) as refusal:
        audience_for(name, "ctw")
    assert refusal.value.where == f"NEWSLETTER_{name.upper()}_LISTS"
