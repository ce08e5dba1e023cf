"""Definitions go in and out unchanged; a wrong one is refused with its place and nothing is stored."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import Any
from unicodedata import normalize

import hypothesis
import pytest
import tomli_w
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from newsletter.catalogue.cadence import WEEKDAYS
from newsletter.catalogue.dump import dump, dump_brand
from newsletter.catalogue.durations import span
from newsletter.catalogue.load import ZONES, load
from newsletter.catalogue.look import KEYS
from newsletter.catalogue.models import Brand, Newsletter
from newsletter.catalogue.place import CODE
from newsletter.errors import Invalid
from newsletter.readers.group import check_group
from newsletter.rendering.digest import Brand as Look
from newsletter.rendering.proofread import OVERRIDABLE
from newsletter.selectors.check import check_selector

pytestmark = pytest.mark.django_db
WHOLE = """
code = "menaTransitions"
title = "تحولات"
language = "ar"
zone = "Asia/Beirut"
template = "classic"
brand = "beirut"
[cadence]
weekdays = ["wed", "mon"]
at = "10:00"
draft_lead = "1d12h"
cut_off = "90m"
[policy]
approval = "automatic"
approvers = 1
thin = "skip"
stale = "14d"
late = "6h"
tracking = "anonymous"
[byline]
most = 3
affiliations = true
pages = false
institution = "nobody"

