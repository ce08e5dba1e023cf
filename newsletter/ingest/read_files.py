"""Files and folders become records, a batch at a time; many files are read by a process of its own.

Reading a page costs more than storing it, so above one batch the next batches are read on another core meanwhile.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from newsletter.articles.identity import clean_address
from newsletter.errors import Invalid
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources import SOURCES

BATCH = 500
AHEAD = 2  # batches read and waiting: some six megabytes
LARGEST_FILE = 20 << 20
ENDINGS = {  # of the files that are taken from a folder, by form
    "page-export": frozenset({".txt", ".text", ".md", ""}),
    "feed": frozenset({".xml", ".rss", ".atom", ".rdf"}),
    "csv": frozenset({".csv", ".tsv"}),
    "jsonl": frozenset({".jsonl", ".ndjson", ".json"}),
}
JSON = frozenset({".json"})
NOWHERE = "line 1, column 1"
Records = list[IncomingArticle | RefusedRecord]
Batch = list[tuple[Path, str, str]]  # a file, the name of its record, and its address


def read_files(
    paths: Sequence[Path], *, form: str, url_map: Mapping[str, str], left_alone: list[dict[str, str]]
) -> Iterator[Records]:
    """Yield the records of files and folders in the order of their names, some hundred at a time.

    Files in a folder that end otherwise are told to ``left_alone``. Raises ``Invalid`` for a path that is not
    there, before anything is read.
    """
    for path in paths:
        if not path.exists():
            raise Invalid(f"{path} is not there.", where=str(path), fix="Give files or folders that exist.")
    endings = ENDINGS.get(form, JSON)
    found = (
        (file, key, clean_address(url_map.get(key) or url_map.get(_name(file), "")))
        for file, key in _walk(paths, endings, left_alone)
    )
    batches = iter(lambda: list(islice(found, BATCH)), [])
    first = next(batches, [])
    yield _read_all(first, form)
    if second := next(batches, []):
        yield from _read_elsewhere(second, batches, form)


def _read_elsewhere(second: Batch, rest: Iterator[Batch], form: str) -> Iterator[Records]:
    with _Child(form) as child, ThreadPoolExecutor(1) as asking:
        under_way = deque(asking.submit(child.read, batch) for batch in (second, *islice(rest, AHEAD - 1)))
        while under_way:
            records = under_way.popleft().result()
            under_way.extend(asking.submit(child.read, batch) for batch in islice(rest, 1))
            yield records


class _Child:
    """A Python of its own that reads batches; whatever becomes of it, the batch is read."""

    def __init__(self, form: str) -> None:
        self._form = form
        command = [sys.executable, "-m", "newsletter.ingest.read_files"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *trouble: object) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, batch: Batch) -> Records:
        """Return the records of a batch: the child's, or ours when it is gone."""
        asked, answered = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answered is not None
        try:
            pickle.dump((batch, self._form), asked)
            asked.flush()
            records: Records = pickle.load(answered)  # noqa: S301 - from a process of our own
        except (OSError, EOFError, pickle.UnpicklingError):
            return _read_all(batch, self._form)
        return records


def main() -> None:
    """Read batches from standard input and write their records to standard output until nobody asks."""
    while True:
        try:
            batch, form = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started us
        except EOFError:
            return
        pickle.dump(_read_all(batch, form), sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _walk(
    paths: Sequence[Path], endings: frozenset[str], left_alone: list[dict[str, str]]
) -> Iterator[tuple[Path, str]]:
    """Yield files and their names; one in a folder inside is named with it, so that two of one name stay apart."""
    for path in paths:
        if not path.is_dir():
            yield path, _name(path)
            continue
        for file in sorted(path.rglob("[!.]*")):
            if file.is_file() and file.suffix.lower() in endings:
                yield file, _told(file.relative_to(path).as_posix())
            elif not file.is_dir():
                left_alone.append(_left_alone(file, endings))


def _left_alone(file: Path, endings: frozenset[str]) -> dict[str, str]:
    why = f"it does not end in {', '.join(sorted(filter(None, endings)))}" if file.is_file() else "it is no file"
    return {"file": _name(file), "field": "", "code": "left_alone", "message": f"The file was left alone: {why}."}


def _read_all(batch: Iterable[tuple[Path, str, str]], form: str) -> Records:
    return [record for file, key, url in batch for record in _read(file, key, url, form)]


def _read(file: Path, name: str, url: str, form: str) -> Iterable[IncomingArticle | RefusedRecord]:
    try:
        if file.stat().st_size > LARGEST_FILE:
            words = f"The file is larger than {LARGEST_FILE >> 20} MB."
            return [RefusedRecord(name, "too_large", words, NOWHERE)]
        content = file.read_bytes()
    except OSError as error:
        return [RefusedRecord(name, "unreadable", f"The file cannot be read: {error.strerror}.", NOWHERE)]
    return SOURCES[form].read(content, key=name, url=url)


def _name(file: Path) -> str:
    return _told(file.name)


def _told(name: str) -> str:
    return name.encode("utf-8", "replace").decode()[-500:]


if __name__ == "__main__":
    main()
