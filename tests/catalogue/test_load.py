"""Definitions go in and out unchanged; a wrong one is refused with its place and nothing is stored."""

from __future__ import annotations

import pytest

from newsletter.catalogue.dump import dump
from newsletter.catalogue.load import load
from newsletter.catalogue.models import Brand, Newsletter
from newsletter.errors import Invalid

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
approvers = 2
thin = "skip"
late = "6h"
tracking = "anonymous"
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
