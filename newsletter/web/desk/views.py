"""Pages of the desk: each reads, and shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsletter.articles.models import Article
from newsletter.articles.queries import newest as newest_articles
from newsletter.catalogue.cadence import slots
from newsletter.catalogue.durations import span
from newsletter.catalogue.models import Newsletter
from newsletter.delivery.models import DeliveryState
from newsletter.delivery.resend import ALLOWED as RESENT_FROM
from newsletter.delivery.status import deliveries as delivery_rows
from newsletter.delivery.status import status
from newsletter.delivery.writer import dead_text
from newsletter.errors import Invalid, NewsletterError, NotFound
from newsletter.expressions.parse import LONGEST
from newsletter.handover.hand_over import FINISHED, configured
from newsletter.handover.models import Handover
from newsletter.issues.correct import WENT_OUT
from newsletter.issues.describe import describe_issue, describe_variants
from newsletter.issues.explain import explain
from newsletter.issues.findings import found_in
from newsletter.issues.lifecycle import ACTS, State, find
from newsletter.issues.models import Issue, IssueRendering
from newsletter.issues.overrule import blocked_by, standing
from newsletter.issues.queries import history, needing_attention, placed, stored_renderings
from newsletter.issues.queries import newest as newest_issues
from newsletter.issues.render import renderings_of
from newsletter.issues.variant_number import stored_variant, variant_number
from newsletter.readers.audience import audience_count
from newsletter.selectors.complete import complete
from newsletter.selectors.select import select
from newsletter.web.headers import MAIL

PAGE_ROWS = 50
LEFT_OUT_ROWS = 12  # on the issue page, where the preview stands below them on a phone
CLIP_KILOBYTES = 102  # where Gmail clips
MOVING = (State.COOLING_OFF, State.FREEZING, State.SENDING, State.PAUSED)
SENT_OR_MOVING = (*MOVING, State.SENT, State.CANCELLED)
MOST_OFFERS = 12  # beside a selector that is being written
BEHIND = {"value": " ", "word": " "}  # what is complete wants a blank; and, or, facet: bring their own
SCREEN_WORDS = {"queued": "waiting", "leased": "waiting", "wire": "being sent", "in_doubt": "in doubt"}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What goes out next, what is on its way, what needs a person."""
    now = timezone.now()
    upcoming = sorted(
        (
            (slot, newsletter)
            for newsletter in Newsletter.objects.filter(active=True)
            for slot in slots(newsletter, after=now, count=2)
        ),
        key=lambda pair: pair[0].at,
    )[:10]
    drafted = {
        (issue.newsletter_id, issue.slot): issue
        for issue in Issue.objects.filter(slot__in=[slot.at for slot, _ in upcoming]).select_related("newsletter")
    }
    rows = [
        {"slot": slot, "newsletter": newsletter, "issue": drafted.get((newsletter.pk, slot.at))}
        for slot, newsletter in upcoming
    ]
    moving = Issue.objects.filter(state__in=MOVING).select_related("newsletter").order_by("-updated_at")[:10]
    context = {"upcoming": rows, "moving": moving, "attention": needing_attention(now)[:10]}
    return render(request, "web/desk/home.html", context)


@require_safe
def newsletters(request: HttpRequest) -> HttpResponse:
    """Every standing title."""
    now = timezone.now()
    found = Newsletter.objects.prefetch_related("sections").order_by("title")
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    rows = [{"newsletter": one, "next": next(iter(slots(one, after=now, count=1)), None)} for one in page]
    return render(request, "web/desk/newsletters.html", {"rows": rows, "page": page})


@require_safe
def newsletter(request: HttpRequest, code: str) -> HttpResponse:
    """One title: sections and selectors, next slots, audience, issues."""
    one = get_object_or_404(Newsletter.objects.select_related("sender"), code=code)
    context = {
        "newsletter": one,
        "sections": one.sections.all(),
        "slots": slots(one, after=timezone.now(), count=5),
        "audience": audience_count(one),
        "issues": newest_issues(newsletter=one.code)[:10],
    }
    return render(request, "web/desk/newsletter.html", context)


