"""Which digest templates there are: those of the program, and those of the newsroom's own."""

from __future__ import annotations

from django.conf import settings

from newsletter.catalogue.models import Template

ENDING = ".mjml.j2"


def template_names() -> list[str]:
    """Return the name of every template a newsletter may have."""
    return sorted({*built_in(), *Template.objects.values_list("name", flat=True)})


def built_in() -> list[str]:
    """Return the names of the program's own templates: the files are the registration."""
    places = (settings.TEMPLATES_DIR / "digests").glob(f"*{ENDING}")
    return sorted(place.name.removesuffix(ENDING) for place in places)
