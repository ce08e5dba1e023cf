"""The picture of an article: chosen at the desk, fetched once, or left out with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from newsletter.articles.illustrate import illustrate
from newsletter.articles.models import Article
from newsletter.images.add import add
from newsletter.images.files import address
from newsletter.images.models import Image
from newsletter.images.queries import rendition
from newsletter.ingest import fetch_image
from newsletter.ingest.models import FetchedImage
from newsletter.ingest.sources.json_lines import JsonLines
from newsletter.ingest.store import IngestReport, store
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.fetch_images import fetch_images
from newsletter.issues.lifecycle import find
from newsletter.issues.models import Issue, IssueRendering
from newsletter.issues.rebuild import rebuild
from newsletter.issues.render import rendering_of, renderings_of
from newsletter.issues.show_to import show_to
from tests.factories import NOW, make_article, make_newsletter, make_reader
from tests.images.drawings import picture
from tests.ingest.street import House, house

pytestmark = pytest.mark.django_db
PHOTO = picture(1200, 800)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA = tmp_path / "media"


@pytest.fixture
def there(settings: Any) -> Iterator[House]:
    settings.PULL_ALLOW = (ip_network("127.0.0.1/32"),)
    with house() as own:
        yield own


def issue_with(url: str = "", **given: Any) -> Issue:
    make_article("The harbor", image_url=url, **given)
    return draft(make_newsletter(), now=NOW, by="ada")


def shown(issue: Issue) -> dict[str, Any] | None:
    told: dict[str, Any] | None = rendering_of(find(issue.pk), now=NOW).digest["sections"][0]["items"][0]["image"]
    return told


def troubles(issue: Issue) -> list[tuple[str, str]]:
    findings = rendering_of(find(issue.pk), now=NOW).findings
    return [(one["level"], one["fix"]) for one in findings if one["rule"] == "fetched_image"]


def library(octets: bytes = PHOTO) -> Image:
    return add(octets, title="harbor.jpg", alt="Two ships", credit="Photo: Ada", by="ada", now=NOW)


def test_a_remote_image_is_fetched_once_and_shown_from_our_own_address(there: House) -> None:
    issue = issue_with(there.serve("/a.jpg", PHOTO), image_alt="From the CMS", image_credit="CMS")
    for _ in range(2):
        fetch_images(now=NOW)
    image, picture_shown = Image.objects.get(), shown(issue)
    assert picture_shown is not None
    assert (len(there.asked), image.came_from, image.title) == (1, there.url + "/a.jpg", "a.jpg")
    assert picture_shown["url"] == address(rendition(image, "wide")["name"])
    assert (picture_shown["alt"], picture_shown["credit"]) == ("From the CMS", "CMS")
    assert (picture_shown["width"], picture_shown["height"]) == (1152, 768)


def test_until_it_is_fetched_it_stands_at_its_own_address() -> None:
    issue = issue_with("https://cms.example/a.jpg")
    told = shown(issue)
    assert told is not None
    assert (told["url"], troubles(issue)) == ("https://cms.example/a.jpg", [])


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"<html>no</html>", 200), (b"<svg/>", 200), (b"", 200), (b"gone", 404), (b"GIF89a", 200)],
)
def test_what_is_no_image_is_left_out_and_stops_no_issue(there: House, content: bytes, status: int) -> None:
    issue = issue_with(there.serve("/a.jpg", content, status=status))
    fetch_images(now=NOW)
    [(level, fix)] = troubles(issue)
    assert (shown(issue), level, fix.startswith("It is left out: ")) == (None, "W", True)
    assert approve(issue.pk, by="ada", now=NOW).state == "approved"


def test_a_server_that_is_away_is_asked_again_later(there: House) -> None:
    issue = issue_with(there.serve("/a.jpg", b"", status=503))
    [row] = fetch_images(now=NOW)
    fetch_images(now=NOW + timedelta(minutes=1))
    assert (row.state, row.tries, len(there.asked)) == ("waiting", 1, 1)
    [(level, fix)] = troubles(issue)
    assert (level, fix.startswith("It is shown from its own server: ")) == ("W", True)
    there.serve("/a.jpg", PHOTO)
    [again] = fetch_images(now=NOW + timedelta(minutes=6))
    assert (again.state, troubles(issue)) == ("fetched", [])


def test_trouble_is_told_of_an_issue_that_was_rendered_before_the_image_was_asked_for(there: House) -> None:
    issue = issue_with(there.serve("/a.jpg", b"", status=503))
    assert troubles(issue) == []
    fetch_images(now=NOW)
    assert [level for level, _ in troubles(issue)] == ["W"]


def test_trouble_with_an_image_is_told_only_of_the_variants_that_show_it(there: House) -> None:
    make_article("For donors", image_url=there.serve("/a.jpg", b"", status=503))
    make_article("For all")
    issue = draft(make_newsletter(), now=NOW, by="ada")
    make_reader(issue.newsletter, tags=["donor"])
    show_to(issue.pk, "tag:donor", article_id=Article.objects.get(title="For donors").pk, by="ada", now=NOW)
    fetch_images(now=NOW)
    told = [[one["rule"] for one in kept.findings] for kept in renderings_of(find(issue.pk), now=NOW)]
    assert ["fetched_image" in rules for rules in told] == [False, True]


def test_a_server_that_stays_away_is_given_up(there: House) -> None:
    issue = issue_with(there.serve("/a.jpg", b"", status=503))
    moment = NOW
    for _ in range(fetch_image.MOST_TRIES):
        fetch_images(now=moment)
        moment += timedelta(days=1)
    assert (FetchedImage.objects.get().state, shown(issue)) == ("refused", None)


def test_nothing_is_fetched_from_a_private_network(settings: Any, there: House) -> None:
    settings.PULL_ALLOW = ()
    issue = issue_with(there.serve("/a.jpg", PHOTO).replace(there.url, "http://127.0.0.1:8080"))
    [row] = fetch_images(now=NOW)
    assert (row.state, "private network" in row.trouble, there.asked) == ("refused", True, [])
    assert shown(issue) is None


def test_images_of_our_own_site_are_not_fetched(there: House, settings: Any) -> None:
    settings.SITE_URL = there.url
    issue_with(there.serve("/static/a.jpg", PHOTO))
    assert (fetch_images(now=NOW), there.asked) == ([], [])


def test_of_many_images_some_are_fetched_at_a_time(there: House) -> None:
    for number in range(4):
        make_article(image_url=there.serve(f"/{number}.jpg", picture(40 + number, 30)))
    draft(make_newsletter(), now=NOW, by="ada")
    fetch_images(now=NOW, most=3)
    assert len(there.asked) == 3


def test_images_that_no_open_issue_shows_are_not_fetched(there: House) -> None:
    issue = issue_with(there.serve("/a.jpg", PHOTO))
    approve(issue.pk, by="ada", now=NOW)
    make_article("In no issue", newsletters=["asia"], image_url=there.serve("/b.jpg", PHOTO))
    assert (fetch_images(now=NOW), there.asked) == ([], [])


def test_one_image_in_trouble_hurts_no_other(there: House, monkeypatch: pytest.MonkeyPatch) -> None:
    make_article(image_url=there.serve("/a.jpg", PHOTO))
    make_article(image_url=there.serve("/b.jpg", b"\xff" * 40))
    draft(make_newsletter(), now=NOW, by="ada")
    assert sorted(row.state for row in fetch_images(now=NOW)) == ["fetched", "refused"]


def test_an_image_chosen_at_the_desk_wins_with_its_words() -> None:
    issue, image = issue_with("https://cms.example/a.jpg", image_alt="CMS", image_credit="CMS"), library()
    illustrate(Article.objects.get().pk, image.pk, by="ada", now=NOW)
    told = shown(issue)
    assert told is not None
    assert (told["url"], told["alt"], told["credit"]) == (
        address(rendition(image, "wide")["name"]),
        "Two ships",
        "Photo: Ada",
    )


def test_an_image_chosen_at_the_desk_survives_the_next_import() -> None:
    record = b'{"title": "Rivers", "url": "https://m.example/2026/11/r", "image_url": "https://cms.example/%d.jpg"}'
    for number in (1, 2):
        store(JsonLines().read(record % number, key="a", url=""), source="cms", now=NOW, report=IngestReport())
        illustrate(Article.objects.get().pk, library().pk, by="ada", now=NOW) if number == 1 else None
    article = Article.objects.get()
    assert (article.image_url, article.image) == ("https://cms.example/2.jpg", Image.objects.get())
    assert article.overrides["image"]["by"] == "ada"


def test_letting_go_shows_the_imported_image_again() -> None:
    issue, image = issue_with("https://cms.example/a.jpg"), library()
    article = Article.objects.get()
    illustrate(article.pk, image.pk, by="ada", now=NOW)
    released = illustrate(article.pk, None, by="ada", now=NOW)
    told = shown(issue)
    assert told is not None
    assert (told["url"], released.overrides) == ("https://cms.example/a.jpg", {})


@pytest.mark.parametrize(("template", "size"), [("classic", (576, 384)), ("compact", (128, 96))])
def test_mail_gives_the_size_of_every_picture_and_lets_it_shrink(template: str, size: tuple[int, int]) -> None:
    article, image = make_article("The harbor"), library()
    for number in range(9 if template == "compact" else 0):
        make_article(f"Story {number}", published_on=NOW.date())
    illustrate(article.pk, image.pk, by="ada", now=NOW)
    issue = draft(make_newsletter(template=template, sections=[{"limit": 20}]), now=NOW, by="ada")
    html = rendering_of(issue, now=NOW).html
    tags = [tag for tag in re.findall(r"<img[^>]*>", html) if "/i/" in tag]
    seen = [(int(re.search(r' width="(\d+)"', tag)[1]), int(re.search(r' height="(\d+)"', tag)[1])) for tag in tags]  # type: ignore[index]
    assert size in seen
    assert all('alt="Two ships"' in tag and "height:auto" in tag for tag in tags)


def test_a_locked_issue_is_rebuilt_with_the_picture_of_that_day(there: House) -> None:
    fetched = issue_with(there.serve("/a.jpg", PHOTO))
    fetch_images(now=NOW)
    chosen = make_article("Chosen")
    illustrate(chosen.pk, library(picture(90, 80)).pk, by="ada", now=NOW)
    approve(draft(fetched.newsletter, at=fetched.slot, now=NOW, by="ada").pk, by="ada", now=NOW)
    before = IssueRendering.objects.get().html
    illustrate(chosen.pk, None, by="ada", now=NOW)
    FetchedImage.objects.all().delete()
    [again] = rebuild(fetched.pk).variants
    assert again.rendering is not None
    assert (again.differs, again.rendering.html, before.count("/i/")) == ((), before, 2)
