"""The desk in a real browser: the weekly journey, by keyboard, on a phone, in the dark, with a silent console."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from newsletter.delivery.control import send
from newsletter.images.add import add
from newsletter.images.models import Image
from newsletter.ingest.models import Source
from newsletter.ingest.sources.page_export import PageExport
from newsletter.ingest.store import IngestReport, store
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.models import Issue
from newsletter.selectors.complete import forget
from newsletter.web.policy import PUBLISHER, give_role
from tests.factories import make_article, make_newsletter, make_reader
from tests.factories.pages import whole_page
from tests.images.drawings import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps a loop running in this thread
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PAGES = (
    "/desk/",
    "/desk/issues",
    "/desk/newsletters",
    "/desk/newsletters/ctw",
    "/desk/templates",
    "/desk/templates/classic?language=ar",
    "/desk/articles",
    "/desk/sources",
    "/desk/quarantine",
    "/desk/doctor",
    "/desk/coverage",
    "/desk/images",
    "/desk/images/{image}",
    "/desk/issues/{issue}",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def issue(tmp_path: Path, settings: Any) -> Issue:
    settings.MEDIA = tmp_path
    add(picture(1200, 600), title="harbor.jpg", alt="Two ships", by="ada", now=timezone.now())
    user = User.objects.create_user("paula", "paula@news.example", "correct horse battery")
    give_role(user, PUBLISHER)
    yesterday = timezone.now() - timedelta(days=1)
    for number in range(4):
        make_article(f"Story {number}", available_at=yesterday, first_ingested_at=yesterday)
    newsletter = make_newsletter(sections=[{"limit": 3, "title": "Analysis"}, {"selector": "topic:Energy"}])
    make_reader(newsletter)
    make_article("Odd one", newsletters=["ctww"], available_at=yesterday)
    now = timezone.now()
    Source.objects.create(
        code="cms",
        form="feed",
        address="https://m.example/feed",
        trouble="It is away.",
        failures=2,
        next_at=now,
        created_at=now,
        updated_at=now,
    )
    store(PageExport().read(whole_page(title=""), key="page.txt", url=""), source="cms", now=now, report=IngestReport())
    return draft(newsletter, now=timezone.now(), by="ada")


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, issue: Issue, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A logged-in page; whatever the console says fails the test."""
    width, scheme = getattr(request, "param", (1280, "light"))
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    log_in(page)
    yield page
    context.close()
    assert said == []


def place(path: str, issue: Issue) -> str:
    return path.format(issue=issue.pk, image=Image.objects.get().pk)


def log_in(page: Page) -> None:
    page.goto("/desk/")
    page.get_by_label("Name").fill("paula")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Today").wait_for()


def expect_headlines(page: Page, *wanted: str) -> None:
    expect(page.locator(".picks h3")).to_have_text(wanted)


def test_the_weekly_journey_from_draft_to_pull_back(page: Page, issue: Issue) -> None:
    page.get_by_role("link", name="Newsletters").click()
    page.get_by_role("link", name="This Week").click()
    page.get_by_role("button", name="Draft the next issue").click()
    expect_headlines(page, "Story 3", "Story 2", "Story 1")
    page.get_by_role("button", name="Drop: Story 3").click()
    expect_headlines(page, "Story 2", "Story 1", "Story 0")
    page.get_by_role("button", name="Move down: Story 2").click()
    expect_headlines(page, "Story 1", "Story 2", "Story 0")
    page.get_by_role("button", name="Include: Story 3").click()
    expect(page.get_by_role("button", name="Include: Story 3")).to_have_count(0)
    page.get_by_label("Subject").fill("The week in one line")
    page.locator("form", has=page.get_by_label("Subject")).get_by_role("button", name="Save").click()
    expect(page.locator(".preview strong")).to_have_text("The week in one line")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Send in 10 minutes").click()
    page.get_by_role("button", name="Pull back").click()
    expect(page.locator(".head .tag").first).to_have_text("approved")


