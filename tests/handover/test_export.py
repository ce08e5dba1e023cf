"""A finished issue as files: a folder that stands alone, and the same archive for the same issue."""

from __future__ import annotations

import io
import json
import re
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from newsletter.catalogue.models import Newsletter
from newsletter.delivery.verify import verify
from newsletter.errors import NotFound, Refused
from newsletter.handover.export import export, zipped
from newsletter.images.files import read
from newsletter.images.models import Image
from newsletter.issues.approve import approve
from newsletter.issues.edit import reword
from newsletter.issues.lifecycle import move
from newsletter.issues.lock import seal_of
from newsletter.issues.material import gather
from newsletter.issues.models import Issue, IssueRendering
from newsletter.issues.queries import stored_renderings
from tests.factories import NOW
from tests.handover.offices import MailchimpOffice
from tests.images.drawings import picture

pytestmark = pytest.mark.django_db


def test_a_folder_holds_page_text_message_and_images(finished: Issue) -> None:
    files = export(finished.pk, now=NOW)
    name = Image.objects.get().renditions["wide"]["2"]["name"]
    assert sorted(files) == [f"images/{name}", "issue.eml", "issue.html", "issue.txt", "manifest.json"]
    assert files[f"images/{name}"] == read(name)


def test_its_page_leads_into_the_folder_and_its_message_to_us(finished: Issue) -> None:
    files = export(finished.pk, now=NOW)
    sources = re.findall(r'src="([^"]+)"', files["issue.html"].decode())
    assert sources
    assert all(source.removeprefix("./") in files for source in sources)
    html = message_from_bytes(files["issue.eml"]).get_payload()[1].get_payload(decode=True).decode()
    assert "http://127.0.0.1:8000/i/" in html


def test_its_message_is_proven_to_be_the_approved_issue(finished: Issue) -> None:
    assert verify(export(finished.pk, now=NOW)["issue.eml"]).verified


def test_its_message_is_proven_after_the_newsletter_was_renamed(finished: Issue) -> None:
    Newsletter.objects.update(title="Another Week")
    assert verify(export(finished.pk, now=NOW)["issue.eml"]).verified


def test_its_personal_links_are_dead(finished: Issue) -> None:
    files = export(finished.pk, now=NOW)
    assert b"/u/preview" in files["issue.html"]
    assert re.search(rb"/[upv]/(?!preview)", files["issue.html"] + files["issue.txt"]) is None


def test_it_can_hold_the_tags_of_another_system(finished: Issue, mailchimp: MailchimpOffice) -> None:
    files = export(finished.pk, now=NOW, tags_of="mailchimp")
    assert (b"*|UNSUB|*" in files["issue.html"], b"images/" in files["issue.html"]) == (True, True)
    assert "issue.eml" not in files


def test_the_tags_of_a_system_need_none_of_its_settings(finished: Issue) -> None:
    for name, tag in (("mailchimp", b"*|UNSUB|*"), ("listmonk", b"{{ UnsubscribeURL }}")):
        assert tag in export(finished.pk, now=NOW, tags_of=name)["issue.html"]


@pytest.mark.parametrize(
    ("tags_of", "subject"), [("", "For Reader"), ("mailchimp", "For *|IF:FNAME|**|FNAME|**|ELSE:|*friend*|END:IF|*")]
)
def test_its_manifest_has_the_subject_with_the_values_of_its_pages(finished: Issue, tags_of: str, subject: str) -> None:
    reword(finished.pk, "subject", "For [[name|friend]]", by="ada", now=NOW)
    approve(finished.pk, by="ada", now=NOW)
    [variant] = json.loads(export(finished.pk, now=NOW, tags_of=tags_of)["manifest.json"])["variants"]
    assert variant["subject"] == subject


def test_its_manifest_says_what_it_is(finished: Issue) -> None:
    told = json.loads(export(finished.pk, now=NOW)["manifest.json"])
    assert (told["issue"], told["seal"], told["left_remote"], len(told["variants"])) == (
        finished.pk,
        finished.seal,
        [],
        1,
    )


def test_the_same_issue_makes_the_same_archive(finished: Issue) -> None:
    first, second = (zipped(export(finished.pk, now=NOW)) for _ in range(2))
    names = zipfile.ZipFile(io.BytesIO(first)).namelist()
    assert (first == second, "issue.html" in names) == (True, True)


def test_only_a_finished_issue_is_exported(finished: Issue) -> None:
    move(finished.pk, "request_changes", by="ada", now=NOW)
    with pytest.raises(Refused):
        export(finished.pk, now=NOW)
    with pytest.raises(NotFound):
        export(10**9, now=NOW)


def test_an_image_of_another_server_is_named_and_left_there(finished: Issue) -> None:
    IssueRendering.objects.update(html='<img src="https://cms.example/a.jpg"><img src="cid:x">')
    Issue.objects.update(seal=seal_of(gather(finished), list(stored_renderings(finished))))
    files = export(finished.pk, now=NOW)
    assert b'src="https://cms.example/a.jpg"' in files["issue.html"]
    assert json.loads(files["manifest.json"])["left_remote"] == ["https://cms.example/a.jpg"]


def test_no_address_leads_out_of_the_folder(finished: Issue) -> None:
    sources = ["/i/../../secret.key", "http://127.0.0.1:8000/static/../../settings.py", "/i/%2e%2e/x.jpg"]
    IssueRendering.objects.update(html="".join(f'<img src="{source}">' for source in sources))
    Issue.objects.update(seal=seal_of(gather(finished), list(stored_renderings(finished))))
    assert [name for name in export(finished.pk, now=NOW) if name.startswith("images/")] == []


def test_two_images_of_one_name_both_go_into_the_folder(finished: Issue, tmp_path: Path, settings: Any) -> None:
    drawn = [picture(width, 20, "PNG") for width in (20, 30)]
    for folder, octets in zip(("east", "west"), drawn, strict=True):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "logo.png").write_bytes(octets)
    settings.STATICFILES_DIRS = [tmp_path]
    sources = [f"{settings.SITE_URL}/static/{folder}/logo.png" for folder in ("east", "west", "east")]
    IssueRendering.objects.update(html="".join(f'<img src="{source}">' for source in sources))
    Issue.objects.update(seal=seal_of(gather(finished), list(stored_renderings(finished))))
    files = export(finished.pk, now=NOW)
    shown = re.findall(r'src="([^"]+)"', files["issue.html"].decode())
    assert [files[place] for place in shown] == [drawn[0], drawn[1], drawn[0]]
    assert shown[0] == shown[2] == "images/logo.png"
