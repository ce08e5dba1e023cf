"""Octets of strangers to clean pictures: only pixels pass. Runs in a child process (``images.apart``), without Django.

What comes out was drawn anew: no EXIF, no position, no comment, no profile, nothing behind the end of the file.
"""

from __future__ import annotations

import io
import resource
import sys
import warnings
from dataclasses import asdict, dataclass
from json import dumps, loads
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2400  # pixels of a master
MOST_OCTETS = 200_000  # of a rendition; the proofreader warns above
QUALITIES = (84, 76, 68, 58, 48)
WIDE, TALLEST = 576, 432  # CSS pixels: a picture across the digest, an upright one beside nothing
THUMB = (176, 132)
SCALES = (1, 2)
MEMORY_BYTES = 1 << 30
CPU_SECONDS = 30
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class NoPicture(ValueError):
    """These octets are no picture we take, for the reason given."""


@dataclass(frozen=True, slots=True)
class File:
    """A finished file: ``place`` is master, wide or thumb, ``scale`` 1 or 2."""

    place: str
    scale: int
    kind: str  # jpg or png
    width: int
    height: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Drawn:
    """The files of one picture and what was left out of it, in words."""

    files: tuple[File, ...]
    notes: tuple[str, ...]


def take_in(octets: bytes) -> Drawn:
    """Return the master and the renditions of a picture; raises ``NoPicture``."""
    picture, notes = _opened(octets)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    master = _file("master", 1, picture, most=None)
    return Drawn((master, *cut(master.octets, [], []).files), notes)  # as they are cut from it again later


def cut(octets: bytes, crop: list[float], focus: list[float]) -> Drawn:
    """Return the renditions of a master, cut and centred as told (fractions; empty = all of it, the middle)."""
    picture, _ = _opened(octets)
    return Drawn(tuple(_cut(picture, crop, focus)), ())


def _opened(octets: bytes) -> tuple[Image.Image, tuple[str, ...]]:
    start = octets[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml", b"<!doctype")) or b"<svg" in start:
        raise NoPicture("SVG holds programs, and mail programs do not show it; save it as PNG")
    try:
        picture = Image.open(io.BytesIO(octets), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise NoPicture(
                f"it has {picture.width} x {picture.height} pixels, more than {MOST_PIXELS // 10**6} million"
            )
        notes = _notes(picture)
        picture.load()
        return _plain(ImageOps.exif_transpose(picture)), notes
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NoPicture(f"it has more than {MOST_PIXELS // 10**6} million pixels") from None
    except UnidentifiedImageError:
        raise NoPicture("it is no JPEG, PNG, GIF or WebP") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, NoPicture):
            raise
        raise NoPicture(f"it is broken ({str(error)[:100]})") from None


def _notes(picture: Image.Image) -> tuple[str, ...]:
    frames = getattr(picture, "n_frames", 1)
    return (f"The first of {frames} frames was kept: pictures in mail do not move.",) if frames > 1 else ()


def _plain(picture: Image.Image) -> Image.Image:
    """Return the picture as sRGB, with or without transparency."""
    see_through = picture.has_transparency_data
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            done = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            picture = done or picture
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile: the colours stay as they are
    if picture.mode.startswith("I"):
        picture = picture.point(lambda level: level / 256).convert("L")
    plain = picture.convert("RGBA" if see_through else "RGB")
    if see_through and plain.getchannel("A").getextrema() == (255, 255):
        plain = plain.convert("RGB")
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    return fresh


def _cut(picture: Image.Image, crop: list[float], focus: list[float]) -> list[File]:
    left, top, right, bottom = crop or (0.0, 0.0, 1.0, 1.0)
    width, height = picture.size
    box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
    whole = picture.crop((box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1)))
    x, y = focus or (left + (right - left) / 2, top + (bottom - top) / 2)
    centre = tuple(min(max(part, 0.0), 1.0) for part in ((x - left) / (right - left), (y - top) / (bottom - top)))
    upright = whole.height > whole.width
    shape = (max(1, TALLEST * whole.width // whole.height), TALLEST) if upright else (WIDE, None)
    files = []
    for scale in SCALES:
        files.append(_file("wide", scale, _scaled(whole, shape, scale), most=MOST_OCTETS))
        room = _room(whole, THUMB, scale)
        fitted = ImageOps.fit(whole, room, Image.Resampling.LANCZOS, centering=(centre[0], centre[1]))
        files.append(_file("thumb", scale, fitted, most=MOST_OCTETS))
    return files


def _scaled(whole: Image.Image, shape: tuple[int, int | None], scale: int) -> Image.Image:
    """Return the picture at ``scale`` times its place, never larger than it is."""
    width = min(shape[0] * scale, whole.width)
    height = max(1, round(width * whole.height / whole.width))
    return whole.resize((width, height), Image.Resampling.LANCZOS)


def _room(whole: Image.Image, shape: tuple[int, int], scale: int) -> tuple[int, int]:
    """Return the size of a place at ``scale``, made smaller in proportion where the picture has not the pixels."""
    share = min(1.0, whole.width / (shape[0] * scale), whole.height / (shape[1] * scale))
    return max(1, round(shape[0] * scale * share)), max(1, round(shape[1] * scale * share))


def _file(place: str, scale: int, picture: Image.Image, *, most: int | None) -> File:
    """Return PNG for what is see-through or drawn, else JPEG, at the quality that fits."""
    flat = picture.getcolors(256) is not None
    if picture.mode == "RGBA" or flat:
        octets = _written(picture, "PNG", optimize=True)
        if picture.mode == "RGBA" or most is None or len(octets) <= most:
            return File(place, scale, "png", *picture.size, octets)
    qualities = (92,) if most is None else QUALITIES
    octets = b""
    for quality in qualities:
        octets = _written(picture, "JPEG", quality=quality, optimize=True, progressive=True)
        if most is None or len(octets) <= most:
            break
    return File(place, scale, "jpg", *picture.size, octets)


def _written(picture: Image.Image, kind: str, **how: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **how)
    return target.getvalue()


def main() -> None:
    """Serve one order from stdin: a line of JSON, then the octets; answer a line of JSON, then the files."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    for nothing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(nothing, (0, 0))
    order = loads(sys.stdin.buffer.readline())
    octets = sys.stdin.buffer.read()
    try:
        drawn = cut(octets, order["crop"], order["focus"]) if order["act"] == "cut" else take_in(octets)
    except (NoPicture, MemoryError) as error:
        sys.stdout.buffer.write(dumps({"refused": str(error) or "it takes too much memory"}).encode() + b"\n")
        return
    told = [{**asdict(file), "octets": len(file.octets)} for file in drawn.files]
    sys.stdout.buffer.write(dumps({"files": told, "notes": drawn.notes}).encode() + b"\n")
    sys.stdout.buffer.write(b"".join(file.octets for file in drawn.files))


if __name__ == "__main__":
    main()
