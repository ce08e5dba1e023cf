"""Groups of readers: SQL and memory answer alike, wrong ones are refused with their place, marks have one form."""

from __future__ import annotations

import io
from itertools import product
from typing import Any

import pytest
from django.db import connection

from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid, NotFound
from newsletter.readers.erase import erase
from newsletter.readers.export import export
from newsletter.readers.facet import Person
from newsletter.readers.group import belongs, check_group, combination_sql
from newsletter.readers.load import LoadReport, load
from newsletter.readers.mark import choose, mark, reader_at
from newsletter.readers.models import Reader
from newsletter.readers.tally import group_count
from tests.factories import NOW, make_newsletter, make_reader

pytestmark = pytest.mark.django_db
GROUPS = [
    "language:fr",
    "language:pt",
    "language:pt-BR",
    "language:none",
    "not language:any",
    "center:India",
    "center:none",
    "center:any",
    "plan:paid",
    "plan:plain",
    "plan:any",
    "plan:none",
    "tag:Donor",
    'tag:"board member"',
    "tag:none",
    "tag:any",
    "plan:paid and not language:fr",
    "(tag:donor or center:india) and (language:fr or language:pt)",
    "not (plan:paid or tag:donor)",
]
PEOPLE = [
    Person(language, center, plan, tags)
    for language, center, plan, tags in product(
        ("", "fr", "fr-CA", "pt-BR", "pt"),
        ("", "india"),
        ("plain", "paid"),
        ((), ("donor",), ("board member", "donor")),
    )
]


def test_sql_and_memory_agree_about_every_group_and_reader() -> None:
    combination, values = combination_sql(GROUPS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {combination} FROM unnest(%(languages)s::text[], %(centers)s::text[], %(plans)s::text[], "
            "%(tags)s::text[]) WITH ORDINALITY AS p (language, center, plan, joined, place), "
            "LATERAL (SELECT p.language, p.center, p.plan, string_to_array(p.joined, '|')::varchar[] AS tags) a "
            "ORDER BY p.place",
            {
                "languages": [person.language for person in PEOPLE],
                "centers": [person.center for person in PEOPLE],
                "plans": [person.plan for person in PEOPLE],
                "tags": ["|".join(person.tags) for person in PEOPLE],
                **values,
            },
        )
        told = [row[0] for row in cursor.fetchall()]
    assert told == [
        sum(1 << place for place, group in enumerate(GROUPS) if belongs(group, person)) for person in PEOPLE
    ]


@pytest.mark.parametrize(
    ("group", "person", "of_it"),
    [
        ("language:pt", Person(language="pt-BR"), True),
        ("language:pt-BR", Person(language="pt"), False),
        ("plan:paid", Person(plan="paid"), True),
        ("plan:none", Person(), False),
        ("tag:DONOR", Person(tags=("donor",)), True),
        ("center:none", Person(), True),
        ("not tag:donor", Person(tags=("press",)), True),
    ],
)
def test_a_group_means_what_it_says(group: str, person: Person, of_it: bool) -> None:
    assert belongs(group, person) == of_it


def test_a_group_has_one_form() -> None:
    assert check_group('(plan:paid)  AND tag:"donor"') == "plan:paid and tag:donor"


@pytest.mark.parametrize(
    ("text", "where", "fix"),
    [
        ("plan:gold", "line 1, column 6", "Write plan:paid or plan:plain."),
        ("langage:fr", "line 1, column 1", "Did you mean language?"),
        ("language:french!", "line 1, column 10", "Give a language such as fr or pt-BR, or none."),
        ("topic:Energy", "line 1, column 1", "Known: center, language, plan, tag."),
        ("tag:x" * 100, "group", "Use at most 300."),
    ],
)
def test_what_is_no_group_is_refused_with_its_place(text: str, where: str, fix: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_group(text)
    assert (refusal.value.where, refusal.value.fix) == (where, fix)


def loaded(newsletter: Newsletter, text: str) -> LoadReport:
    return load(io.BytesIO(text.encode()), newsletter=newsletter, by="ada", now=NOW)


def marks(address: str) -> tuple[Any, ...]:
    return Reader.objects.values_list("language", "center", "plan", "tags").get(address=address)


def test_a_file_brings_center_plan_and_tags_in_one_form() -> None:
    loaded(make_newsletter(), "email,tags,plan,center\na@x.example,Donor| PRESS ;donor,Paid,India\nb@x.example,,,\n")
    assert marks("a@x.example") == ("", "india", "paid", ["donor", "press"])
    assert marks("b@x.example") == ("", "", "plain", [])


def test_a_later_file_changes_what_it_says_and_leaves_the_rest() -> None:
    newsletter = make_newsletter()
    loaded(newsletter, "email,tags,plan,center\na@x.example,donor,paid,india\nb@x.example,donor,paid,india\n")
    report = loaded(newsletter, "email,tags,plan,center\na@x.example,press,,\nb@x.example,-,plain,\n")
    assert marks("a@x.example") == ("", "india", "paid", ["press"])
    assert marks("b@x.example") == ("", "india", "plain", [])
    assert (report.loaded, report.updated, report.unchanged) == (0, 2, 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a@x.example,gold,", "'gold' is no plan."),
        (f"a@x.example,,{'x' * 61}", f"'{'x' * 20}' is no tag."),
        ("a@x.example,," + "|".join(f"t{n}" for n in range(51)), "51 tags are too many."),
    ],
)
def test_a_row_with_an_unknown_plan_or_tag_is_refused(row: str, reason: str) -> None:
    report = loaded(make_newsletter(), f"email,plan,tags\n{row}\nb@x.example,,\n")
    assert (report.loaded, report.refused) == (1, [{"row": 2, "reason": reason}])


def test_an_office_marks_a_reader() -> None:
    reader = make_reader(make_newsletter(), "a@x.example", language="fr", tags=["press"])
    mark(reader_at("A@X.example"), plan="paid", tags=["Donor", "donor "], center="India")
    assert marks("a@x.example") == ("fr", "india", "paid", ["donor"])
    with pytest.raises(NotFound):
        reader_at("nobody@x.example")
    assert reader.pk


def test_a_reader_ticks_what_is_offered_and_nothing_else() -> None:
    reader = make_reader(make_newsletter(), "a@x.example", tags=["donor", "energy"])
    choose(reader.pk, language="fr", ticked=["Asia", "board member"], offered=["Asia", "Energy"])
    assert marks("a@x.example") == ("fr", "", "plain", ["asia", "donor"])


def test_a_reader_may_see_and_take_away_all_that_is_kept() -> None:
    reader = make_reader(make_newsletter(), "a@x.example", tags=["donor"], center="india", plan="paid")
    told = export(reader)
    assert (told["center"], told["plan"], told["tags"]) == ("india", "paid", ["donor"])
    erase(reader.pk, by="ada", now=NOW)
    assert Reader.objects.values_list("center", "plan", "tags").get(pk=reader.pk) == ("", "plain", [])


def test_a_group_is_counted_among_those_who_would_get_an_issue() -> None:
    newsletter = make_newsletter()
    make_reader(newsletter, plan="paid")
    make_reader(newsletter, plan="paid", state="paused")
    make_reader(newsletter)
    assert (group_count(newsletter, "plan:paid"), group_count(newsletter, "plan:plain")) == (1, 1)
