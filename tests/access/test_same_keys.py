"""Hosts with other keys than the rest are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from newsletter.access.models import KeyMark
from newsletter.access.same_keys import accept_key, check_keys, compare_keys
from newsletter.errors import NotFound, Refused
from newsletter.management.commands.keys import Command as Keys
from tests.delivery.stage import add_readers, database_url
from tests.factories import make_newsletter

pytestmark = pytest.mark.django_db
OTHER = "o" * 40


def _standing() -> dict[str, str]:
    return {one.name: one.here for one in compare_keys()}


def test_the_first_host_registers_its_keys_and_a_second_one_with_the_same_keys_is_welcome() -> None:
    check_keys()
    check_keys()
    assert _standing() == {"SECRET_KEY": "same", "NEWSLETTER_ADDRESS_KEY": "same", "NEWSLETTER_LINK_KEYS 1": "same"}


@pytest.mark.parametrize(
    ("setting", "value", "where"),
    [
        ("SECRET_KEY", OTHER, "SECRET_KEY"),
        ("ADDRESS_KEY", OTHER, "NEWSLETTER_ADDRESS_KEY"),
        ("LINK_KEYS", {1: OTHER}, "NEWSLETTER_LINK_KEYS"),
    ],
)
def test_another_key_is_refused_by_its_name(
    settings: Any, setting: str, value: str | Mapping[int, str], where: str
) -> None:
    check_keys()
    setattr(settings, setting, value)
    with pytest.raises(Refused) as refusal:
        check_keys()
    assert (refusal.value.code, refusal.value.where) == ("keys_differ", where)


def test_no_secret_can_be_read_from_what_is_kept() -> None:
    check_keys()
    kept = " ".join(KeyMark.objects.values_list("mark", flat=True))
    assert not any(secret in kept for secret in (settings.SECRET_KEY, settings.ADDRESS_KEY, settings.LINK_KEYS[1]))


def test_a_new_link_key_may_be_unknown_to_hosts_that_still_have_the_old_one(settings: Any) -> None:
    old = dict(settings.LINK_KEYS)
    check_keys()
    settings.LINK_KEYS = {2: OTHER, **old}
    check_keys()
    settings.LINK_KEYS = old
    check_keys()
    assert _standing()["NEWSLETTER_LINK_KEYS 2"] == "missing"


def test_after_a_change_is_accepted_the_host_with_the_old_key_is_refused(settings: Any) -> None:
    check_keys()
    old, settings.SECRET_KEY = settings.SECRET_KEY, OTHER
    accept_key("SECRET_KEY")
    check_keys()
    settings.SECRET_KEY = old
    with pytest.raises(Refused):
        check_keys()


def test_a_secret_key_takes_over_from_the_one_its_host_knows_as_old(settings: Any) -> None:
    check_keys()
    old, settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = settings.SECRET_KEY, OTHER, [settings.SECRET_KEY]
    check_keys()
    assert _standing()["SECRET_KEY"] == "same"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = old, []
    check_keys()
    assert _standing()["SECRET_KEY"] == "old"


def test_only_a_key_of_this_host_can_be_accepted() -> None:
    with pytest.raises(NotFound):
        accept_key("NEWSLETTER_LINK_KEYS 9")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["worker", "web", "beat", "tick"])
def test_a_host_with_another_key_does_not_start(verb: str, tmp_path: Path) -> None:
    check_keys()
    environment = {**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": OTHER}
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", verb],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "SECRET_KEY is not the one that another host registered" in done.stderr


def test_the_key_of_addresses_cannot_be_changed_under_readers() -> None:
    add_readers(make_newsletter(), 1)
    with pytest.raises(Refused) as refusal:
        Keys().run(act="accept", name="NEWSLETTER_ADDRESS_KEY")
    assert refusal.value.where == "NEWSLETTER_ADDRESS_KEY"
