"""What every door answers when a request cannot be done."""

from __future__ import annotations

from newsletter.api.shapes.trouble import TroubleAnswer
from newsletter.catalogue.models import Newsletter
from newsletter.errors import NotFound

TROUBLE = dict.fromkeys((401, 403, 404, 409, 422, 429, 503), TroubleAnswer)


def newsletter_named(code: str) -> Newsletter:
    """Return the newsletter with this code in any case; raises ``NotFound``."""
    found = Newsletter.objects.select_related("sender").filter(code__iexact=code).first()
    if found is None:
        raise NotFound(f"There is no newsletter {code!r}.", where="newsletter", fix="List the newsletters.")
    return found
