"""A newsletter, a brand or authors from a TOML file; ``dump`` is the exact inverse."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection
from datetime import datetime, time
from typing import Any
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from django.db import transaction

from newsletter.catalogue.authors import load_authors
from newsletter.catalogue.cadence import WEEKDAYS
from newsletter.catalogue.look import look
from newsletter.catalogue.models import Author, Brand, Newsletter, Section, Sender
from newsletter.catalogue.place import Place, nearest
from newsletter.catalogue.templates import template_names
from newsletter.errors import Invalid

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
ZONES = frozenset(available_timezones() - {"localtime", "Factory", "posixrules"})
DOMAIN = re.compile(r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}")
ORDERS = ("newest", "oldest", "regions", "manual")
TOP = (
    "code",
    "title",
    "language",
    "zone",
    "template",
    "brand",
    "active",
    "cadence",
    "policy",
    "byline",
    "sender",
    "section",
)
CADENCE = ("weekdays", "at", "cron", "draft_lead", "cut_off")
POLICY = (
    *("approval", "approvers", "overridable", "thin", "stale", "late", "tracking"),
    *("repeats", "repeats_within", "interests"),
    *("expires", "in_doubt"),
)
BYLINE = ("most", "affiliations", "pages", "institution")
INSTITUTIONS = ("center", "newsletter", "nobody")
SENDER = ("name", "address", "reply_to", "bounce_domain", "postal_address", "list_id", "relay")
SECTION = ("title", "selector", "limit", "minimum", "order", "quota", "group")
MOST_INTERESTS = 50
Check = Callable[[str], object]


def _no_group(_: str) -> str:
    raise Invalid("Groups of readers are not known here.", where="group", fix="Leave the group out.")


def load(
    text: str,
    *,
    where: str,
    check: Check,
    check_group: Callable[[str], str] = _no_group,
    rules: Collection[str] = (),
) -> Newsletter | Brand | tuple[Author, ...]:
    """Store the newsletter (or brand, or authors) that ``text`` defines and return it, replacing what it was before.

    ``check`` is called with every selector and raises ``Invalid`` for a wrong one; ``check_group`` returns the one form
    of a group of readers, or raises it; ``rules`` are the proofreading rules that a policy may name. Raises ``Invalid``
    naming the
    file, the key and what to write instead; then nothing is stored.
    """
    table = _parsed(text, where)
    with transaction.atomic():
        if "author" in table:
            Place(where, "").known(table, ("author",))
            return load_authors(table["author"], where=where)
        if isinstance(table.get("brand"), dict):
            return _brand(table, where)
        return _newsletter(table, where, check, check_group, rules)


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"This is not TOML: {error}.", where=where, fix="Correct the file at the place named.") from None


def _brand(table: dict[str, Any], where: str) -> Brand:
    Place(where, "").known(table, ("brand",))
    at = Place(where, "brand")
    code = at.code(table["brand"].get("code", ""))
    design = look(table["brand"], at)
    return Brand.objects.update_or_create(code=code, defaults={"name": design["name"], "design": design})[0]


def _newsletter(
    table: dict[str, Any],
    where: str,
    check: Check,
    check_group: Callable[[str], str],
    rules: Collection[str],
) -> Newsletter:
    top = Place(where, "")
    top.known(table, TOP)
    code = top.code(table.get("code", ""))
    same = Newsletter.objects.filter(code__iexact=code).select_related("sender").first()
    fields = {
        "title": top.text(table, "title", longest=200),
        "language": top.matching(table, "language", LANGUAGE, "en", 'a language tag such as "en" or "pt-BR"'),
        "zone": top.one_of(table, "zone", ZONES, "UTC"),
        "template": top.one_of(table, "template", template_names(), "classic"),
        "brand": top.code(table["brand"], "brand") if table.get("brand") else "",
        "active": top.flag(table, "active", default=True),
        **_cadence(top.table(table, "cadence"), Place(where, "cadence")),
        **_policy(top.table(table, "policy"), Place(where, "policy"), rules),
        "byline": _byline(top.table(table, "byline"), Place(where, "byline")),
    }
    sender = _sender(top.table(table, "sender"), Place(where, "sender"), same.sender if same else None)
    if same:
        Newsletter.objects.filter(pk=same.pk).update(code=code, sender=sender, **fields)
    newsletter = (
        Newsletter.objects.get(pk=same.pk) if same else Newsletter.objects.create(code=code, sender=sender, **fields)
    )
    _sections(newsletter, table.get("section", []), where, check, check_group)
    return Newsletter.objects.select_related("sender").get(pk=newsletter.pk)


def _cadence(table: dict[str, Any], at: Place) -> dict[str, Any]:
    at.known(table, CADENCE)
    weekdays, cron = _weekdays(table.get("weekdays", []), at), at.text(table, "cron", longest=100, default="")
    clock = at.text(table, "at", longest=5, default="")
    if cron and (weekdays or clock):
        raise at.wrong("cron", "weekdays with a time and a cron expression are given both", "Keep one of them.")
    if cron:
        _check_cron(cron, at)
    if (weekdays or clock) and not _is_time(clock):
        raise at.wrong("at", f"{clock!r} is no time of day", 'Write it like "09:00".')
    return {
        "weekdays": sorted(set(weekdays), key=WEEKDAYS.index),
        "at": clock,
        "cron": cron,
        "draft_lead": at.span(table, "draft_lead", "2d"),
        "cut_off": at.span(table, "cut_off", "4h"),
    }


def _weekdays(days: Any, at: Place) -> list[str]:
    if not isinstance(days, list):
        raise at.wrong("weekdays", f"{days!r} is no list", 'Write it like ["mon", "thu"].')
    for day in days:
        if day not in WEEKDAYS:
            raise at.wrong("weekdays", f"{day!r} is no weekday", nearest(str(day), WEEKDAYS))
    return days


def _is_time(clock: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{2}:[0-9]{2}", clock)) and time.fromisoformat(clock) is not None
    except ValueError:
        return False


def _check_cron(cron: str, at: Place) -> None:
    if len(cron.split()) != 5:
        raise at.wrong("cron", f"{cron!r} has not five fields", 'Write it like "0 9 * * 4".')
    try:
        CronSim(cron, datetime(2026, 1, 1))
    except CronSimError as error:
        raise at.wrong("cron", f"{cron!r}: {error}", 'Write it like "0 9 * * 4".') from None


def _policy(table: dict[str, Any], at: Place, rules: Collection[str]) -> dict[str, Any]:
    at.known(table, POLICY)
    if table.get("approval") == Newsletter.Approval.AUTOMATIC and table.get("approvers", 1) != 1:
        raise at.wrong("approvers", "an automatic approval is one, of the system", 'Use 1, or approval = "person".')
    return {
        "approval": at.one_of(table, "approval", Newsletter.Approval.values, Newsletter.Approval.PERSON),
        "approvers": at.number(table, "approvers", 1, least=1, most=9),
        "overridable": _rules(table.get("overridable", []), at, rules),
        "thin": at.one_of(table, "thin", Newsletter.Thin.values, Newsletter.Thin.HOLD),
        "stale": at.span(table, "stale", "0h") if table.get("stale") else None,
        "late": at.span(table, "late", "6h"),
        "tracking": at.one_of(table, "tracking", Newsletter.Tracking.values, Newsletter.Tracking.OFF),
        "repeats": at.one_of(table, "repeats", Newsletter.Repeats.values, Newsletter.Repeats.SEND),
        "repeats_within": at.span(table, "repeats_within", "7d"),
        "interests": _interests(table, at),
        "expires": at.span(table, "expires", "0h") if table.get("expires") else None,
        "in_doubt": at.one_of(table, "in_doubt", Newsletter.InDoubt.values, Newsletter.InDoubt.KEEP),
    }


def _byline(table: dict[str, Any], at: Place) -> dict[str, Any]:
    """Return how articles are signed; a table that is left out is the standard, and stays left out."""
    at.known(table, BYLINE)
    if not table:
        return {}
    return {
        "most": at.number(table, "most", 4, least=1, most=50),
        "affiliations": at.flag(table, "affiliations", default=False),
        "pages": at.flag(table, "pages", default=True),
        "institution": at.one_of(table, "institution", INSTITUTIONS, "center"),
    }


def _rules(names: Any, at: Place, rules: Collection[str]) -> list[str]:
    if not isinstance(names, list):
        raise at.wrong("overridable", f"{names!r} is no list", 'Write it like ["contrast"].')
    for name in names:
        if name not in rules:
            raise at.wrong("overridable", f"{name!r} is no rule that may be overruled", nearest(str(name), rules))
    return sorted(set(names))


def _sender(table: dict[str, Any], at: Place, before: Sender | None) -> Sender:
    at.known(table, SENDER)
    sender = before or Sender()
    sender.name = at.text(table, "name", longest=200)
    sender.address = at.email(table, "address")
    sender.reply_to = at.email(table, "reply_to") if table.get("reply_to") else ""
    sender.bounce_domain = at.matching(table, "bounce_domain", DOMAIN, None, 'a domain such as "bounces.example.org"')
    sender.postal_address = at.text(table, "postal_address", longest=500)
    sender.list_id = at.matching(table, "list_id", DOMAIN, None, 'a name such as "weekly.example.org"')
    sender.relay = at.code(table["relay"], "relay") if table.get("relay") else ""
    sender.save()
    return sender


def _sections(newsletter: Newsletter, tables: Any, where: str, check: Check, check_group: Callable[[str], str]) -> None:
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise Invalid(
            "There is no section.",
            where=f"{where}: section",
            fix="Add a [[section]] with title and selector.",
        )
    newsletter.sections.all().delete()
    for position, table in enumerate(tables):
        at = Place(where, f"section {position + 1}")
        at.known(table, SECTION)
        selector = at.text(_on_one_line(table, "selector"), "selector", longest=5000)
        try:
            check(selector)
        except Invalid as error:
            raise Invalid(error.message, where=f"{where}: {at.key}.selector, {error.where}", fix=error.fix) from None
        limit = at.number(table, "limit", 10, least=1, most=200)
        Section.objects.create(
            newsletter=newsletter,
            position=position,
            title=at.text(table, "title", longest=200),
            selector=selector,
            limit=limit,
            minimum=at.number(table, "minimum", 0, least=0, most=limit),
            order=at.one_of(table, "order", ORDERS, "newest"),
            quota=_quota(table.get("quota", {}), at, check),
            group=_group(table, at, check_group),
        )


def _group(table: dict[str, Any], at: Place, check: Callable[[str], str]) -> str:
    group = at.text(_on_one_line(table, "group"), "group", longest=300, default="")
    try:
        return check(group) if group else ""
    except Invalid as error:
        raise Invalid(error.message, where=f"{at.where}: {at.key}.group, {error.where}", fix=error.fix) from None


def _interests(table: dict[str, Any], at: Place) -> list[str]:
    """Return the tags that readers may tick."""
    values = table.get("interests", [])
    if not isinstance(values, list) or len(values) > MOST_INTERESTS:
        raise at.wrong("interests", f"{values!r} is no list of tags", f"Give at most {MOST_INTERESTS}.")
    inside = Place(at.where, f"{at.key}.interests")
    return [inside.text({str(number): value}, str(number), longest=60) for number, value in enumerate(values, 1)]


def _on_one_line(table: dict[str, Any], key: str) -> dict[str, Any]:
    """Let a long selector go over several lines of the file."""
    value = table.get(key)
    return {**table, key: re.sub(r"\s*\n\s*", " ", value)} if isinstance(value, str) else table


def _quota(quota: Any, at: Place, check: Check) -> dict[str, int]:
    if not isinstance(quota, dict):
        raise at.wrong("quota", f"{quota!r} is no quota", "Write it like { center = 3 }.")
    inside = Place(at.where, f"{at.key}.quota")
    for facet in quota:
        inside.number(quota, facet, 1, least=1, most=200)
        if not re.fullmatch("[a-z-]+", facet):
            raise inside.wrong(facet, f"{facet!r} is no facet", "Write it like { center = 3 }.")
        for question in (f"{facet}:any", f"{facet}:value"):
            try:
                check(question)
            except Invalid as error:
                dated = question.endswith("value")
                message = f"{facet} has no values that could be counted" if dated else error.message.rstrip(".")
                raise inside.wrong(facet, message, "Use center, author, region, ..." if dated else error.fix) from None
    return dict(quota)
