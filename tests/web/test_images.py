"""Files of images are public, for ever and harmless; the library at the desk does what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from newsletter.articles.models import Article
from newsletter.images import apart
from newsletter.images.add import add
from newsletter.images.models import Image
from newsletter.web import uploads
from newsletter.web.policy import EDITOR, give_role
from tests.factories import NOW, make_article
from tests.images.drawings import picture

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA = tmp_path / "media"


@pytest.fixture
def desk() -> Client:
    user = User.objects.create_user("ed")
    give_role(user, EDITOR)
    client = Client()
    client.force_login(user)
    return client


def taken(width: int = 320, **given: str) -> Image:
    return add(picture(width, 200), **{"title": "harbor.jpg", **given}, by="ada", now=NOW)


def test_a_file_is_public_for_ever_and_sets_no_cookie(client: Client) -> None:
    image = taken()
    answer = client.get(f"/i/{image.master}")
    told = {name: answer.headers.get(name) for name in ("Cache-Control", "Content-Type", "X-Content-Type-Options")}
    assert told == {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Type": "image/jpeg",
        "X-Content-Type-Options": "nosniff",
    }
    assert (answer.headers["Cross-Origin-Resource-Policy"], answer.cookies, "Vary" in answer.headers) == (
        "cross-origin",
        {},
        False,
    )
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_who_has_the_file_is_told_so(client: Client) -> None:
    name = taken().master
    assert client.get(f"/i/{name}", headers={"If-None-Match": f'"{name}"'}).status_code == 304


@pytest.mark.parametrize("name", ["a.jpg", "0" * 32 + ".jpg", "..%2f..%2fsecret.key", "0" * 32 + ".svg"])
def test_there_is_nothing_else_there(client: Client, name: str) -> None:
    answer = client.get(f"/i/{name}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_a_file_is_not_changed_from_outside(client: Client) -> None:
    assert client.post(f"/i/{taken().master}").status_code == 405


def test_an_upload_lands_in_the_library(desk: Client) -> None:
    file = SimpleUploadedFile("My harbor.jpg", picture(300, 200))
    answer = desk.post(reverse("desk:image-add"), {"file": file, "alt": "Ships", "credit": "Ada"})
    image = Image.objects.get()
    assert answer["Location"] == reverse("desk:image", args=[image.pk])
    assert (image.title, image.alt, image.credit, image.by) == ("My harbor.jpg", "Ships", "Ada", "ed")


def test_an_upload_from_an_article_is_shown_with_it(desk: Client) -> None:
    article = make_article()
    desk.post(reverse("desk:image-add"), {"file": SimpleUploadedFile("a.png", picture(30, 20)), "article": article.pk})
    assert Article.objects.get().image == Image.objects.get()


@pytest.mark.parametrize("octets", [b"", b"<svg/>", b"hello"])
def test_what_is_no_image_is_refused_in_words(desk: Client, octets: bytes) -> None:
    file = SimpleUploadedFile("a.jpg", octets)
    page = desk.post(reverse("desk:image-add"), {"file": file}, follow=True).content.decode()
    assert ('class="error"' in page, Image.objects.count()) == (True, 0)


def test_an_upload_without_end_is_cut_off(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_OCTETS", 1000)
    monkeypatch.setattr(uploads, "FRAME_OCTETS", 0)
    answer = desk.post(reverse("desk:image-add"), {"file": SimpleUploadedFile("a.jpg", b"x" * 200_000)})
    assert (answer.status_code in (400, 413), Image.objects.count()) == (True, 0)


def test_a_file_above_the_limit_is_refused_unread(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.web.desk.images.MOST_OCTETS", 100)
    desk.post(reverse("desk:image-add"), {"file": SimpleUploadedFile("a.jpg", picture(30, 20))})
    assert Image.objects.count() == 0


def test_a_click_on_the_picture_sets_what_stays_in_view(desk: Client) -> None:
    image = taken()  # shown at 320 x 200
    desk.post(reverse("desk:image-crop", args=[image.pk]), {"at.x": "80", "at.y": "100"})
    assert Image.objects.get().focus == [0.25, 0.5]


def test_it_is_cut_by_numbers(desk: Client) -> None:
    numbers = {"left": "10", "top": "0", "right": "90", "bottom": "100", "x": "50", "y": "25"}
    desk.post(reverse("desk:image-crop", args=[taken().pk]), numbers)
    image = Image.objects.get()
    assert (image.crop, image.focus) == ([0.1, 0, 0.9, 1], [0.5, 0.25])


def test_words_are_saved_and_shown_as_text(desk: Client) -> None:
    image = taken(title=HOSTILE)
    desk.post(reverse("desk:image-caption", args=[image.pk]), {"alt": HOSTILE, "credit": HOSTILE})
    for page in (reverse("desk:image", args=[image.pk]), reverse("desk:images")):
        shown = desk.get(page).content.decode()
        assert ("<script>alert" in shown, "<img src=x" in shown, "&lt;script&gt;" in shown) == (False, False, True)


def test_an_article_is_given_an_image_and_the_imported_one_again(desk: Client) -> None:
    article, image = make_article(), taken()
    told = []
    for number in (f"#{image.pk}", ""):
        desk.post(reverse("desk:article-image", args=[article.pk]), {"image": number})
        told.append(Article.objects.get().image_id)
    assert told == [image.pk, None]


@pytest.mark.parametrize("number", ["x", "999999", "99999999999999999999"])
def test_an_image_that_is_not_there_is_told(desk: Client, number: str) -> None:
    article = make_article()
    page = desk.post(reverse("desk:article-image", args=[article.pk]), {"image": number}, follow=True)
    assert 'class="error"' in page.content.decode()


def test_an_image_in_use_is_not_deleted_and_one_that_is_not_is(desk: Client) -> None:
    article, image = make_article(), taken()
    place = reverse("desk:image-delete", args=[image.pk])
    desk.post(reverse("desk:article-image", args=[article.pk]), {"image": image.pk})
    desk.post(place)
    kept = Image.objects.count()
    desk.post(reverse("desk:article-image", args=[article.pk]), {"image": ""})
    desk.post(place)
    assert (kept, Image.objects.count()) == (1, 0)


def test_the_library_is_paged_with_the_same_number_of_queries(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    for rows in (1, 3):
        for number in range(rows):
            taken(40 + number + rows)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            desk.get(reverse("desk:images"))
        counts.append(len(queries))
    monkeypatch.setattr("newsletter.web.desk.images.PAGE_ROWS", 2)
    assert counts[0] == counts[1]
    assert b"1 / 2" in desk.get(reverse("desk:images")).content


def test_the_limit_of_uploads_is_that_of_the_library() -> None:
    assert uploads.MOST_OCTETS == apart.MOST_OCTETS
