"""Names of worker hosts."""

from __future__ import annotations

import pytest

from workers import hand


def test_two_workers_never_share_a_place_though_their_hosts_and_process_numbers_are_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "worker")
    monkeypatch.setattr("os.getpid", lambda: 1)
    assert hand.name_a_place() != hand.name_a_place()
