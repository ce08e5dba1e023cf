"""The library: one row a picture, files for good, cuts that follow the focus, and words on one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from newsletter.articles.illustrate import illustrate
from newsletter.articles.models import Article
from newsletter.catalogue.models import Brand
from newsletter.errors import Invalid, NotFound, Refused, Unavailable
from newsletter.images.add import add
from newsletter.images.caption import caption
from newsletter.images.crop import crop
from newsletter.images.files import address, names_in, read
from newsletter.images.models import Image
from newsletter.images.queries import newest
from newsletter.issues.approve import approve
from newsletter.issues.delete_image import delete_image
from newsletter.issues.draft import draft
from newsletter.issues.edit import drop
from newsletter.issues.models import Issue
from newsletter.issues.render import rendering_of
from tests.factories import NOW, make_article, make_newsletter
from tests.images.drawings import opened, picture

pytestmark = pytest.mark.django_db
WHOLE = picture(1600, 900)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA = tmp_path / "media"
    return Path(settings.MEDIA)


def taken(octets: bytes = WHOLE, **given: str) -> Image:
    return add(octets, **{"title": "harbor.jpg", "alt": "Two ships", "credit": "Ada", **given}, by="ada", now=NOW)


def colour(image: Image, place: str) -> str:
    red, _, blue = opened(read(image.renditions[place]["1"]["name"])).convert("RGB").resize((1, 1)).getpixel((0, 0))
    return "red" if red > blue + 60 else "blue" if blue > red + 60 else "both"


def test_the_same_file_is_taken_in_once_and_keeps_its_words() -> None:
    first, again = taken(), taken(alt="Other words")
    assert (first.pk == again.pk, again.alt, Image.objects.count()) == (True, "Two ships", 1)


def test_files_are_named_by_their_content_and_lie_in_the_folder_of_media(media: Path) -> None:
    image = taken()
    files = sorted(place.name for place in media.rglob("*") if place.is_file())
    assert files == image.names
    assert address(image.master) == f"http://127.0.0.1:8000/i/{image.master}"


def test_a_name_we_never_gave_leads_nowhere() -> None:
    for name in ("../../etc/passwd", "", "a.jpg", "0" * 32 + ".jpg", "0" * 32 + ".svg"):
        with pytest.raises(NotFound):
            read(name)


def test_a_folder_that_cannot_be_written_is_told(media: Path) -> None:
    media.write_text("a file")
    with pytest.raises(Unavailable):
        taken()


def test_words_are_one_line_and_not_too_long() -> None:
    assert taken(alt="Two\r\nships \u202e and\0 more").alt == "Two ships and more"
    with pytest.raises(Invalid):
        caption(1, alt="x" * 301, now=NOW) if Image.objects.filter(pk=1).exists() else taken(
            picture(20, 20), alt="x" * 301
        )


def test_a_caption_changes_what_is_given() -> None:
    image = caption(taken().pk, alt="", title="", now=NOW)
    assert (image.alt, image.title, image.credit) == ("", "harbor.jpg", "Ada")


def test_a_focus_decides_what_the_small_cut_shows() -> None:
    image = taken(picture(1600, 400))
    middle = colour(image, "thumb")
    left, right = (colour(crop(image.pk, focus=(x, 0.5), now=NOW), "thumb") for x in (0.05, 0.95))
    assert (middle, left, right) == ("both", "red", "blue")


def test_a_crop_leaves_the_rest_out_of_every_cut() -> None:
    image = crop(taken().pk, box=(0.5, 0, 1, 1), now=NOW)
    assert (colour(image, "wide"), colour(image, "thumb")) == ("blue", "blue")
    assert (image.renditions["wide"]["2"]["width"], image.renditions["wide"]["2"]["height"]) == (768, 864)


def test_no_crop_is_the_whole_again() -> None:
    before = taken()
    crop(before.pk, box=(0.5, 0, 1, 1), now=NOW)
    assert crop(before.pk, box=(0, 0, 1, 1), now=NOW).renditions == before.renditions


def test_files_of_an_older_cut_stay() -> None:
    image = taken()
    old = image.renditions["wide"]["2"]["name"]
    crop(image.pk, box=(0.5, 0, 1, 1), now=NOW)
    assert read(old)


@pytest.mark.parametrize("box", [(0, 0, 1), (0.5, 0, 0.5, 1), (0, 0, 2, 1), (-1, 0, 1, 1), (0, 0, float("nan"), 1)])
def test_an_impossible_crop_is_refused(box: tuple[float, ...]) -> None:
    with pytest.raises(Invalid):
        crop(taken().pk, box=box, now=NOW)


def test_images_are_found_by_their_words_newest_first() -> None:
    first, second = taken(title="a"), taken(picture(30, 30), title="b", alt="A bridge")
    assert list(newest()) == [second, first]
    assert list(newest(words="BRIDGE")) == [second]
    assert list(newest(after=str(second.pk))) == [first]


def test_an_image_nobody_shows_is_deleted_with_its_files(media: Path) -> None:
    delete_image(taken().pk)
    assert [place for place in media.rglob("*") if place.is_file()] == []


def in_issue() -> tuple[Image, Article, Issue]:
    image, article = taken(), make_article()
    illustrate(article.pk, image.pk, by="ada", now=NOW)
    return image, article, draft(make_newsletter(), now=NOW, by="ada")


def refused(image: Image) -> str:
    with pytest.raises(Refused) as refusal:
        delete_image(image.pk)
    assert refusal.value.code == "in_use"
    assert read(image.master)
    return refusal.value.message


def test_an_image_of_an_article_in_a_draft_is_not_deleted() -> None:
    image, article, issue = in_issue()
    assert refused(image) == f"Image {image.pk} is shown by issue {issue.pk}, article {article.pk}."


def test_an_image_of_an_approved_issue_is_not_deleted_whatever_the_article_shows_now() -> None:
    image, article, issue = in_issue()
    approve(issue.pk, by="ada", now=NOW)
    illustrate(article.pk, None, by="ada", now=NOW)
    assert refused(image) == f"Image {image.pk} is shown by issue {issue.pk}."


def test_an_image_of_an_approval_that_was_replaced_is_not_deleted() -> None:
    image, article, issue = in_issue()
    make_article()
    approve(issue.pk, by="ada", now=NOW)
    illustrate(article.pk, None, by="ada", now=NOW)
    again = drop(issue.pk, article.pk, by="ada", now=NOW)
    rendering_of(again, now=NOW)
    assert refused(image) == f"Image {image.pk} is shown by issue {issue.pk}."


def test_a_logo_of_a_brand_is_not_deleted() -> None:
    image = taken()
    Brand.objects.create(code="dc", name="DC", design={"logo": address(image.master)})
    assert refused(image).endswith("is shown by the brand dc.")


def test_names_of_files_are_found_in_mail_whatever_host_serves_them() -> None:
    name = taken().master
    assert names_in(f'<img src="https://old.example/i/{name}"><img src="/i/x.jpg">') == {name}
