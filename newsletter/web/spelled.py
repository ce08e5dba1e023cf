"""The filter ``spelled`` of every template: words of others as a screen may be given them (``newsletter.spell``)."""

from __future__ import annotations

from django import template

from newsletter.spell import spelled

register = template.Library()
register.filter("spelled", lambda text: spelled("" if text is None else str(text)))
