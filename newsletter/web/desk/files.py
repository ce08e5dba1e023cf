"""An issue leaves the desk as a file."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsletter.errors import NewsletterError, NotFound
from newsletter.handover.export import export, zipped


@require_safe
def export_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """The approved issue as a zip archive of pages, texts, messages and images."""
    try:
        octets = zipped(export(pk, now=timezone.now(), tags_of=request.GET.get("for", "")))
    except NotFound:
        raise Http404 from None
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}".strip())
        return redirect("desk:issue", pk=pk)
    answer = HttpResponse(octets, content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="issue-{pk}.zip"'
    return answer
