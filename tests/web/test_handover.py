"""An issue leaves the desk: as an archive, or as a draft in another system."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from newsletter.handover.models import Handover
from newsletter.issues.approve import approve
from newsletter.issues.lifecycle import move
from newsletter.issues.models import Issue
from newsletter.issues.show_to import show_to
from newsletter.web.policy import EDITOR, PUBLISHER, give_role
from tests.factories import NOW, make_reader
from tests.handover.offices import MailchimpOffice

pytestmark = pytest.mark.django_db


def desk(role: str) -> Client:
    user = User.objects.create_user(f"a-{role}")
    give_role(user, role)
    client = Client()
    client.force_login(user)
    return client


def test_the_archive_is_downloaded_under_its_name(finished: Issue) -> None:
    answer = desk(EDITOR).get(reverse("desk:export", args=[finished.pk]))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="issue-{finished.pk}.zip"'
    assert "issue.html" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()


def test_a_draft_is_no_archive_yet_and_that_is_said(finished: Issue) -> None:
    move(finished.pk, "request_changes", by="ada", now=NOW)
    page = desk(EDITOR).get(reverse("desk:export", args=[finished.pk]), follow=True).content.decode()
    assert "only an approved one leaves the house" in page


def test_a_publisher_gives_it_to_another_system_and_sees_where_it_is(
    finished: Issue, mailchimp: MailchimpOffice
) -> None:
    client = desk(PUBLISHER)
    before = client.get(reverse("desk:issue", args=[finished.pk])).content.decode()
    page = client.post(
        reverse("desk:hand-over", args=[finished.pk]), {"system": "mailchimp"}, follow=True
    ).content.decode()
    assert "Give it to mailchimp" in before
    assert "Give it to listmonk" not in before
    assert (Handover.objects.get().by, "campaigns/edit?id=" in page) == ("a-publisher", True)


def test_the_variant_that_is_looked_at_is_the_one_given(finished: Issue, mailchimp: MailchimpOffice) -> None:
    make_reader(finished.newsletter, plan="paid")
    show_to(finished.pk, "plan:paid", by="ada", now=NOW)
    approve(finished.pk, by="ada", now=NOW)
    page = desk(PUBLISHER).get(reverse("desk:issue", args=[finished.pk]), {"variant": "2"}).content.decode()
    [form] = [form.partition("</form>")[0] for form in page.split("<form") if 'value="mailchimp"' in form]
    assert 'name="variant" value="2"' in form
    assert "as a draft (variant 2)" in form


def test_an_editor_does_not(finished: Issue, mailchimp: MailchimpOffice) -> None:
    answer = desk(EDITOR).post(reverse("desk:hand-over", args=[finished.pk]), {"system": "mailchimp"})
    assert (answer.status_code, mailchimp.asked) == (403, [])


@pytest.mark.parametrize("system", ["", "nowhere", "listmonk"])
def test_a_system_that_is_not_there_is_told(finished: Issue, system: str) -> None:
    page = desk(PUBLISHER).post(reverse("desk:hand-over", args=[finished.pk]), {"system": system}, follow=True)
    assert 'class="error"' in page.content.decode()
