"""Make a rendering with the template of a newsletter, the program's or one of the newsroom's own, and proofread it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newsletter.catalogue.models import Template
from newsletter.errors import Invalid
from newsletter.issues.material import Material
from newsletter.issues.models import IssueRendering
from newsletter.rendering.confined import Against, OwnTemplate, render_confined
from newsletter.rendering.digest import Digest
from newsletter.rendering.proofread import Finding, proofread, sort
from newsletter.rendering.render import Rendering, render

BROKEN = "broken_template"
INSTEAD = "classic"  # what an issue is shown in while its own template is broken


def look_of(material: Material) -> str:
    """Return the name of the template an issue is rendered with; one of the newsroom's own with its version."""
    own = material.template
    return f"{own.name}@{own.version}" if own else material.issue.newsletter.template


def broken_in(made: Sequence[IssueRendering]) -> Finding | None:
    """Return why the newsroom's own template made nothing of the variants so far: it is not tried on the others."""
    told = (found for one in made for found in one.findings if found["rule"] == BROKEN)
    return next((Finding(**found) for found in told), None)


def paint(
    digest: Digest,
    *,
    look: str,
    own: Template | None,
    nonce: str,
    templates: Path,
    against: Against,
    broken: Finding | None = None,
) -> tuple[Rendering, tuple[Finding, ...]]:
    """Return the rendering of ``digest`` and what the proofreader finds.

    A template of the newsroom's own is rendered apart, within limits. One that is broken, or does not end, becomes an
    error among the findings, and the issue is shown in classic instead: it can be looked at, and not be approved.
    ``broken`` is such an error that another variant met with the same template.
    Raises ``Invalid`` when a template of the program is wrong or the content cannot be rendered at all.
    """
    if own is None:
        return _painted(digest, look, nonce, templates, against)
    if broken is None:
        try:
            template = OwnTemplate(own.name, own.mjml, own.text)
            return render_confined(digest, template, nonce=nonce, against=against, templates=templates)
        except Invalid as error:
            fix = f"{error.message} {error.fix} The issue is shown in {INSTEAD} until then."
            broken = Finding(BROKEN, "E", error.where, fix)
    made, findings = _painted(digest, INSTEAD, nonce, templates, against)
    return made, sort((broken, *findings))


def _painted(
    digest: Digest, look: str, nonce: str, templates: Path, against: Against
) -> tuple[Rendering, tuple[Finding, ...]]:
    made = render(digest, template=look, nonce=nonce, templates=templates)
    return made, proofread(
        made,
        digest,
        production=against.production,
        now=against.now,
        list_unsubscribe=against.list_unsubscribe,
        phrases=against.phrases,
    )
