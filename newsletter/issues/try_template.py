"""Try a template of the newsroom's own on made-up issues in every language, before it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from newsletter.errors import Invalid
from newsletter.rendering.confined import Against, OwnTemplate, render_confined
from newsletter.rendering.digest import Digest
from newsletter.rendering.proofread import Finding, proofread
from newsletter.rendering.render import Rendering, render
from newsletter.rendering.sample import sample
from newsletter.rendering.words import LANGUAGES

NONCE = "0123456789abcdef"
SIZES = (10, 3)  # articles; the larger one is shown


@dataclass(frozen=True, slots=True)
class Trial:
    """What a template makes of one made-up issue; ``rendering`` None when it makes nothing."""

    language: str
    articles: int
    rendering: Rendering | None
    findings: tuple[Finding, ...]

    @property
    def size(self) -> int:
        """Octets of the HTML part, 0 without one."""
        return len(self.rendering.html.encode()) if self.rendering else 0

    @property
    def is_good(self) -> bool:
        """Whether nothing stands against sending it."""
        return self.rendering is not None and all(finding.level != "E" for finding in self.findings)


def try_template(template: OwnTemplate) -> tuple[Trial, ...]:
    """Return a trial for every language and size; the first that cannot be rendered at all is the last.

    Findings that the made-up issue itself gives rise to (classic has them too) are left out.
    """
    return tuple(_trials(template))


def try_one(template: OwnTemplate | str, language: str, *, articles: int = SIZES[0]) -> Trial:
    """Return what a template, the newsroom's own or the program's, makes of one made-up issue."""
    return _trial(template, language, articles)


def _trials(template: OwnTemplate) -> Iterator[Trial]:
    for articles in SIZES:
        for language in LANGUAGES:
            one = _trial(template, language, articles)
            yield one
            if one.rendering is None:
                return


def _trial(template: OwnTemplate | str, language: str, articles: int) -> Trial:
    digest = sample(language, items=articles, images=articles // 2)
    try:
        made, findings = render_confined(
            digest,
            template,
            nonce=NONCE,
            against=Against(settings.PRODUCTION),
            templates=settings.TEMPLATES_DIR,
        )
    except Invalid as error:
        return Trial(language, articles, None, (Finding("template", "E", error.where, f"{error.message} {error.fix}"),))
    known = _of_the_sample(digest)
    return Trial(language, articles, made, tuple(one for one in findings if one.level == "E" or one.rule not in known))


def _of_the_sample(digest: Digest) -> frozenset[str]:
    made = render(digest, template="classic", nonce=NONCE, templates=settings.TEMPLATES_DIR)
    return frozenset(finding.rule for finding in proofread(made, digest, production=settings.PRODUCTION))
