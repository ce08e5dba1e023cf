"""The files of images, for mail programs and their proxies: public, for ever, and nothing but pictures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.views.decorators.http import require_safe

from newsletter.errors import NotFound
from newsletter.images.files import read

KINDS = {"jpg": "image/jpeg", "png": "image/png"}
FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def image(request: HttpRequest, name: str) -> HttpResponse:
    """Answer the file of this name: what it holds is in the name, so it never changes."""
    try:
        octets = read(name)
    except NotFound:
        return render(request, "web/public/message.html", {"kind": "broken"}, status=404)
    mark = f'"{name}"'
    same = mark in request.headers.get("If-None-Match", "")
    kind = KINDS[name.rpartition(".")[2]]
    answer = HttpResponseNotModified() if same else HttpResponse(octets, content_type=kind)
    answer.headers["ETag"] = mark
    answer.headers["Cache-Control"] = FOR_EVER
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # webmail shows it on its own pages
    return answer