def test_what_came_in_wrong_is_set_right_at_the_desk(page: Page, issue: Issue) -> None:
    page.goto("/desk/quarantine")
    page.get_by_role("link", name="page.txt").click()
    page.get_by_label("Title").fill("Given by hand")
    page.get_by_role("button", name="Take it in").click()
    page.get_by_text("It is in.").wait_for()
    page.goto("/desk/doctor?code=unknown_newsletter")
    odd = page.locator("article.odd", has_text="Odd one")
    expect(odd.locator("strong")).to_have_text("newsletters")
    odd.get_by_text("Set right").click()
    expect(odd.get_by_role("textbox")).to_have_value("ctw")
    odd.get_by_role("button", name="Save").click()
    page.get_by_text("Set right.", exact=True).wait_for()
    page.goto("/desk/doctor")
    page.locator("article.odd").first.get_by_role("button", name="It is right").click()
    page.get_by_text("Noted as right.").wait_for()


@pytest.mark.parametrize("page", [(1280, "light"), (375, "light")], indirect=True)
def test_a_click_on_a_picture_decides_what_stays_in_view(page: Page, issue: Issue) -> None:
    page.goto(place("/desk/images/{image}", issue))
    page.locator("input[name=at]").click(position={"x": 120, "y": 60})  # of 480 x 240
    page.get_by_text("Cut. Mail that was sent").wait_for()
    assert Image.objects.get().focus == [0.25, 0.25]


def test_an_image_is_taken_in_and_found(page: Page, issue: Issue, tmp_path: Path) -> None:
    (tmp_path / "bridge.png").write_bytes(picture(90, 60, "PNG"))
    page.goto("/desk/images")
    page.get_by_text("Take in a new one").click()
    page.get_by_label("File").set_input_files(tmp_path / "bridge.png")
    page.get_by_label("What it shows").fill("A bridge")
    page.get_by_role("button", name="Take it in").click()
    page.get_by_role("heading", name="bridge.png").wait_for()
    page.goto("/desk/images?words=bridge")
    expect(page.locator(".pictures img")).to_have_js_property("naturalWidth", 80)


def test_a_headline_is_reworded_and_shown_in_the_preview(page: Page, issue: Issue) -> None:
    page.goto(f"/desk/issues/{issue.pk}")
    page.get_by_text("Reword").first.click()
    page.get_by_label("Headline").first.fill("A better headline")
    page.get_by_role("button", name="Save").first.click()
    frame = page.frame_locator(".wide iframe")
    expect(frame.get_by_text("A better headline").first).to_be_visible()


def test_a_note_for_a_group_is_a_variant_of_its_own(page: Page, issue: Issue) -> None:
    make_reader(issue.newsletter, plan="paid")
    page.goto(f"/desk/issues/{issue.pk}")
    page.get_by_label("Editor's note").fill("Thank you for paying.")
    page.locator("form", has=page.get_by_label("Editor's note")).get_by_role("button", name="Save").click()
    page.get_by_label("Show the note only to").fill("plan:paid")
    page.locator("form", has=page.get_by_label("Show the note only to")).get_by_role("button", name="Save").click()
    variants = page.get_by_role("navigation", name="Variants").get_by_role("listitem")
    expect(variants).to_have_text(["Variant 1 everybody 1 reader", "Variant 2 plan:paid 1 reader"])
    page.get_by_role("link", name="Variant 2").click()
    expect(page.frame_locator(".wide iframe").get_by_text("Thank you for paying.").first).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []


def test_a_selector_is_tried_on_the_articles_page(page: Page, issue: Issue) -> None:
    page.get_by_role("link", name="Articles").click()
    page.get_by_label("Selector").fill("newsleter:ctw")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#selector-error")).to_contain_text("Did you mean newsletter?")
    page.get_by_label("Selector").fill("newsletter:ctw")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("link", name="Story 3")).to_be_visible()


