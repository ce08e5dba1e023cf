"""listmonk, as its API documents campaigns and templating (https://listmonk.app/docs/apis/campaigns/).

Bodies are Go templates: html/template drops comments, so that those Outlook reads are handed through ``Safe``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from newsletter.delivery.headers import clean
from newsletter.errors import Invalid, NotFound
from newsletter.handover.call import Caller
from newsletter.handover.fallback import greeting, without_name
from newsletter.handover.system import Draft, Place, Remote
from newsletter.rendering.personal import Slot

LINKS = {
    "unsubscribe": "{{ UnsubscribeURL }}",
    "preferences": "{{ UnsubscribeURL }}?manage=true",
    "view": "{{ MessageURL }}",
}
_COMMENT = re.compile(r"<!--.*?-->|<!\[endif\]-->", re.DOTALL)
_STYLE = re.compile(r"(<style\b[^>]*>)(.*?)(</style>)", re.DOTALL | re.IGNORECASE)
_OPENING = re.compile(r"\{(?=\{|\Z)")  # also one that a tag follows


def listmonk() -> Listmonk:
    """Return the plug with the address and token of the settings; raises ``Invalid`` without them."""
    if not (settings.LISTMONK_URL and settings.LISTMONK_USER and settings.LISTMONK_TOKEN):
        raise Invalid(
            "listmonk has no address, user or token yet.",
            code="not_configured",
            where="NEWSLETTER_LISTMONK_URL",
            fix="Set NEWSLETTER_LISTMONK_URL, NEWSLETTER_LISTMONK_USER and NEWSLETTER_LISTMONK_TOKEN.",
        )
    secret = f"token {settings.LISTMONK_USER}:{settings.LISTMONK_TOKEN}"
    template = settings.LISTMONK_TEMPLATE or None
    call = Caller("listmonk", f"{settings.LISTMONK_URL}/api", secret, settings.LISTMONK_TOKEN)
    return Listmonk(call, settings.LISTMONK_URL, template)


class ListmonkTags:
    """Its tags for what differs between readers."""

    __slots__ = ()

    def literal(self, text: str, place: Place) -> str:
        """Break what would be an expression, ``{{``, and keep comments."""
        if place != "html":
            return _OPENING.sub('{{ "{" }}', text)
        pieces, end = [], 0
        for found in re.finditer(f"{_COMMENT.pattern}|{_STYLE.pattern}", text, re.DOTALL | re.IGNORECASE):
            pieces += [_OPENING.sub("&#123;", text[end : found.start()]), _kept(found[0])]
            end = found.end()
        return "".join([*pieces, _OPENING.sub("&#123;", text[end:])])

    def tag(self, slot: Slot, place: Place) -> str:
        """Return the expression of a slot."""
        if slot.name in LINKS:
            return LINKS[slot.name]
        through = " | urlquery" if slot.context == "url" else ""
        if slot.name == "address":
            return f"{{{{ .Subscriber.Email{through} }}}}"
        field = f"{{{{ .Subscriber.Name{through} }}}}"
        named = greeting(slot, field) if slot.name == "greeting" else field
        unnamed = self.literal(without_name(slot, html=place == "html"), place)
        return f"{{{{ if .Subscriber.Name }}}}{named}{{{{ else }}}}{unnamed}{{{{ end }}}}" if unnamed else named


@dataclass(frozen=True, slots=True)
class Listmonk(ListmonkTags):
    """A campaign of the type regular with an HTML body; the mark is one of its tags."""

    call: Caller
    site: str
    template: int | None = None  # one with nothing but its content; None = the default one
    name: str = "listmonk"

    def look(self, remote_id: str) -> Remote | None:
        """Return the campaign, None when it was deleted."""
        try:
            return self._remote(self.call.get(f"/campaigns/{int(remote_id)}")["data"])
        except NotFound:
            return None
        except Invalid as error:  # older versions answer 400 for a campaign that is not there
            if "not found" in error.message.casefold():
                return None
            raise

    def find(self, draft: Draft) -> Remote | None:
        """Return the campaign with the mark among its tags."""
        told = self.call.get("/campaigns", tags=draft.mark, per_page=50, order_by="created_at", order="DESC")
        rows = (told.get("data") or {}).get("results") or []
        found = next((one for one in rows if draft.mark in (one.get("tags") or [])), None)
        return self._remote(found) if found else None

    def create(self, draft: Draft) -> Remote:
        """Make a campaign in the status draft."""
        return self._remote(self.call.post("/campaigns", self._body(draft))["data"])

    def update(self, remote: Remote, draft: Draft) -> Remote:
        """Set everything anew."""
        return self._remote(self.call.put(f"/campaigns/{int(remote.id)}", self._body(draft))["data"])

    def _body(self, draft: Draft) -> dict[str, Any]:
        reply = [{"Reply-To": draft.reply_to}] if draft.reply_to else []
        sender = self.literal(clean(draft.from_name).replace("<", "").replace(">", ""), "text")
        body: dict[str, Any] = {
            "name": draft.title,
            "subject": draft.subject,
            "lists": _lists(draft.audience),
            "from_email": f"{sender} <{draft.from_address}>".strip(),
            "type": "regular",
            "content_type": "html",
            "messenger": "email",
            "body": draft.html,
            "altbody": draft.text,
            "tags": [draft.mark],
            "headers": reply,
        }
        return body if self.template is None else {**body, "template_id": self.template}

    def _remote(self, told: dict[str, Any]) -> Remote:
        number = int(told["id"])
        return Remote(str(number), f"{self.site}/admin/campaigns/{number}", told.get("status", "draft") == "draft")


def _kept(piece: str) -> str:
    """Return a comment as an expression that writes it; a style with its braces apart."""
    if piece.startswith("<!"):
        return f"{{{{ Safe {json.dumps(piece, ensure_ascii=False)} }}}}"
    return _OPENING.sub("{ ", piece)


def _lists(audience: str) -> list[int]:
    numbers = [part for part in audience.split("+") if part]
    if not numbers or not all(part.isdecimal() for part in numbers):
        raise Invalid(
            f"{audience!r} names no lists of listmonk.", where="list", fix="Give their numbers, such as 3 or 3+5."
        )
    return [int(part) for part in numbers]