@require_safe
def articles(request: HttpRequest) -> HttpResponse:
    """Articles by a selector or by words of their title; newest first."""
    names = ("selector", "title", "after")
    selector, title, after = (request.GET.get(name, "").replace("\0", "").strip() for name in names)
    context: dict[str, Any] = {"selector": selector, "title": title, "error": None, "warnings": ()}
    rows: list[Article] = []
    cursor = None
    try:
        if selector:
            found = select(selector, at=timezone.now(), limit=PAGE_ROWS, after=after)
            rows, cursor, context["warnings"] = found.articles, found.next, found.warnings
        else:
            query = newest_articles(after=after if after.isdecimal() else "")
            query = query.filter(title__icontains=title) if title else query
            rows = list(query[: PAGE_ROWS + 1])
            cursor = str(rows[PAGE_ROWS - 1].pk) if len(rows) > PAGE_ROWS else None
    except (Invalid, NewsletterError) as error:
        context["error"] = error
    except ValueError:
        raise Http404 from None
    return render(request, "web/desk/articles.html", {**context, "articles": rows[:PAGE_ROWS], "next": cursor})


@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    """The field of a selector with what may stand at its end, while it is being written."""
    text = request.GET.get("selector", "").replace("\0", "")[:LONGEST]
    found = [
        {"insert": one.insert, "count": one.count, "whole": text[: one.start] + one.insert + BEHIND.get(one.kind, "")}
        for one in complete(text, len(text), limit=MOST_OFFERS)
    ]
    return render(request, "web/desk/_selector.html", {"selector": text, "offers": found})


@require_safe
def article(request: HttpRequest, pk: int) -> HttpResponse:
    """One article, and why it is in or out of the next issue of a newsletter."""
    one = get_object_or_404(Article.objects.select_related("body", "image"), pk=pk)
    code = request.GET.get("newsletter", "")
    told = error = None
    if code:
        chosen = get_object_or_404(Newsletter.objects.select_related("sender"), code=code)
        try:
            told = explain(chosen, pk, now=timezone.now())
        except NewsletterError as refused:
            error = refused
    titles = Newsletter.objects.order_by("title")
    context = {"article": one, "told": told, "error": error, "newsletters": titles, "code": code}
    return render(request, "web/desk/article.html", context)


@require_safe
def issues(request: HttpRequest) -> HttpResponse:
    """Every issue, newest first."""
    code = request.GET.get("newsletter", "")
    page = Paginator(newest_issues(newsletter=code), PAGE_ROWS).get_page(request.GET.get("page"))
    titles = Newsletter.objects.order_by("title")
    return render(request, "web/desk/issues.html", {"page": page, "code": code, "newsletters": titles})


@require_safe
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """The composer: picks with reasons, what was left out, words, preview, findings, and what can be done."""
    one = _found(pk)
    renderings, error = _rendered(one)
    everybody = renderings[0] if renderings else None  # also for a variant that is no more
    rendering = next((kept for kept in renderings if kept.variant == _variant(request)), everybody)
    described = describe_issue(one)
    overrides = {pick.article_id: pick.overrides for pick in placed(one)}
    for part in described["sections"]:
        for pick in part["picks"]:
            pick["overrides"] = {name: words for name, words in overrides[pick["article"]].items() if name != "group"}
    told = status(pk) if one.state in SENT_OR_MOVING else None
    kilobytes = len(rendering.html.encode()) // 1000 if rendering else 0
    left_out = Paginator(described["left_out"], LEFT_OUT_ROWS).get_page(request.GET.get("left"))
    overruled = standing(one, renderings)
    blocking = blocked_by(renderings, overruled)
    context = {
        "issue": one,
        "overruled": overruled,
        "blocking": blocking,
        "may_overrule": set(blocking) <= set(one.newsletter.overridable),
        "sections": described["sections"],
        "shortfalls": described["shortfalls"] if one.state in (Issue.State.DRAFT, Issue.State.IN_REVIEW) else [],
        "left_out": left_out,
        "rendering": rendering,
        "variants": describe_variants(renderings),
        "variant": variant_number(rendering.variant if rendering else ""),
        "findings": found_in(renderings),
        "subject": dead_text(rendering.subject, rendering.nonce) if rendering else "",
        "preheader": dead_text(rendering.preheader, rendering.nonce) if rendering else "",
        "render_error": error,
        "kilobytes": kilobytes,
        "clip": CLIP_KILOBYTES,
        "can": {name: one.state in act.allowed for name, act in ACTS.items()},
        "can_resend": bool(told and told["counts"]["in_doubt"]) and one.state in RESENT_FROM,
        "can_correct": one.state in WENT_OUT and one.frozen_at is not None,
        "audience": audience_count(one.newsletter) if one.state not in SENT_OR_MOVING else None,
        "status": _shown(told) if told else None,
        "polling": one.state in MOVING,
        "elsewhere": _elsewhere(one),
        "history": history(one).order_by("-pk")[:30],
    }
    return render(request, "web/desk/issue.html", context)


