"""The stored rendering of an issue: made once for each content, read by preview, proof, archive and sending."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict
from datetime import datetime

from django.conf import settings

from newsletter.issues.compose import digest_of
from newsletter.issues.lifecycle import State
from newsletter.issues.models import Issue, IssueRendering
from newsletter.rendering.proofread import proofread
from newsletter.rendering.render import render

OPEN_STATES = (State.DRAFT, State.IN_REVIEW)


def rendering_of(issue: Issue, *, now: datetime) -> IssueRendering:
    """Return the stored rendering of the issue's present content, rendered when there is none yet.

    Until it is approved the rendering follows whatever it is made of: picks and words, and also the articles, the
    newsletter, its sender, brand and template. From then on it is what was approved.

    Raises ``Invalid`` when the template or the content cannot be rendered.
    """
    stored = IssueRendering.objects.filter(issue=issue, variant="").first()
    if stored is not None and issue.state not in OPEN_STATES:
        return stored
    digest = digest_of(issue)
    made_of = json.loads(json.dumps(digest.as_dict()))
    same = stored is not None and (stored.digest, stored.template) == (made_of, issue.newsletter.template)
    if stored is not None and same:
        if stored.issue_version != issue.version:  # an edit that changed nothing readers see
            stored.issue_version = issue.version
            stored.save(update_fields=["issue_version"])
        return stored
    made = render(digest, template=issue.newsletter.template, nonce=_nonce(issue), templates=settings.TEMPLATES_DIR)
    findings = proofread(made, digest, production=settings.PRODUCTION)
    return IssueRendering.objects.update_or_create(
        issue=issue,
        variant="",
        defaults={
            "issue_version": issue.version,
            "nonce": made.nonce,
            "subject": made.subject,
            "preheader": made.preheader,
            "html": made.html,
            "text": made.text,
            "template": issue.newsletter.template,
            "digest": made_of,
            "findings": [asdict(finding) for finding in findings],
            "content_hash": made.content_hash,
            "milliseconds": made.milliseconds,
            "rendered_at": now,
        },
    )[0]


def _nonce(issue: Issue) -> str:
    """Return the issue's own nonce for slots: unguessable for authors, the same at every rendering."""
    return hmac.new(settings.SECRET_KEY.encode(), f"slots:{issue.pk}".encode(), hashlib.sha256).hexdigest()[:16]
