"""The stored rendering of an issue: made once for each content, read by preview, proof, archive and sending."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from newsletter.catalogue.models import BannedPhrase
from newsletter.errors import NotFound
from newsletter.issues.compose import compose
from newsletter.issues.disclaimers import lacking
from newsletter.issues.lifecycle import State, find
from newsletter.issues.material import Material, gather, gather_for
from newsletter.issues.models import Issue, IssueRendering
from newsletter.issues.paint import broken_in, look_of, paint
from newsletter.issues.picture import troubles
from newsletter.issues.queries import stored_renderings
from newsletter.issues.variant_number import stored_variant, variant_number
from newsletter.issues.variants import Plan, Variant, plan_variants
from newsletter.links import addresses
from newsletter.rendering.confined import Against
from newsletter.rendering.digest import Digest
from newsletter.rendering.finding import Phrase
from newsletter.rendering.proofread import OF_THE_MOMENT, Finding, proofread, sort

OPEN_STATES = (State.DRAFT, State.IN_REVIEW)
OF_THE_PLAN = ("groups", "read_elsewhere")  # findings about all variants together, kept with the first
OF_THE_ISSUE = (*OF_THE_PLAN, "disclaimer", "fetched_image")  # findings that no rendering shows


def rendering_of(issue: Issue, *, now: datetime, variant: str = "") -> IssueRendering:
    """Return one stored rendering of the issue's present content; see ``renderings_of`` and ``named_variant``."""
    return named_variant(renderings_of(issue, now=now), variant)


def named_variant(kept: Sequence[IssueRendering], variant: str) -> IssueRendering:
    """Return the rendering of a variant by its number; "" and 1 are what everybody may see. Raises ``NotFound``."""
    found = next((one for one in kept if one.variant == stored_variant(variant)), None)
    if found is None:
        names = ", ".join(variant_number(one.variant) for one in kept)
        raise NotFound(f"There is no variant {variant!r}.", where="variant", fix=f"One of: {names}.")
    return found


def renderings_of(issue: Issue, *, now: datetime) -> list[IssueRendering]:
    """Return the stored rendering of every variant, rendered where there is none yet; the first is for everybody.

    Until it is approved the renderings follow whatever they are made of: picks and words, and also the articles, the
    newsletter, its sender, brand and template, and who its readers are. From then on they are what was approved,
    whoever still looks at the draft.

    Raises ``Invalid`` when the template or the content cannot be rendered.
    """
    stored = {one.variant: one for one in stored_renderings(issue)}
    if "" in stored and issue.state not in OPEN_STATES:
        return list(stored.values())
    try:
        return _follow(issue, stored, now)
    except _Moved:
        return renderings_of(find(issue.pk), now=now)


class _Moved(Exception):
    """The issue was approved or edited while it was rendered."""


def _follow(issue: Issue, stored: Mapping[str, IssueRendering], now: datetime) -> list[IssueRendering]:
    """Render what has changed."""
    material = gather(issue)
    plan = plan_variants(material, now=now)
    made: list[IssueRendering] = []
    for variant in plan.variants:
        made.append(_stored(material, variant, plan, stored.get(variant.name), now, broken=broken_in(made)))
    gone = stored.keys() - {one.variant for one in made}
    if gone:
        with _unmoved(issue):
            IssueRendering.objects.filter(issue=issue, variant__in=gone).delete()
    return made


@contextmanager
def _unmoved(issue: Issue) -> Iterator[None]:
    """Hold the issue while something is stored for it; raises ``_Moved`` when it is not what was rendered."""
    with transaction.atomic():
        now = Issue.objects.select_for_update(of=("self",)).filter(pk=issue.pk).values_list("state", "version").first()
        if now != (issue.state, issue.version):
            raise _Moved
        yield


def _stored(
    material: Material,
    variant: Variant,
    plan: Plan,
    stored: IssueRendering | None,
    now: datetime,
    *,
    broken: Finding | None,
) -> IssueRendering:
    """Return the rendering of one variant as it is stored now."""
    issue = material.issue
    its_own = gather_for(issue, variant.picks, first=variant.picks[:1]) if variant.name else material
    digest = compose(its_own, groups=variant.groups, also=variant.also)
    look = look_of(material)
    made_of = json.loads(json.dumps(digest.as_dict()))
    notices = plan.notices if not variant.name else ()
    rest = (*troubles(variant.picks, its_own.fetched), *lacking(its_own, variant.picks))
    told = [asdict(notice) for notice in (*notices, *rest)]
    planned = {
        "issue_version": issue.version,
        "articles": [pick.article_id for pick in variant.picks],
        "rule": {**variant.rule, **({"shared": plan.shared} if plan.shared and not variant.name else {})},
        "readers": variant.readers,
    }
    if stored is not None and (stored.digest, stored.template) == (made_of, look):
        planned["findings"] = [asdict(finding) for finding in _of_the_moment(stored, digest, now)] + told
        return _renewed(issue, stored, planned)
    against = Against(settings.PRODUCTION, now, _ways_out(issue), tuple(house_phrases()))
    own, templates = material.template, settings.TEMPLATES_DIR
    made, found = paint(
        digest, look=look, own=own, nonce=_nonce(issue), templates=templates, against=against, broken=broken
    )
    kept = {
        **planned,
        "nonce": made.nonce,
        "subject": made.subject,
        "preheader": made.preheader,
        "html": made.html,
        "text": made.text,
        "template": look,
        "digest": made_of,
        "findings": [asdict(finding) for finding in found] + told,
        "content_hash": made.content_hash,
        "milliseconds": made.milliseconds,
        "rendered_at": now,
    }
    with _unmoved(issue):
        return IssueRendering.objects.update_or_create(issue=issue, variant=variant.name, defaults=kept)[0]


def _renewed(issue: Issue, stored: IssueRendering, planned: dict[str, Any]) -> IssueRendering:
    """Note what an edit or another audience changed without changing what readers see."""
    changed = [name for name, value in planned.items() if getattr(stored, name) != value]
    for name in changed:
        setattr(stored, name, planned[name])
    if changed:
        with _unmoved(issue):
            stored.save(update_fields=changed)
    return stored


def house_phrases() -> list[Phrase]:
    """Return the phrases that the newsroom has banned."""
    return [Phrase(one.words, one.instead) for one in BannedPhrase.objects.all()]


def _of_the_moment(stored: IssueRendering, digest: Digest, now: datetime) -> tuple[Finding, ...]:
    """Hold a stored rendering against the time and the house words of now; return its own findings."""
    told = [Finding(**finding) for finding in stored.findings if finding["rule"] not in (*OF_THE_ISSUE, *OF_THE_MOMENT)]
    fresh = proofread(
        stored, digest, production=settings.PRODUCTION, now=now, phrases=house_phrases(), rules=OF_THE_MOMENT
    )
    return sort([*told, *fresh])


def _ways_out(issue: Issue) -> tuple[str, str]:
    """Return what List-Unsubscribe will hold, with the token of a preview."""
    return addresses.dead("unsubscribe"), f"mailto:leave@{issue.newsletter.sender.bounce_domain}"


def _nonce(issue: Issue) -> str:
    """Return the issue's own nonce for slots: unguessable for authors, the same at every rendering."""
    return hmac.new(settings.SECRET_KEY.encode(), f"slots:{issue.pk}".encode(), hashlib.sha256).hexdigest()[:16]
