"""Writes every message into a folder as .eml, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from newsletter.delivery.instant import InstantChannel
from newsletter.delivery.transport import Channel, Envelope, Reply


class Files:
    """One file a message, named by the number of its envelope; a second attempt replaces the first."""

    name = "file"
    most = 4

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ready(self) -> bool:
        """Return whether a channel can be opened at once: always."""
        return True

    def open(self) -> Channel:
        """Return a channel that writes files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return InstantChannel(self._write)

    def _write(self, envelope: Envelope, message: bytes) -> Reply:
        place = self.folder / f"{envelope.key}.eml"
        half = place.with_suffix(f".{os.getpid()}")
        try:
            half.write_bytes(message)
            half.replace(place)
        except OSError as error:
            return Reply(452, "4.3.1", f"4.3.1 {error.strerror}")
        return Reply(250, "2.0.0", f"2.0.0 written as {place.name}")
