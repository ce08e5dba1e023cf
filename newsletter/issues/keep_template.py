"""Keep a template of the newsroom's own once it has proved good, and drop it when no newsletter has it any more."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import F

from newsletter.catalogue.models import Newsletter, Template
from newsletter.catalogue.templates import built_in
from newsletter.errors import Invalid, NotFound, Refused
from newsletter.issues.try_template import Trial, try_template
from newsletter.rendering.confined import NAME, OwnTemplate

log = logging.getLogger(__name__)


def keep_template(
    name: str, mjml: str, *, text: str = "", by: str, now: datetime
) -> tuple[Template, tuple[Trial, ...]]:
    """Store a template under ``name``, in the place of the one before; returns it and how it was tried.

    What was approved keeps the rendering it was approved with. Raises ``Invalid`` for a wrong name, and for a
    template with an error in any language.
    """
    check_name(name)
    trials = try_template(OwnTemplate(name, mjml, text))
    refuse_bad(trials)
    fields = {"mjml": mjml, "text": text, "kept_by": by, "kept_at": now}
    kept, new = Template.objects.get_or_create(name=name, defaults=fields)
    if not new:
        Template.objects.filter(pk=kept.pk).update(version=F("version") + 1, **fields)
        kept.refresh_from_db()
    log.info("template_kept template=%s version=%s", kept.pk, kept.version)
    return kept, trials


def drop_template(name: str) -> None:
    """Forget a template; raises ``NotFound``, and ``Refused`` while a newsletter has it."""
    kept = own_template(name)
    users = list(Newsletter.objects.filter(template=name).order_by("code").values_list("code", flat=True))
    if users:
        raise Refused(
            f"Newsletters have the template {name}: {', '.join(users[:5])}.",
            code="in_use",
            where=name,
            fix="Give them another one first.",
        )
    kept.delete()
    log.info("template_dropped template=%s", kept.pk)


def own_template(name: str) -> Template:
    """Return a template of the newsroom's own; raises ``NotFound``."""
    kept = Template.objects.filter(name=name).first()
    if kept is None:
        known = ", ".join(Template.objects.values_list("name", flat=True)[:20]) or "there is none yet"
        raise NotFound(f"There is no template {name!r} of your own.", where="template", fix=f"Known: {known}.")
    return kept


def check_name(name: str) -> None:
    """Raise ``Invalid`` for a name that cannot be one, or is one of the program's."""
    if not NAME.fullmatch(name):
        told = f"{name!r} is no name for a template."
        raise Invalid(told, where="name", fix="Use at most 40 letters, digits, - and _, a letter first.")
    if name.casefold() in {known.casefold() for known in built_in()}:
        raise Invalid(f"{name} is a template of the program.", where="name", fix="Choose another name.")


def refuse_bad(trials: tuple[Trial, ...]) -> None:
    """Raise ``Invalid`` for the first error of a trial."""
    bad = next((trial for trial in trials if not trial.is_good), None)
    if bad is None:
        return
    errors = [finding for finding in bad.findings if finding.level == "E"]
    first = errors[0]
    raise Invalid(
        f"The template has {len(errors)} error(s) with {bad.articles} articles in {bad.language}; "
        f"the first: {first.rule}.",
        code="findings",
        where=first.place,
        fix=first.fix,
    )