@require_safe
def issue_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The counts alone, for polling; the page is loaded anew once the issue has come to rest."""
    one = _found(pk)
    polling = one.state in MOVING
    response = render(
        request, "web/desk/_progress.html", {"issue": one, "status": _shown(status(pk)), "polling": polling}
    )
    if not polling:
        response.headers["HX-Refresh"] = "true"
    return response


@require_safe
def issue_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML part exactly as it would go out, with dead personal links, in a sandbox of its own."""
    stored = get_object_or_404(IssueRendering, issue_id=pk, variant=_variant(request))
    response = HttpResponse(dead_text(stored.html, stored.nonce))
    response.headers["Content-Security-Policy"] = MAIL
    return response


@require_safe
def issue_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The text part exactly as it would go out, with dead personal links."""
    stored = get_object_or_404(IssueRendering, issue_id=pk, variant=_variant(request))
    response = HttpResponse(dead_text(stored.text, stored.nonce), content_type="text/plain; charset=utf-8")
    response.headers["Content-Security-Policy"] = MAIL
    return response


@require_safe
def deliveries(request: HttpRequest, pk: int) -> HttpResponse:
    """One row per reader, by state."""
    one = _found(pk)
    states = [state.name.lower() for state in DeliveryState]
    state = request.GET.get("state", "")
    after = request.GET.get("after", "0")
    if (state and state not in states) or not after.isdecimal():
        raise Http404
    rows = list(delivery_rows(pk, state=state or None, after=int(after), limit=PAGE_ROWS + 1))
    for row in rows:
        row["words"] = SCREEN_WORDS.get(row["state"], row["state"])
    cursor = rows[PAGE_ROWS - 1]["id"] if len(rows) > PAGE_ROWS else None
    context = {"issue": one, "rows": rows[:PAGE_ROWS], "state": state, "states": states, "next": cursor}
    return render(request, "web/desk/deliveries.html", context)


def _elsewhere(one: Issue) -> dict[str, Any] | None:
    """Return where a finished issue went, and where it can go."""
    if one.state not in FINISHED:
        return None
    return {"systems": configured(), "handovers": Handover.objects.filter(issue=one).order_by("system", "variant")}


def _found(pk: int) -> Issue:
    try:
        return find(pk)
    except NotFound:
        raise Http404 from None


def _variant(request: HttpRequest) -> str:
    """Return the variant a page asks for, by its number; "" is what everybody may see."""
    return stored_variant(request.GET.get("variant", "").replace("\0", "")[:2])


def _rendered(one: Issue) -> tuple[list[IssueRendering], NewsletterError | None]:
    if one.state in SENT_OR_MOVING:
        return list(stored_renderings(one)), None
    try:
        return renderings_of(one, now=timezone.now()), None
    except NewsletterError as error:
        return [], error


def _shown(told: dict[str, Any]) -> dict[str, Any]:
    """Return a status in the words of screens: queued and leased are waiting, wire is being sent."""
    counts = told["counts"]
    shown = {
        "waiting": counts["queued"] + counts["leased"],
        "being sent": counts["wire"],
        **{name.replace("_", " "): counts[name] for name in counts if name not in ("queued", "leased", "wire")},
    }
    total = sum(counts.values())
    final = total - shown["waiting"] - shown["being sent"] - shown["deferred"]
    spread = span(timedelta(seconds=told["spread_seconds"])) if told["spread_seconds"] else ""
    return {
        **told,
        "spread_words": spread,
        "shown": shown,
        "total": total,
        "done": final,
        "percent": 100 * final // total if total else 0,
    }
