"""Files become records in the order of their names, whoever reads them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from newsletter.errors import Invalid
from newsletter.ingest import read_files as module
from newsletter.ingest.read_files import read_files
from tests.factories.pages import whole_page


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "BATCH", 2)
    for number in range(7):
        (tmp_path / f"page-{number}.txt").write_bytes(whole_page(title=f"Rivers and Borders {number}"))
    return tmp_path


def _keys(folder: Path) -> list[list[str]]:
    batches = read_files([folder], form="page-export", url_map={}, left_alone=[])
    return [[record.key for record in batch] for batch in batches]


WHOLE = [
    ["page-0.txt", "page-1.txt"],
    ["page-2.txt", "page-3.txt"],
    ["page-4.txt", "page-5.txt"],
    ["page-6.txt"],
]


def test_many_files_are_read_by_another_process_in_the_order_of_their_names(folder: Path) -> None:
    assert _keys(folder) == WHOLE


def test_the_other_process_reads_what_this_one_would(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = list(read_files([folder], form="page-export", url_map={}, left_alone=[]))
    monkeypatch.setattr(module, "BATCH", 100)
    [here] = read_files([folder], form="page-export", url_map={}, left_alone=[])
    assert [record for batch in elsewhere for record in batch] == here


def test_nothing_is_lost_when_the_other_process_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = subprocess.Popen

    def dying(*args: object, **kwargs: object) -> subprocess.Popen[bytes]:
        child = started(*args, **kwargs)  # type: ignore[call-overload]
        child.kill()
        return child

    monkeypatch.setattr(subprocess, "Popen", dying)
    assert _keys(folder) == WHOLE


def test_a_path_that_is_not_there_is_refused_before_anything_is_read(folder: Path) -> None:
    with pytest.raises(Invalid, match="is not there"):
        next(read_files([folder, folder / "nowhere"], form="page-export", url_map={}, left_alone=[]))


def test_a_file_of_another_kind_is_left_alone_and_told(folder: Path) -> None:
    (folder / "picture.png").write_bytes(b"x")
    told: list[dict[str, str]] = []
    list(read_files([folder], form="page-export", url_map={}, left_alone=told))
    assert [one["file"] for one in told] == ["picture.png"]


def test_two_files_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    for name in ("europe", "india"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.txt").write_bytes(whole_page())
    assert _keys(tmp_path) == [["europe/page.txt", "india/page.txt"]]


@pytest.mark.parametrize("name", ["page.txt", "europe/page.txt"])
def test_an_address_is_given_by_the_name_of_a_file_or_by_its_folder_and_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "europe").mkdir()
    (tmp_path / "europe" / "page.txt").write_bytes(whole_page())
    address = "https://meridian.example/2021/12/rivers"
    [[record]] = read_files([tmp_path], form="page-export", url_map={name: address}, left_alone=[])
    assert record.url == address


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    told: list[dict[str, str]] = []
    list(read_files([tmp_path], form="page-export", url_map={}, left_alone=told))
    assert [(one["file"], one["message"]) for one in told] == [("gone.txt", "The file was left alone: it is no file.")]
