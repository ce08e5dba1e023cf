"""The digest all senders of a benchmark send: 44 KB once encoded, typographic and foreign letters, personal places."""

from __future__ import annotations

from django.db import transaction

from newsletter.catalogue.models import Newsletter
from newsletter.issues.models import Issue, IssueRendering
from newsletter.rendering.personal import Slot, token
from tests.delivery.stage import NONCE, make_issue

STORIES = 28
STYLE = "font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:24px;color:#222222;padding:0 24px 12px 24px"
WORDS = (
    "The committee’s report — three years in the making — finds that rivers carry “nearly twice” the sediment once "
    "thought, with the largest change between the Rhône and the Łódź basin. Élodie Müller and Søren Åkesson ask what "
    "towns downstream can do about it, and what it costs to wait. "
)
PLACES = ("name", "unsubscribe", "preferences", "view")


def subject() -> str:
    """Return the subject, the same for all."""
    return "This week – rivers, “nearly twice” the sediment"


def html(places: dict[str, str]) -> str:
    """Return the HTML with ``places`` where it is personal."""
    stories = "\n".join(
        f'<tr><td style="{STYLE}"><h2 style="font-size:20px;line-height:28px;margin:4px 0"><a href="https://news.example'
        f'/stories/{number}?from=digest" style="color:#0a5cad;text-decoration:none">Story {number} – what rivers carry'
        f"</a></h2><p>{WORDS * 2}</p></td></tr>"
        for number in range(STORIES)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>This week</title></head>\n'
        f'<body style="margin:0"><table role="presentation" width="100%">\n<tr><td style="{STYLE}">'
        f'<a href="{places["view"]}">View in browser</a><p>Dear {places["name"]}</p></td></tr>\n{stories}\n'
        f'<tr><td style="{STYLE}"><a href="{places["unsubscribe"]}">Leave</a> or '
        f'<a href="{places["preferences"]}">choose</a></td></tr></table></body></html>\n'
    )


def text(places: dict[str, str]) -> str:
    """Return the plain text with ``places`` where it is personal."""
    stories = "\n\n".join(f"{number}. What rivers carry\n{WORDS}" for number in range(STORIES))
    return (
        f"Dear {places['name']}\n\n{stories}\n\nIn the browser: {places['view']}\n"
        f"Leave: {places['unsubscribe']}\nChoose: {places['preferences']}\n"
    )


@transaction.atomic
def make_digest_issue(newsletter: Newsletter) -> Issue:
    """Return an issue of this digest that waits for its audience to be frozen."""
    issue = make_issue(newsletter)
    links = {name: token(Slot(name, "url"), NONCE) for name in PLACES}
    plain = {name: token(Slot(name, "plain"), NONCE) for name in PLACES}
    IssueRendering.objects.filter(issue=issue).update(
        subject=subject(), html=html(links | {"name": token(Slot("name", "text"), NONCE)}), text=text(plain)
    )
    return issue
