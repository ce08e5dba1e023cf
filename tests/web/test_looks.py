"""Templates at the desk: shown to those who edit, kept by administrators, tried before they are kept."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from newsletter.catalogue.models import Template
from newsletter.rendering.render import TEMPLATES
from newsletter.web.headers import MAIL
from newsletter.web.policy import ADMINISTRATOR, EDITOR, VIEWER, give_role
from tests.factories import NOW, make_newsletter

pytestmark = pytest.mark.django_db
CLASSIC = (TEMPLATES / "digests" / "classic.mjml.j2").read_text(encoding="utf-8")


def client(role: str) -> Client:
    user = User.objects.create_user("ada", "ada@news.example")
    give_role(user, role)
    made = Client()
    made.force_login(user)
    return made


def keep(desk: Client, **given: str) -> tuple[int, str]:
    answer = desk.post(reverse("desk:keep-template"), {"name": "ours", "mjml": CLASSIC, **given})
    return answer.status_code, answer.content.decode()


def test_an_administrator_keeps_a_template() -> None:
    status, _ = keep(client(ADMINISTRATOR), mjml=CLASSIC.replace("\n", "\r\n"))
    assert (status, list(Template.objects.values_list("name", "mjml", "kept_by"))) == (302, [("ours", CLASSIC, "ada")])


def test_trying_keeps_nothing_and_tells_what_was_found() -> None:
    status, page = keep(client(ADMINISTRATOR), **{"try": "1"})
    assert (status, Template.objects.count(), "How it was tried" in page) == (200, 0, True)


def test_a_broken_template_comes_back_with_its_place_and_its_words() -> None:
    status, page = keep(client(ADMINISTRATOR), mjml="<mjml>\n{% if %}<script>alert(1)</script>")
    assert (status, Template.objects.count(), "ours.mjml.j2, line 2" in page) == (422, 0, True)
    assert ("&lt;script&gt;alert(1)" in page, "<script>alert" in page) == (True, False)


def test_an_editor_keeps_nothing() -> None:
    assert (keep(client(EDITOR))[0], Template.objects.count()) == (403, 0)


@pytest.mark.parametrize("name", ["classic", "ours"])
def test_a_template_is_shown_in_every_language_with_its_findings(name: str) -> None:
    Template.objects.create(name="ours", mjml=CLASSIC, kept_by="ada", kept_at=NOW)
    page = client(EDITOR).get(reverse("desk:template", args=[name]), {"language": "ar"}).content.decode()
    assert (f"templates/{name}/html?language=ar" in page, "No findings." in page) == (True, True)


def test_the_preview_stands_in_a_sandbox_and_loads_nothing() -> None:
    answer = client(EDITOR).get(reverse("desk:template-html", args=["classic"]), {"language": "ar"})
    html = answer.content.decode()
    assert answer.headers["Content-Security-Policy"] == MAIL
    assert ('dir="rtl"' in html, 'src="data:image/svg+xml' in html, 'src="https' in html) == (True, True, False)


def test_a_broken_template_has_a_page_with_the_error_and_no_preview() -> None:
    Template.objects.create(name="ours", mjml="<mjml>{% if %}", kept_by="ada", kept_at=NOW)
    page = client(EDITOR).get(reverse("desk:template", args=["ours"])).content.decode()
    assert ("ours.mjml.j2, line 1" in page, "<iframe" in page) == (True, False)


def test_an_unknown_template_is_not_found() -> None:
    assert client(EDITOR).get(reverse("desk:template", args=["nowhere"])).status_code == 404


def test_the_list_says_who_has_which_template_and_viewers_may_read_it() -> None:
    make_newsletter(title="Our weekly", template="briefing")
    page = client(VIEWER).get(reverse("desk:templates")).content.decode()
    assert ("Our weekly" in page, "Keep a template of your own" in page) == (True, False)


def test_a_template_in_use_is_not_dropped() -> None:
    Template.objects.create(name="ours", mjml=CLASSIC, kept_by="ada", kept_at=NOW)
    make_newsletter(template="ours")
    desk = client(ADMINISTRATOR)
    desk.post(reverse("desk:drop-template", args=["ours"]))
    assert Template.objects.count() == 1
    Template.objects.update(name="other")
    desk.post(reverse("desk:drop-template", args=["other"]))
    assert Template.objects.count() == 0
