"""What the two offices get: their own tags where readers differ, and nothing else that could be one."""

from __future__ import annotations

import json
import re

import pytest
from lxml import html

from newsletter.handover.hand_over import hand_over
from newsletter.issues.models import Issue
from tests.factories import NOW
from tests.handover.offices import ListmonkOffice, MailchimpOffice
from tests.handover.stage import HOSTILE

pytestmark = pytest.mark.django_db
TAG = re.compile(r"\*\|[^|]*\|\*")
EXPRESSION = re.compile(r'\{\{(?:"(?:\\.|[^"\\])*"|[^}"])*\}\}')


def test_mailchimp_gets_its_merge_tags_and_no_other(finished: Issue, mailchimp: MailchimpOffice) -> None:
    hand_over(finished.pk, "mailchimp", by="ada", now=NOW)
    [campaign] = mailchimp.campaigns.values()
    page, text = campaign["content"]["html"], campaign["content"]["plain_text"]
    known = {"*|UNSUB|*", "*|UPDATE_PROFILE|*", "*|ARCHIVE|*", "*|EMAIL|*", "*|FNAME|*"}
    known |= {"*|IF:FNAME|*", "*|ELSE:|*", "*|END:IF|*"}
    assert set(TAG.findall(page)) == known
    assert set(TAG.findall(text)) == known
    assert 'href="*|UNSUB|*"' in page
    assert "*|IF:FNAME|**|FNAME|**|ELSE:|*friend*|END:IF|*, read on." in page
    assert "&#42;|EMAIL|*" in page
    assert TAG.findall(campaign["settings"]["subject_line"]) == []


def test_mailchimp_is_told_who_sends_and_to_whom(finished: Issue, mailchimp: MailchimpOffice) -> None:
    hand_over(finished.pk, "mailchimp", by="ada", now=NOW)
    [campaign] = mailchimp.campaigns.values()
    told = campaign["settings"]
    assert campaign["recipients"] == {"list_id": "abc123"}
    assert (told["from_name"], told["reply_to"]) == ("Meridian Institute", "ctw@news.example")
    assert re.fullmatch(rf"This Week 2026-11-26 \(issue {finished.pk}\) nl-{finished.pk}-[0-9a-f]{{10}}", told["title"])
    assert mailchimp.asked == [("POST", "/3.0/campaigns"), ("PUT", "/3.0/campaigns/c1/content")]


def test_listmonk_gets_its_expressions_and_no_other(finished: Issue, listmonk: ListmonkOffice) -> None:
    hand_over(finished.pk, "listmonk", by="ada", now=NOW)
    [campaign] = listmonk.campaigns.values()
    found = EXPRESSION.findall(campaign["body"])
    own = {"{{ UnsubscribeURL }}", "{{ MessageURL }}", "{{ .Subscriber.Email }}", "{{ .Subscriber.Name }}"}
    own |= {"{{ if .Subscriber.Name }}", "{{ else }}", "{{ end }}"}
    assert {one for one in found if not one.startswith("{{ Safe ")} == own
    assert {one for one in EXPRESSION.findall(campaign["altbody"]) if one != '{{ "{" }}'} == own
    assert 'href="{{ UnsubscribeURL }}?manage=true"' in campaign["body"]
    assert "{{ if .Subscriber.Name }}{{ .Subscriber.Name }}{{ else }}friend{{ end }}, read on." in campaign["body"]


def test_comments_that_outlook_reads_survive_listmonk(finished: Issue, listmonk: ListmonkOffice) -> None:
    hand_over(finished.pk, "listmonk", by="ada", now=NOW)
    [campaign] = listmonk.campaigns.values()
    outside = EXPRESSION.sub("", campaign["body"])
    kept = [json.loads(one[8:-3]) for one in EXPRESSION.findall(campaign["body"]) if one.startswith("{{ Safe ")]
    assert "<!--" not in outside
    assert any(one.startswith("<!--[if mso") for one in kept)


def test_what_listmonk_makes_of_it_reads_as_it_was_approved(finished: Issue, listmonk: ListmonkOffice) -> None:
    hand_over(finished.pk, "listmonk", by="ada", now=NOW)
    [campaign] = listmonk.campaigns.values()
    filled = EXPRESSION.sub(lambda found: json.loads(found[0][8:-3]) if "Safe" in found[0] else "", campaign["body"])
    headlines = [one.text_content().strip() for one in html.document_fromstring(filled).iter("h2", "h3")]
    assert HOSTILE in headlines


def test_listmonk_is_told_who_sends_and_to_whom(finished: Issue, listmonk: ListmonkOffice) -> None:
    hand_over(finished.pk, "listmonk", by="ada", now=NOW)
    [campaign] = listmonk.campaigns.values()
    assert campaign["lists"] == [{"id": 3}, {"id": 5}]
    assert (campaign["from_email"], campaign["template_id"]) == ("Meridian Institute <ctw@news.example>", 9)
    assert (campaign["content_type"], campaign["type"], campaign["messenger"]) == ("html", "regular", "email")
