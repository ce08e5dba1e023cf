"""Uploads end where they become too large, before they fill a disk."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from newsletter.images.apart import MOST_OCTETS

FRAME_OCTETS = 64 << 10  # what a form adds around its file


class Bounded(FileUploadHandler):
    """Stands before the handlers that keep octets, and counts what passes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._passed = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._passed += len(raw_data)
        if self._passed > MOST_OCTETS + FRAME_OCTETS:
            raise RequestDataTooBig("The files of this form are larger than images may be.")
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
