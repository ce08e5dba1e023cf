"""The library of images at the desk: looked through, taken in, cut, described, given to articles, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from newsletter.articles.illustrate import illustrate
from newsletter.errors import Invalid, NewsletterError, NotFound
from newsletter.images.add import add
from newsletter.images.apart import MOST_OCTETS
from newsletter.images.caption import caption
from newsletter.images.crop import crop
from newsletter.images.files import PATH
from newsletter.images.models import Image
from newsletter.images.queries import found, newest, rendition
from newsletter.issues.delete_image import delete_image, users_of

PAGE_ROWS = 48
SHOWN = 480  # CSS pixels of the picture people click on, on every screen


@require_safe
def images(request: HttpRequest) -> HttpResponse:
    """Every image, the newest first."""
    words = request.GET.get("words", "").replace("\0", "").strip()
    page = Paginator(newest(words=words), PAGE_ROWS).get_page(request.GET.get("page"))
    rows = [{"image": one, "thumb": _path(one.renditions["thumb"]["1"]["name"])} for one in page]
    return render(request, "web/desk/images.html", {"page": page, "rows": rows, "words": words})


@require_safe
def image(request: HttpRequest, pk: int) -> HttpResponse:
    """One image: how it is cut, what it shows, whose it is, and who shows it."""
    one = _found(pk)
    left, top, right, bottom = one.crop or (0.0, 0.0, 1.0, 1.0)
    x, y = one.focus or ((left + right) / 2, (top + bottom) / 2)
    shown = {place: {**rendition(one, place), "path": _path(rendition(one, place)["name"])} for place in one.renditions}
    context = {
        "image": one,
        "master": _path(one.master),
        "shown_width": min(SHOWN, one.width),
        "shown_height": round(min(SHOWN, one.width) * one.height / one.width),
        "shown": shown,
        "percent": [
            {"name": name, "words": words, "value": round(value * 100)}
            for name, words, value in (
                ("left", _("Left"), left),
                ("top", _("Top"), top),
                ("right", _("Right"), right),
                ("bottom", _("Bottom"), bottom),
                ("x", _("Focus, across"), x),
                ("y", _("Focus, down"), y),
            )
        ],
        "users": users_of(one),
    }
    return render(request, "web/desk/image.html", context)


@require_POST
def add_image(request: HttpRequest) -> HttpResponse:
    """Take an image in, and give it to an article when one is named."""
    by, now, article = request.user.get_username(), timezone.now(), request.POST.get("article", "")
    try:
        given = request.FILES.get("file")
        if given is None:
            raise Invalid(_("No file was given."), where="file", fix=_("Choose one."))
        if (given.size or 0) > MOST_OCTETS:
            raise Invalid(_("The file is too large."), where="file", fix=f"{MOST_OCTETS >> 20} MB")
        alt, credit = _posted(request, "alt"), _posted(request, "credit")
        taken = add(given.read(), title=given.name or "", alt=alt, credit=credit, by=by, now=now)
        if article.isdecimal():
            illustrate(int(article), taken.pk, by=by, now=now)
            messages.success(request, _("The article shows this image now."))
            return redirect("desk:article", pk=int(article))
    except NotFound as error:
        raise Http404(error.message) from None
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}".strip())
        return redirect("desk:article", pk=int(article)) if article.isdecimal() else redirect("desk:images")
    messages.success(request, _("It is in the library."))
    return redirect("desk:image", pk=taken.pk)


@require_POST
def crop_image(request: HttpRequest, pk: int) -> HttpResponse:
    """Cut it anew: by numbers, or with a click on what matters most."""

    def do() -> str:
        one = _found(pk)
        if "at.x" in request.POST:  # a click on the picture: coordinates in CSS pixels
            width = min(SHOWN, one.width)
            at = _numbers(request, ("at.x", "at.y"))
            focus: Sequence[float] = (min(at[0] / width, 1), min(at[1] / (width * one.height / one.width), 1))
            crop(pk, box=one.crop, focus=focus, now=timezone.now())
        else:
            box = [number / 100 for number in _numbers(request, ("left", "top", "right", "bottom"))]
            focus = [number / 100 for number in _numbers(request, ("x", "y"))]
            crop(pk, box=box, focus=focus, now=timezone.now())
        return _("Cut. Mail that was sent keeps its old picture.")

    return _done(request, pk, do)


@require_POST
def caption_image(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what it shows and whose it is."""

    def do() -> str:
        words = {name: _posted(request, name) for name in ("title", "alt", "credit") if name in request.POST}
        caption(pk, **words, now=timezone.now())
        return _("Saved.")

    return _done(request, pk, do)


@require_POST
def remove_image(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete it, unless somebody shows it."""

    def do() -> str:
        delete_image(pk)
        return _("Deleted.")

    return _done(request, pk, do, then="desk:images")


@require_POST
def illustrate_article(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an image of the library with an article; an empty number shows the imported one again."""
    number = _posted(request, "image").strip().removeprefix("#")
    try:
        if number and not number.isdecimal():
            raise Invalid(_("This is no number of an image."), where="image", fix=_("See the library."))
        illustrate(pk, int(number) if number else None, by=request.user.get_username(), now=timezone.now())
        messages.success(request, _("Saved."))
    except NotFound as error:
        if error.where == "article":
            raise Http404(error.message) from None
        messages.error(request, f"{error.message} {error.fix}".strip())
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}".strip())
    return redirect("desk:article", pk=pk)


def _done(request: HttpRequest, pk: int, do: Callable[[], str], *, then: str = "") -> HttpResponse:
    """Do it, say what came of it, and go on; in trouble go back to the image."""
    try:
        messages.success(request, do())
    except NotFound as error:
        raise Http404(error.message) from None
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}".strip())
        return redirect("desk:image", pk=pk)
    return redirect(then) if then else redirect("desk:image", pk=pk)


def _found(pk: int) -> Image:
    try:
        return found(pk)
    except NotFound as error:
        raise Http404(error.message) from None


def _numbers(request: HttpRequest, names: Sequence[str]) -> list[float]:
    try:
        return [float(request.POST[name]) for name in names]
    except (KeyError, ValueError):
        raise Invalid(_("A number is missing."), where=names[0], fix=_("Give percent from 0 to 100.")) from None


def _path(name: str) -> str:
    """Return the address of a file on the host that is asked, whatever the public one is called."""
    return f"/{PATH}/{name}"


def _posted(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "")
