"""Mailchimp, as its Marketing API 3.0 documents campaigns and their content.

https://mailchimp.com/developer/marketing/api/campaigns/ and .../campaign-content/; tags:
https://mailchimp.com/help/all-the-merge-tags-cheat-sheet/
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from newsletter.errors import Invalid, NotFound
from newsletter.handover.call import Caller
from newsletter.handover.fallback import greeting, without_name
from newsletter.handover.system import Draft, Place, Remote
from newsletter.rendering.personal import Slot

LINKS = {"unsubscribe": "*|UNSUB|*", "preferences": "*|UPDATE_PROFILE|*", "view": "*|ARCHIVE|*"}
OPEN = frozenset(("save", "paused"))
LONGEST_PREVIEW = 150
PAGE = 200
_KEY = re.compile(r"[0-9A-Za-z]{8,64}-([a-z]{2,4}[0-9]{1,4})")


def mailchimp() -> Mailchimp:
    """Return the plug with the key of the settings; raises ``Invalid`` without one."""
    found = _KEY.fullmatch(settings.MAILCHIMP_KEY)
    if not found:
        raise Invalid(
            "Mailchimp has no key yet, or not a whole one.",
            code="not_configured",
            where="NEWSLETTER_MAILCHIMP_KEY",
            fix="Set it to an API key; its end names the data center: 0123456789abcdef-us6.",
        )
    base = settings.MAILCHIMP_URL or f"https://{found[1]}.api.mailchimp.com/3.0"
    pair = base64.b64encode(f"newsletter:{settings.MAILCHIMP_KEY}".encode()).decode()
    return Mailchimp(Caller("Mailchimp", base, f"Basic {pair}", settings.MAILCHIMP_KEY))


class MailchimpTags:
    """Its tags for what differs between readers."""

    __slots__ = ()

    def literal(self, text: str, place: Place) -> str:
        """Break what would be a merge tag: ``*|`` anywhere."""
        return text.replace("*|", "&#42;|" if place == "html" else "*\u2060|")

    def tag(self, slot: Slot, place: Place) -> str:
        """Return the merge tag of a slot."""
        if slot.name in LINKS:
            return LINKS[slot.name]
        if slot.name == "address":
            return "*|URL:EMAIL|*" if slot.context == "url" else "*|EMAIL|*"
        field = "*|URL:FNAME|*" if slot.context == "url" else "*|FNAME|*"
        named = greeting(slot, field) if slot.name == "greeting" else field
        unnamed = self.literal(without_name(slot, html=place == "html"), place)
        return f"*|IF:FNAME|*{named}*|ELSE:|*{unnamed}*|END:IF|*" if unnamed else named


@dataclass(frozen=True, slots=True)
class Mailchimp(MailchimpTags):
    """A campaign of the type regular, with content of our own; drafts are in the status ``save``."""

    call: Caller
    name: str = "mailchimp"

    def look(self, remote_id: str) -> Remote | None:
        """Return the campaign, None when it was deleted."""
        try:
            return _remote(self.call.get(f"/campaigns/{remote_id}", fields="id,web_id,status"))
        except NotFound:
            return None

    def find(self, draft: Draft) -> Remote | None:
        """Return the draft with the mark in its title, among the newest of its audience."""
        told = self.call.get(
            "/campaigns",
            status="save",
            list_id=draft.audience,
            sort_field="create_time",
            sort_dir="DESC",
            count=PAGE,
            fields="campaigns.id,campaigns.web_id,campaigns.status,campaigns.settings.title",
        )
        marked = (one for one in told.get("campaigns", []) if draft.mark in str(one.get("settings", {}).get("title")))
        found = next(marked, None)
        return _remote(found) if found else None

    def create(self, draft: Draft) -> Remote:
        """Make a campaign and give it its content."""
        remote = _remote(self.call.post("/campaigns", {"type": "regular", **_settings(draft)}))
        self._fill(remote, draft)
        return remote

    def update(self, remote: Remote, draft: Draft) -> Remote:
        """Set audience, words and content anew."""
        told = self.call.patch(f"/campaigns/{remote.id}", _settings(draft))
        self._fill(remote, draft)
        return _remote(told)

    def _fill(self, remote: Remote, draft: Draft) -> None:
        self.call.put(f"/campaigns/{remote.id}/content", {"html": draft.html, "plain_text": draft.text})


def _settings(draft: Draft) -> dict[str, Any]:
    return {
        "recipients": {"list_id": draft.audience},
        "settings": {
            "subject_line": draft.subject,
            "preview_text": draft.preheader[:LONGEST_PREVIEW],
            "title": draft.title,
            "from_name": draft.from_name,
            "reply_to": draft.reply_to or draft.from_address,
            "auto_footer": False,
            "inline_css": False,
        },
    }


def _remote(told: dict[str, Any]) -> Remote:
    number = told.get("web_id")
    address = f"https://admin.mailchimp.com/campaigns/edit?id={number}" if number else ""
    return Remote(str(told["id"]), address, str(told.get("status", "save")) in OPEN)