[sender]
name = "Meridian"
address = "mena@news.example"
reply_to = "editors@news.example"
bounce_domain = "bounces.news.example"
postal_address = "Beirut"
list_id = "mena.news.example"
[[section]]
title = "تحليلات"
selector = 'newsletter:menaTransitions and region:"Middle East"'
limit = 6
minimum = 2
order = "regions"
quota = { center = 3 }
[[section]]
title = "More"
selector = "language:ar"
"""


def loaded(text: str) -> Newsletter:
    newsletter = load(text, where="x.toml", check=lambda selector: selector)
    assert isinstance(newsletter, Newsletter)
    return newsletter


def test_what_was_dumped_loads_to_the_same() -> None:
    text = dump(loaded(WHOLE))
    assert dump(loaded(text)) == text


def test_a_quota_of_a_date_is_refused_because_it_would_count_nothing() -> None:
    with pytest.raises(Invalid) as refusal:
        load(WHOLE.replace("center = 3", "age = 3"), where="x.toml", check=check_selector)
    assert (refusal.value.where, refusal.value.fix) == (
        "x.toml: section 1.quota.age",
        "Use center, author, region, ...",
    )


def test_a_quota_of_an_unknown_facet_is_refused_with_what_was_meant() -> None:
    def check(selector: str) -> None:
        if selector == "centre:any":
            raise Invalid("There is no facet centre.", where="column 1", fix="Did you mean center?")

    with pytest.raises(Invalid) as refusal:
        load(WHOLE.replace("center = 3", "centre = 3"), where="x.toml", check=check)
    assert (refusal.value.where, refusal.value.fix) == ("x.toml: section 1.quota.centre", "Did you mean center?")


def test_a_selector_may_go_over_several_lines() -> None:
    text = WHOLE.replace('"language:ar"', '"""\n  language:ar\n  and type:paper\n"""')
    assert loaded(text).sections.all()[1].selector == "language:ar and type:paper"


def test_sections_that_are_no_tables_are_refused() -> None:
    with pytest.raises(Invalid, match="no section"):
        loaded("section = [1]\n" + WHOLE.split("[[section]]")[0])


def test_a_mark_of_byte_order_does_no_harm() -> None:
    assert loaded("\ufeff" + WHOLE).code == "menaTransitions"


def test_the_code_of_a_newsletter_is_compared_folded() -> None:
    first = loaded(WHOLE)
    again = loaded(WHOLE.replace("menaTransitions", "MENAtransitions", 1))
    assert (again.pk, again.code) == (first.pk, "MENAtransitions")


def test_a_dump_is_written_as_people_write() -> None:
    assert 'weekdays = ["mon", "wed"]\nat = "10:00"\n' in dump(loaded(WHOLE))
    assert 'order = "regions"\nquota = { center = 3 }\n' in dump(loaded(WHOLE))


NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=60)
LINES = NAMES.map(lambda text: normalize("NFC", text).strip()).filter(lambda text: text and "=?" not in text)
SPANS = st.integers(0, 366 * 86400).map(lambda seconds: span(timedelta(seconds=seconds)))
WHEN = st.fixed_dictionaries(
    {"weekdays": st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True), "at": st.just("23:59")}
) | st.fixed_dictionaries({"cron": st.sampled_from(["0 9 * * 4", "*/5 0-3 1,15 * *"])})
DEFINITIONS = st.fixed_dictionaries(
    {
        "code": st.from_regex(CODE, fullmatch=True),
        "title": LINES,
        "zone": st.sampled_from(sorted(ZONES)),
        "active": st.booleans(),
        "cadence": st.builds(dict.__or__, WHEN, st.fixed_dictionaries({"draft_lead": SPANS, "cut_off": SPANS})),
        "policy": st.fixed_dictionaries(
            {"late": SPANS, "thin": st.sampled_from(["hold", "skip", "send"]), "stale": SPANS}
        ),
        "sender": st.fixed_dictionaries(
            {
                "name": LINES,
                "postal_address": LINES,
                "address": st.just("a@news.example"),
                "bounce_domain": st.just("b.news.example"),
                "list_id": st.just("l.news.example"),
            }
        ),
        "section": st.lists(
            st.fixed_dictionaries(
                {"title": LINES, "selector": LINES},
                optional={"limit": st.integers(5, 200), "quota": st.just({"primary-center": 2, "center": 1})},
            ),
            min_size=1,
            max_size=4,
        ),
    }
)


@hypothesis.settings(max_examples=60, deadline=None)
@given(DEFINITIONS)
def test_any_definition_survives_load_and_dump(definition: dict[str, Any]) -> None:
    with transaction.atomic():
        newsletter = loaded(tomli_w.dumps(definition))
        text = dump(newsletter)
        assert dump(loaded(text)) == text
        read = tomllib.loads(text)
        transaction.set_rollback(True)
    assert {key: read[key] for key in ("code", "title", "zone", "active")} == {
        key: definition[key] for key in ("code", "title", "zone", "active")
    }
    assert [section["selector"] for section in read["section"]] == [
        section["selector"] for section in definition["section"]
    ]
    assert {**read["sender"], **definition["sender"]} == read["sender"]
    assert read["cadence"]["draft_lead"] == definition["cadence"]["draft_lead"]


BRAND = """[brand]
code = "beirut"
name = "Meridian Beirut"
accent = "#0b6b57"
serif = "Georgia, 'Noto Serif', serif"
logo = "https://meridian.example/logo.png"
logo_width = 200
postal_address = "17 Harbor Street, Beirut"

