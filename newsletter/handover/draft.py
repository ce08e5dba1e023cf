"""An approved rendering in the tags of another system."""

from __future__ import annotations

import hashlib

from newsletter.handover.system import Draft, Place, System, Tags
from newsletter.issues.models import Issue, IssueRendering
from newsletter.rendering.personal import split


def draft_for(system: System, issue: Issue, rendering: IssueRendering, *, audience: str) -> Draft:
    """Return the draft: every slot is a tag of the system, and nothing else can be one."""
    sender, newsletter = issue.newsletter.sender, issue.newsletter

    def written(text: str, place: Place) -> str:
        return tagged(system, text, rendering.nonce, place)

    variant = f", variant {rendering.variant}" if rendering.variant else ""
    day = f"{issue.slot:%Y-%m-%d} " if issue.slot else ""
    mark = mark_of(issue, rendering)
    return Draft(
        mark=mark,
        title=f"{newsletter.title} {day}(issue {issue.pk}{variant}) {mark}",
        subject=written(rendering.subject, "subject"),
        preheader=written(rendering.preheader, "subject"),
        html=written(rendering.html, "html"),
        text=written(rendering.text, "text"),
        from_name=sender.name,
        from_address=sender.address,
        reply_to=sender.reply_to,
        audience=audience,
    )


def tagged(system: Tags, text: str, nonce: str, place: Place) -> str:
    """Return a stored text with the system's tags in its slots."""
    parts = split(text, nonce)
    return "".join(system.literal(part, place) if isinstance(part, str) else system.tag(part, place) for part in parts)


def mark_of(issue: Issue, rendering: IssueRendering) -> str:
    """Return the mark of an issue's draft: the same whatever it holds, and no other installation's."""
    secret = hashlib.sha256(f"{rendering.nonce}:handover:{issue.pk}:{rendering.variant}".encode()).hexdigest()
    return f"nl-{issue.pk}-{secret[:10]}"
