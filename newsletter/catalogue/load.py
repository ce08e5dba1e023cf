"""A newsletter or a brand from a TOML file; ``dump`` is the exact inverse."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from newsletter.catalogue.cadence import WEEKDAYS
from newsletter.catalogue.durations import duration
from newsletter.catalogue.models import Brand, Newsletter, Section, Sender
from newsletter.errors import Invalid

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
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
    "sender",
    "section",
)
CADENCE = ("weekdays", "at", "cron", "draft_lead", "cut_off")
POLICY = ("approval", "approvers", "thin", "late", "tracking")
SENDER = ("name", "address", "reply_to", "bounce_domain", "postal_address", "list_id")
SECTION = ("title", "selector", "limit", "minimum", "order", "quota")
Check = Callable[[str], object]


def load(text: str, *, where: str, check: Check) -> Newsletter | Brand:
    """Store the newsletter (or brand) that ``text`` defines and return it, replacing what it was before.

    ``check`` is called with every selector and raises ``Invalid`` for a wrong one. Raises ``Invalid`` naming the
    file, the key and what to write instead; then nothing is stored.
    """
    table = _parsed(text, where)
    with transaction.atomic():
        return (
            _brand(table, where)
            if "brand" in table and isinstance(table["brand"], dict)
            else _newsletter(table, where, check)
        )


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"This is not TOML: {error}.", where=where, fix="Correct the file at the place named.") from None


def _brand(table: dict[str, Any], where: str) -> Brand:
    design = dict(table["brand"])
    at = Place(where, "brand")
    code = at.code(design.pop("code", ""))
    name = at.text(design, "name", longest=200)
    return Brand.objects.update_or_create(code=code, defaults={"name": name, "design": {**table["brand"]}})[0]


def _newsletter(table: dict[str, Any], where: str, check: Check) -> Newsletter:
    top = Place(where, "")
    top.known(table, TOP)
    code = top.code(table.get("code", ""))
    same = Newsletter.objects.filter(code__iexact=code).select_related("sender").first()
    fields = {
        "title": top.text(table, "title", longest=200),
        "language": top.matching(table, "language", LANGUAGE, "en", 'a language tag such as "en" or "pt-BR"'),
        "zone": top.one_of(table, "zone", available_timezones(), "UTC"),
        "template": top.matching(table, "template", CODE, "classic", "the name of a template"),
        "brand": top.text(table, "brand", longest=60, default=""),
        "active": top.flag(table, "active", default=True),
        **_cadence(top.table(table, "cadence"), Place(where, "cadence")),
        **_policy(top.table(table, "policy"), Place(where, "policy")),
    }
    sender = _sender(top.table(table, "sender"), Place(where, "sender"), same.sender if same else None)
    if same:
        Newsletter.objects.filter(pk=same.pk).update(code=code, sender=sender, **fields)
    newsletter = (
        Newsletter.objects.get(pk=same.pk) if same else Newsletter.objects.create(code=code, sender=sender, **fields)
    )
    _sections(newsletter, table.get("section", []), where, check)
    return Newsletter.objects.select_related("sender").get(pk=newsletter.pk)


def _cadence(table: dict[str, Any], at: Place) -> dict[str, Any]:
    at.known(table, CADENCE)
    weekdays, cron = table.get("weekdays", []), at.text(table, "cron", longest=100, default="")
    if not isinstance(weekdays, list) or any(day not in WEEKDAYS for day in weekdays):
        raise at.wrong("weekdays", f"{weekdays!r} are no weekdays", "Use a list of: " + ", ".join(WEEKDAYS))
    if weekdays and cron:
        raise at.wrong("cron", "weekdays and cron are given both", "Keep one of them.")
    if cron:
        _check_cron(cron, at)
    clock = at.text(table, "at", longest=5, default="")
    if weekdays and not re.fullmatch(r"\d\d:\d\d", clock):
        raise at.wrong("at", f"{clock!r} is no time of day", 'Write it like "09:00".')
    if clock:
        try:
            time.fromisoformat(clock)
        except ValueError:
            raise at.wrong("at", f"{clock!r} is no time of day", 'Write it like "09:00".') from None
    return {
        "weekdays": sorted(set(weekdays), key=WEEKDAYS.index),
        "at": clock,
        "cron": cron,
        "draft_lead": at.span(table, "draft_lead", "2d"),
        "cut_off": at.span(table, "cut_off", "4h"),
    }


def _check_cron(cron: str, at: Place) -> None:
    if len(cron.split()) != 5:
        raise at.wrong("cron", f"{cron!r} has not five fields", 'Write it like "0 9 * * 4".')
    try:
        CronSim(cron, datetime(2026, 1, 1))
    except CronSimError as error:
        raise at.wrong("cron", f"{cron!r}: {error}", 'Write it like "0 9 * * 4".') from None


def _policy(table: dict[str, Any], at: Place) -> dict[str, Any]:
    at.known(table, POLICY)
    return {
        "approval": at.one_of(table, "approval", Newsletter.Approval.values, Newsletter.Approval.PERSON),
        "approvers": at.number(table, "approvers", 1, least=1, most=9),
        "thin": at.one_of(table, "thin", Newsletter.Thin.values, Newsletter.Thin.HOLD),
        "late": at.span(table, "late", "6h"),
        "tracking": at.one_of(table, "tracking", Newsletter.Tracking.values, Newsletter.Tracking.OFF),
    }


def _sender(table: dict[str, Any], at: Place, before: Sender | None) -> Sender:
    at.known(table, SENDER)
    sender = before or Sender()
    sender.name = at.text(table, "name", longest=200)
    sender.address = at.email(table, "address")
    sender.reply_to = at.email(table, "reply_to") if table.get("reply_to") else ""
    sender.bounce_domain = at.matching(table, "bounce_domain", DOMAIN, None, 'a domain such as "bounces.example.org"')
    sender.postal_address = at.text(table, "postal_address", longest=500)
    sender.list_id = at.matching(table, "list_id", DOMAIN, None, 'a name such as "weekly.example.org"')
    sender.save()
    return sender


def _sections(newsletter: Newsletter, tables: Any, where: str, check: Check) -> None:
    if not isinstance(tables, list) or not tables:
        raise Invalid(
            "There is no section.",
            where=f"{where}: section",
            fix="Add a [[section]] with title and selector.",
        )
    newsletter.sections.all().delete()
    for position, table in enumerate(tables):
        at = Place(where, f"section {position + 1}")
        at.known(table, SECTION)
        selector = at.text(table, "selector", longest=5000)
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
        )


def _quota(quota: Any, at: Place, check: Check) -> dict[str, int]:
    if not isinstance(quota, dict) or any(not isinstance(most, int) or most < 1 for most in quota.values()):
        raise at.wrong("quota", f"{quota!r} is no quota", "Write it like { center = 3 }.")
    for facet in quota:
        try:
            check(f"{facet}:any")
        except Invalid as error:
            raise at.wrong("quota", error.message.rstrip("."), error.fix) from None
    return dict(quota)


class Place:
    """Where in which file we read, for errors that can be acted on."""

    def __init__(self, where: str, key: str) -> None:
        self.where, self.key = where, key

    def wrong(self, key: str, message: str, fix: str) -> Invalid:
        """Return the error for one key."""
        path = f"{self.key}.{key}" if self.key else key
        return Invalid(f"{message[:1].upper()}{message[1:]}.", where=f"{self.where}: {path}", fix=fix)

    def known(self, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        """Refuse a key nobody reads: it is a typo."""
        for key in table:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, 1)
                fix = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(keys)}."
                raise self.wrong(key, f"unknown key {key!r}", fix)

    def table(self, table: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"{key} is no table", f"Write [{key}] on a line of its own.")
        return value

    def text(self, table: Mapping[str, Any], key: str, *, longest: int, default: str | None = None) -> str:
        value = table.get(key, default)
        if value is None or (value == "" and default is None):
            raise self.wrong(key, f"{key} is missing", f'Add {key} = "...".')
        if not isinstance(value, str) or len(value) > longest or any(ord(sign) < 32 for sign in value):
            raise self.wrong(key, f"{key} is no line of text of at most {longest} characters", "Shorten or quote it.")
        return value.strip()

    def matching(
        self, table: Mapping[str, Any], key: str, form: re.Pattern[str], default: str | None, what: str
    ) -> str:
        value = self.text(table, key, longest=255, default=default)
        if not form.fullmatch(value):
            raise self.wrong(key, f"{value!r} will not do for {key}", f"Give {what}.")
        return value

    def one_of(self, table: Mapping[str, Any], key: str, allowed: Any, default: str) -> str:
        value = self.text(table, key, longest=100, default=default)
        if value not in allowed:
            near = difflib.get_close_matches(value, sorted(allowed), 1)
            choices = ", ".join(sorted(allowed)) if len(allowed) < 12 else "see the documentation"
            raise self.wrong(
                key, f"{value!r} is not known", f"Did you mean {near[0]}?" if near else f"One of: {choices}."
            )
        return value

    def email(self, table: Mapping[str, Any], key: str) -> str:
        value = self.text(table, key, longest=320)
        try:
            validate_email(value)
        except ValidationError:
            raise self.wrong(key, f"{value!r} is no mail address", "Give one such as news@example.org.") from None
        return value

    def span(self, table: Mapping[str, Any], key: str, default: str) -> timedelta:
        value = self.text(table, key, longest=20, default=default)
        try:
            return duration(value)
        except Invalid as error:
            raise self.wrong(key, f"{value!r} is no span of time", error.fix) from None

    def number(self, table: Mapping[str, Any], key: str, default: int, *, least: int, most: int) -> int:
        value = table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, f"{value!r} is no number from {least} to {most}", f"Give one from {least} to {most}.")
        return value

    def flag(self, table: Mapping[str, Any], key: str, *, default: bool) -> bool:
        value = table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{value!r} is neither true nor false", "Write true or false.")
        return value

    def code(self, value: object) -> str:
        if not isinstance(value, str) or not CODE.fullmatch(value):
            raise self.wrong("code", f"{value!r} is no code", "Use letters, digits, - and _, a letter first.")
        return value