[brand.disclaimers]
en = "No positions."
ar = "لا مواقف."
"""


def test_a_brand_that_was_dumped_is_the_one_that_was_loaded() -> None:
    brand = load(BRAND, where="b.toml", check=str)
    assert isinstance(brand, Brand)
    assert dump_brand(brand) == BRAND


@pytest.mark.parametrize(
    ("was", "becomes", "where"),
    [
        ("accent =", "acent =", "b.toml: brand.acent"),
        ("#0b6b57", "red;}", "b.toml: brand.accent"),
        ("https:", "javascript:", "b.toml: brand.logo"),
        ("200", "0", "b.toml: brand.logo_width"),
        ("Georgia,", "</style>,", "b.toml: brand.serif"),
        ("en =", '"no tag" =', "b.toml: brand.disclaimers.no tag"),
        ('code = "beirut"', "code = 1", "b.toml: brand.code"),
    ],
)
def test_a_wrong_brand_is_refused_with_its_place(was: str, becomes: str, where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        load(BRAND.replace(was, becomes, 1), where="b.toml", check=str)
    assert refusal.value.where == where


def test_every_part_of_a_look_that_rendering_knows_can_be_loaded() -> None:
    assert set(Look.__dataclass_fields__) == set(KEYS) - {"code", "disclaimers", "postal_address"}


def test_loading_again_changes_the_newsletter_in_place() -> None:
    first = loaded(WHOLE)
    assert (loaded(WHOLE.replace("تحولات", "Transitions", 1)).pk, Newsletter.objects.count()) == (first.pk, 1)


def test_a_cron_expression_takes_the_place_of_weekdays() -> None:
    text = WHOLE.replace('weekdays = ["wed", "mon"]\nat = "10:00"', 'cron = "0 9 * * 4"')
    assert loaded(text).cron == "0 9 * * 4"


def test_a_brand_file_makes_a_brand() -> None:
    load('[brand]\ncode = "x"\nname = "X"\naccent = "#000000"', where="b.toml", check=str)
    assert Brand.objects.get(code="x").design["accent"] == "#000000"


@pytest.mark.parametrize(
    ("was", "becomes", "where", "fix"),
    [
        ('title = "تحولات"', 'titel = "x"', "x.toml: titel", "Did you mean title?"),
        ('zone = "Asia/Beirut"', 'zone = "Asia/Beiruth"', "x.toml: zone", "Did you mean Asia/Beirut?"),
        ('at = "10:00"', 'at = "25:00"', "x.toml: cadence.at", 'Write it like "09:00".'),
        ('thin = "skip"', 'thin = "skipp"', "x.toml: policy.thin", "Did you mean skip?"),
        ('late = "6h"', 'late = "6 hours"', "x.toml: policy.late", 'Write it like "10m", "4h" or "2d".'),
        ('"mon"]', '"mno"]', "x.toml: cadence.weekdays", "Did you mean mon?"),
        ('at = "10:00"', 'at = "9:00"', "x.toml: cadence.at", 'Write it like "09:00".'),
        ('at = "10:00"', 'at = "10:00"\ncron = "0 9 * * 4"', "x.toml: cadence.cron", "Keep one of them."),
        ('late = "6h"', 'late = "99999w99999w"', "x.toml: policy.late", "Give a shorter span."),
        ('"classic"', '"clasic"', "x.toml: template", "Did you mean classic?"),
        ('brand = "beirut"', 'brand = "no such"', "x.toml: brand", "Use letters, digits, - and _, a letter first."),
        ('name = "Meridian"', 'name = "=?u?Q?=0A?="', "x.toml: sender.name", "Write the characters themselves."),
        ('name = "Meridian"', 'name = "A\\nB"', "x.toml: sender.name", "Shorten or quote it."),
        ('name = "Meridian"', 'name = " "', "x.toml: sender.name", 'Give name = "...".'),
        ("mena@news", "mena@рф", "x.toml: sender.address", "Write the domain in its xn-- form."),
        ("center = 3", "center = true", "x.toml: section 1.quota.center", "Give one from 1 to 200."),
        ("center = 3", '"a b" = 3', "x.toml: section 1.quota.a b", "Write it like { center = 3 }."),
        ("minimum = 2", "minimum = 7", "x.toml: section 1.minimum", "Give one from 0 to 6."),
        ("limit = 6", "limit = 0", "x.toml: section 1.limit", "Give one from 1 to 200."),
        (
            "bounces.news.example",
            "bounces news",
            "x.toml: sender.bounce_domain",
            'Give a domain such as "bounces.example.org".',
        ),
        ('[[section]]\ntitle = "More"', "[[section]]", "x.toml: section 2.title", 'Add title = "...".'),
    ],
)
def test_a_wrong_value_is_refused_with_its_place_and_a_fix(was: str, becomes: str, where: str, fix: str) -> None:
    with pytest.raises(Invalid) as refusal:
        loaded(WHOLE.replace(was, becomes, 1))
    assert (refusal.value.where, refusal.value.fix) == (where, fix)


def test_a_refused_file_stores_nothing() -> None:
    with pytest.raises(Invalid):
        loaded(WHOLE.replace("limit = 6", "limit = 0"))
    assert not Newsletter.objects.exists()


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(Invalid, match="line 1"):
        loaded("code = ctw")


def test_a_wrong_selector_is_refused_with_its_section() -> None:
    def check(selector: str) -> None:
        raise Invalid("No.", where="line 1, column 3", fix="Yes.")

    with pytest.raises(Invalid) as refusal:
        load(WHOLE, where="x.toml", check=check)
    assert refusal.value.where == "x.toml: section 1.selector, line 1, column 3"


GROUPED = WHOLE.replace(
    'tracking = "anonymous"',
    'tracking = "anonymous"\nrepeats = "mention"\nrepeats_within = "36h"\ninterests = ["Energy", "Asia"]',
).replace("quota = { center = 3 }", "quota = { center = 3 }\ngroup = 'plan:paid  and (not tag:\"donor\")'")


def test_groups_and_the_rule_about_repeats_go_in_and_out_unchanged() -> None:
    newsletter = load(GROUPED, where="x.toml", check=str, check_group=check_group)
    assert isinstance(newsletter, Newsletter)
    first = newsletter.sections.first()
    assert first is not None
    assert (newsletter.repeats, newsletter.repeats_within, newsletter.interests, first.group) == (
        "mention",
        timedelta(hours=36),
        ["Energy", "Asia"],
        "plan:paid and not tag:donor",
    )
    text = dump(newsletter)
    again = load(text, where="x.toml", check=str, check_group=check_group)
    assert isinstance(again, Newsletter)
    assert dump(again) == text


@pytest.mark.parametrize(
    ("was", "becomes", "where"),
    [
        ('"mention"', '"skip"', "x.toml: policy.repeats"),
        ('"36h"', '"soon"', "x.toml: policy.repeats_within"),
        ('["Energy", "Asia"]', '"Energy"', "x.toml: policy.interests"),
        ('"Asia"]', "7]", "x.toml: policy.interests.2"),
        ("plan:paid ", "plan:gold ", "x.toml: section 1.group, line 1, column 6"),
    ],
)
def test_a_wrong_group_or_rule_is_refused_with_its_place(was: str, becomes: str, where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        load(GROUPED.replace(was, becomes, 1), where="x.toml", check=str, check_group=check_group)
    assert refusal.value.where == where
    assert not Newsletter.objects.exists()


def test_a_policy_names_the_rules_that_may_be_overruled() -> None:
    text = WHOLE.replace('thin = "skip"', 'overridable = ["width", "contrast", "width"]\nthin = "skip"')
    made = load(text, where="x.toml", check=str, rules=OVERRIDABLE)
    assert isinstance(made, Newsletter)
    assert made.overridable == ["contrast", "width"]
    assert load(dump(made), where="y.toml", check=str, rules=OVERRIDABLE) == made


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ('overridable = ["contrst"]', "Did you mean contrast?"),
        ('overridable = ["unsubscribe"]', None),
        ('overridable = "contrast"', 'Write it like ["contrast"].'),
        ("overridable = [1]", None),
    ],
)
def test_a_policy_names_no_other_rules(line: str, fix: str | None) -> None:
    text = WHOLE.replace('thin = "skip"', f'{line}\nthin = "skip"')
    with pytest.raises(Invalid) as refusal:
        load(text, where="x.toml", check=str, rules=OVERRIDABLE)
    assert refusal.value.where == "x.toml: policy.overridable"
    assert fix is None or refusal.value.fix == fix
