"""Keys: which are taken, and how a bad one is refused by its name."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import override_settings
from django.utils import timezone

from newsletter.delivery.dkim.keys import read_keys
from newsletter.delivery.dkim.record import record_name, record_text, zone_line
from newsletter.delivery.dkim.ring import unsigned
from newsletter.delivery.ledger import Row
from newsletter.delivery.letters import letter_octets
from newsletter.delivery.writer import writer_of
from newsletter.errors import Invalid
from newsletter.management.health import examine
from tests.delivery.dkim.made import DOMAIN, rsa_key, two_keys, verified, write_key
from tests.delivery.letter import make_letter
from tests.delivery.stage import make_issue
from tests.factories import make_newsletter


def refused(entry: str) -> str:
    with pytest.raises(Invalid) as caught:
        read_keys([entry])
    assert caught.value.where == "NEWSLETTER_DKIM_KEYS"
    return caught.value.message


@pytest.mark.parametrize(
    "entry", ["x", "s@example.org", "s=/k.pem", "@example.org=/k.pem", "s@example=/k.pem", "s@a b.org=/k"]
)
def test_an_entry_that_is_none_is_refused(entry: str) -> None:
    assert refused(entry) == f"NEWSLETTER_DKIM_KEYS: {entry!r} cannot be read."


def test_a_file_that_is_not_there_is_refused() -> None:
    assert refused("s@example.org=/nowhere/k.pem").endswith("names no file of a key.")


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    place = write_key(tmp_path / "k.pem", rsa_key(), mode=0o640)
    assert refused(f"s@example.org={place}").endswith("names a file that others can read.")


def test_a_file_that_holds_no_key_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "k.pem"
    place.write_text("secret words")
    place.chmod(0o600)
    message = refused(f"s@example.org={place}")
    assert message.endswith("names a file that holds no such key.")
    assert "secret words" not in message


def test_a_short_rsa_key_is_refused(tmp_path: Path) -> None:
    place = write_key(tmp_path / "k.pem", rsa_key(1024))
    assert refused(f"s@example.org={place}").endswith("names an RSA key of 1024 bits.")


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    place = write_key(tmp_path / "k.pem", ec.generate_private_key(ec.SECP256R1()))
    assert refused(f"s@example.org={place}").endswith("names a key that is neither RSA nor Ed25519.")


def test_a_selector_stands_once(tmp_path: Path) -> None:
    place = write_key(tmp_path / "k.pem", Ed25519PrivateKey.generate())
    with pytest.raises(Invalid, match="stands there twice"):
        read_keys([f"s@example.org={place}", f"S@Example.org={place}"])


def test_a_domain_in_another_script_is_found_in_either_form(tmp_path: Path) -> None:
    place = write_key(tmp_path / "k.pem", Ed25519PrivateKey.generate())
    assert list(read_keys([f"s@bücher.example={place}"])) == ["xn--bcher-kva.example"]


def test_a_key_does_not_show_its_secret(tmp_path: Path) -> None:
    assert "PrivateKey" not in repr(two_keys(tmp_path))


def test_a_bad_key_stops_the_start_with_its_name(tmp_path: Path) -> None:
    place = write_key(tmp_path / "k.pem", rsa_key(), mode=0o644)
    done = subprocess.run(
        [sys.executable, "-c", "import newsletter.settings"],
        env={**os.environ, "NEWSLETTER_DKIM_KEYS": f"s@example.org={place}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"NEWSLETTER_DKIM_KEYS: 's@example.org={place}' names a file that others can read." in done.stderr


def test_the_record_of_an_rsa_key_is_cut_into_strings(tmp_path: Path) -> None:
    key, _ = two_keys(tmp_path)
    assert record_name(key) == f"r1._domainkey.{DOMAIN}"
    assert record_text(key).startswith("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")
    strings = zone_line(key).split('"')[1::2]
    assert "".join(strings) == record_text(key)
    assert max(map(len, strings)) <= 255


def test_the_record_of_an_ed25519_key_holds_its_32_octets(tmp_path: Path) -> None:
    _, key = two_keys(tmp_path)
    start, _, public = record_text(key).partition("p=")
    assert start == "v=DKIM1; k=ed25519; "
    assert len(base64.b64decode(public)) == 32


@pytest.mark.django_db
def test_every_copy_of_an_issue_is_signed_for_its_sender(tmp_path: Path) -> None:
    issue = make_issue()
    domain = issue.newsletter.sender.address.rpartition("@")[2]
    keys = two_keys(tmp_path, domain)
    with override_settings(DKIM_KEYS={domain: keys}):
        content = writer_of(issue.pk).content(Row(7, 7, "r7@readers.example", "Reader", "", 0, ""))
    assert verified(content.replace(b"\r\n..", b"\r\n."), keys) == [True, True]


@pytest.mark.django_db
def test_a_letter_is_signed_for_its_sender(tmp_path: Path) -> None:
    letter = make_letter()
    domain = letter.sender.address.rpartition("@")[2]
    keys = two_keys(tmp_path, domain)
    with override_settings(DKIM_KEYS={domain: keys}):
        octets = letter_octets(letter)
    assert verified(octets.replace(b"\r\n..", b"\r\n."), keys) == [True, True]


@pytest.mark.django_db
def test_mail_of_other_domains_is_not_signed(tmp_path: Path) -> None:
    issue = make_issue()
    with override_settings(DKIM_KEYS={DOMAIN: two_keys(tmp_path)}):
        content = writer_of(issue.pk).content(Row(7, 7, "r7@readers.example", "Reader", "", 0, ""))
    assert b"DKIM-Signature" not in content


@pytest.mark.django_db
def test_the_doctor_names_a_sender_without_a_key(tmp_path: Path) -> None:
    sender = make_newsletter().sender
    with override_settings(DKIM_KEYS={DOMAIN: two_keys(tmp_path)}):
        part = next(part for part in examine(timezone.now()) if part.name == "dkim")
        assert unsigned([sender]) == [sender.address.rpartition("@")[2]]
    assert not part.ok
    assert part.detail.startswith(f"No key signs mail from {sender.address.rpartition('@')[2]}.")


@pytest.mark.django_db
def test_the_doctor_tells_the_keys(tmp_path: Path) -> None:
    with override_settings(DKIM_KEYS={DOMAIN: two_keys(tmp_path)}):
        part = next(part for part in examine(timezone.now()) if part.name == "dkim")
    assert (part.ok, part.detail) == (True, f"r1@{DOMAIN} (rsa), e1@{DOMAIN} (ed25519)")
