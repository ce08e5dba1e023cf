"""Hosts that see different folders of images are told so, in the doctor and at their start."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from newsletter.errors import Refused
from newsletter.images.models import FolderMark
from newsletter.images.same_folder import FILE, accept_folder, check_folder, check_folder_if_possible
from newsletter.management.health import PARTS, _examined

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hosts(tmp_path: Path, settings: Any) -> tuple[Path, Path]:
    """Two folders; the first is the one the service began with."""
    settings.MEDIA = tmp_path / "shared"
    check_folder()
    return tmp_path / "shared", tmp_path / "other"


def test_a_host_that_sees_the_same_folder_is_well(hosts: tuple[Path, Path]) -> None:
    check_folder()
    assert check_folder_if_possible() == ""
    assert [place.name for place in hosts[0].iterdir()] == [FILE]


@pytest.mark.parametrize("made", ["absent", "empty", "another"])
def test_a_host_with_a_folder_of_its_own_is_told(made: str, hosts: tuple[Path, Path], settings: Any) -> None:
    settings.MEDIA = hosts[1]
    if made != "absent":
        hosts[1].mkdir()
    if made == "another":
        (hosts[1] / FILE).write_text("0" * 32)
    with pytest.raises(Refused, match="not the folder of images that the other hosts use"):
        check_folder()
    part = _examined("images", PARTS["images"], timezone.now())
    assert (part.ok, "newsletter images accept" in part.detail) == (False, True)
    assert "not the folder" in check_folder_if_possible()


def test_a_new_folder_is_accepted_by_a_person(hosts: tuple[Path, Path], settings: Any) -> None:
    settings.MEDIA = hosts[1]
    accept_folder()
    check_folder()
    settings.MEDIA = hosts[0]
    with pytest.raises(Refused):
        check_folder()


def test_what_is_accepted_is_dated_anew(hosts: tuple[Path, Path], settings: Any) -> None:
    FolderMark.objects.update(since=timezone.now() - timedelta(days=400))
    settings.MEDIA = hosts[1]
    accept_folder()
    assert timezone.now() - FolderMark.objects.get().since < timedelta(days=1)


def test_a_share_without_hard_links_will_do(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    settings.MEDIA = tmp_path / "share"
    check_folder()
    assert (tmp_path / "share" / FILE).read_text() == FolderMark.objects.get().mark


def test_a_mark_whose_writer_died_is_written_anew(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.images.same_folder.WRITTEN_SECONDS", 0.1)
    (tmp_path / FILE).touch()
    settings.MEDIA = tmp_path
    check_folder()
    assert len((tmp_path / FILE).read_text()) == 32


def test_a_folder_that_is_copied_with_its_mark_is_the_same(hosts: tuple[Path, Path], settings: Any) -> None:
    hosts[1].mkdir()
    (hosts[1] / FILE).write_bytes((hosts[0] / FILE).read_bytes())
    settings.MEDIA = hosts[1]
    check_folder()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "file").write_text("")
    settings.MEDIA = tmp_path / "file" / "media"
    assert "cannot be used" in check_folder_if_possible()
