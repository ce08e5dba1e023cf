"""Relays out of a file and back into it."""

from __future__ import annotations

import pytest

from newsletter.delivery.relays.models import DomainPace, StandingRelay
from newsletter.delivery.relays.relay_file import dump, load
from newsletter.errors import Invalid

pytestmark = pytest.mark.django_db
WHOLE = """
[[relay]]
code = "main"
address = "smtp://relay.example.org:587?tls=starttls"
weight = 3
connections = 20
per_connection = 500
rate = "100/s"
per_day = 50000
warm_up = { begins = 2026-12-01, first = 500, growth = 1.5, days = 20 }

[[relay]]
code = "spare"
transport = "anymail"
priority = 2
active = false

[[domain]]
name = "Gmail.com"
rate = "20/m"

[[domain]]
name = "*"
rate = "5/s"
"""


def test_what_is_dumped_is_what_was_loaded() -> None:
    load(WHOLE, where="f")
    once = dump()
    load(once, where="f")
    assert dump() == once
    main = StandingRelay.objects.get(code="main")
    assert (main.weight, main.connections, main.per_connection, main.rate, main.per_day) == (3, 20, 500, "100/s", 50000)
    assert main.warm_up == {"begins": "2026-12-01", "first": 500, "growth": 1.5, "days": 20}
    assert dict(DomainPace.objects.values_list("domain", "rate")) == {"gmail.com": "20/m", "*": "5/s"}


def test_a_file_holds_all_there_are() -> None:
    load(WHOLE, where="f")
    load('[[relay]]\ncode = "one"\naddress = "smtp://one.example"\n', where="f")
    assert list(StandingRelay.objects.values_list("code", flat=True)) == ["one"]
    load("", where="f")
    assert dump() == ""


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[[relay]]\ncode = "a"\naddress = "smtp://me:secret@one.example"', "f: relay 1.address"),
        ('[[relay]]\ncode = "a"\naddress = "http://one.example"', "f: relay 1.address"),
        ('[[relay]]\ncode = "a"\n', "f: relay 1.address"),
        ('[[relay]]\ncode = "a"\naddress = "smtp://x"\nrate = "fast"', "f: relay 1.rate"),
        ('[[relay]]\ncode = "a"\naddress = "smtp://x"\nwieght = 3', "f: relay 1.wieght"),
        ('[[relay]]\ncode = "a"\naddress = "smtp://x"\nwarm_up = { first = 3 }', "f: relay 1.warm_up.begins"),
        ('[[relay]]\ncode = "a"\naddress = "smtp://x"\n[[relay]]\ncode = "A"\naddress = "smtp://y"', "f: relay.code"),
        ('[[domain]]\nname = "nodot"\nrate = "1/s"', "f: domain 1.name"),
        ('[[domain]]\nname = "a.example"', "f: domain 1.rate"),
        ("relay = 3", "f: relay"),
    ],
)
def test_a_wrong_file_names_its_place_and_stores_nothing(text: str, where: str) -> None:
    with pytest.raises(Invalid) as told:
        load(text, where="f")
    assert told.value.where == where
    assert not StandingRelay.objects.exists()


def test_a_password_in_a_file_is_refused_without_being_repeated() -> None:
    with pytest.raises(Invalid) as told:
        load('[[relay]]\ncode = "a"\naddress = "smtp://me:hunter2@one.example"', where="f")
    assert "hunter2" not in str(told.value.as_dict())