def test_a_selector_is_finished_by_what_the_desk_offers(page: Page, issue: Issue) -> None:
    forget()
    page.goto("/desk/articles")
    page.get_by_label("Selector").press_sequentially("type:any and newsletter:ct")
    page.locator("#offers").get_by_role("link", name="ctw", exact=False).first.click()
    expect(page.get_by_label("Selector")).to_have_value("type:any and newsletter:ctw ")
    expect(page.get_by_label("Selector")).to_be_focused()
    expect(page.locator("#offers").get_by_role("link", name="and", exact=True)).to_be_visible()
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("link", name="Story 3")).to_be_visible()
    forget()


def test_writing_goes_on_behind_what_was_offered_and_taken(page: Page, issue: Issue) -> None:
    forget()
    page.goto("/desk/articles")
    field = page.get_by_label("Selector")
    field.press_sequentially("type:commentary and " * 5 + "newsletter:ct")
    page.locator("#offers").get_by_role("link", name="ctw", exact=False).first.press("Enter")
    expect(field).to_have_value("type:commentary and " * 5 + "newsletter:ctw ")
    expect(field).to_be_focused()
    assert page.evaluate("document.activeElement.scrollLeft") > 0  # the end is what one sees
    page.keyboard.type("and not topic:Energy")
    expect(field).to_have_value("type:commentary and " * 5 + "newsletter:ctw and not topic:Energy")
    forget()


def test_the_field_keeps_the_focus_when_nothing_is_left_to_offer(page: Page, issue: Issue) -> None:
    forget()
    page.goto("/desk/articles")
    page.get_by_label("Selector").press_sequentially("regio")
    page.locator("#offers").get_by_role("link", name="region:").click()
    expect(page.get_by_label("Selector")).to_have_value("region:")
    expect(page.get_by_label("Selector")).to_be_focused()
    forget()


def test_the_preview_shows_phone_and_text_without_a_script(page: Page, issue: Issue) -> None:
    page.goto(f"/desk/issues/{issue.pk}")
    page.get_by_label("Phone").check()
    expect(page.locator(".narrow iframe")).to_be_visible()
    page.get_by_label("Plain text").check()
    expect(page.frame_locator(".text iframe").get_by_text("Unsubscribe")).to_be_visible()


def test_everything_important_works_by_keyboard_alone(page: Page, issue: Issue) -> None:
    page.goto(f"/desk/issues/{issue.pk}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == "Approve":
            break
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send now").wait_for()


def test_progress_that_is_drawn_anew_leaves_the_focus_where_it_is(page: Page, issue: Issue) -> None:
    approve(issue.pk, by="ada", now=timezone.now())
    send(issue.pk, by="ada", now=timezone.now())
    page.goto(f"/desk/issues/{issue.pk}")
    link = page.get_by_role("link", name="Every delivery")
    link.focus()
    page.evaluate("document.activeElement.old = true")
    expect(link).not_to_have_js_property("old", True)  # within two seconds
    expect(link).to_be_focused()


@pytest.mark.parametrize("page", [(375, "light"), (320, "dark"), (1280, "dark")], indirect=True)
def test_no_page_is_wider_than_the_screen(page: Page, issue: Issue) -> None:
    for path in PAGES:
        page.goto(place(path, issue))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


@pytest.mark.parametrize("page", [(375, "light")], indirect=True)
def test_the_page_of_an_approved_issue_is_no_wider_than_a_phone(page: Page, issue: Issue) -> None:
    approve(issue.pk, by="ada", now=timezone.now())
    page.goto(place("/desk/issues/{issue}", issue))
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("page", [(1280, "light"), (1280, "dark")], indirect=True)
def test_axe_finds_no_serious_fault_on_any_page(page: Page, issue: Issue) -> None:
    for path in PAGES:
        page.goto(place(path, issue))
        found = Axe().run(page).response["violations"]
        serious = [
            (path, fault["id"], fault["nodes"][0]["html"])
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]
        assert serious == []
