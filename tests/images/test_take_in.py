"""Only pixels pass into the library: nothing that a file hides, and no file that would hurt us."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from newsletter.errors import Invalid
from newsletter.images import apart
from newsletter.images.apart import take_in
from newsletter.images.reencode import MOST_OCTETS, File, NoPicture
from newsletter.images.reencode import take_in as take_in_here
from tests.images.drawings import flat, opened, picture

SECRET = b"GPS 38.9N 77.0W"


def only(octets: bytes, place: str = "master", scale: int = 1) -> File:
    return next(file for file in take_in(octets).files if (file.place, file.scale) == (place, scale))


def with_exif(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # ImageDescription
    exif[0x0112] = 6  # turned by 90 degrees
    return picture(800, 400, kind, exif=exif)


def test_what_a_file_tells_of_place_and_camera_is_gone() -> None:
    given = with_exif("JPEG")
    files = take_in(given).files
    assert SECRET in given
    assert [SECRET in file.octets or bool(opened(file.octets).getexif()) for file in files] == [False] * 5


def test_a_picture_stands_upright_as_its_exif_said() -> None:
    master = only(with_exif("JPEG"))
    assert (master.width, master.height) == (400, 800)


def test_comments_and_texts_are_gone() -> None:
    told = PngInfo()
    told.add_text("Comment", SECRET.decode())
    told.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    files = take_in(flat(pnginfo=told)).files
    assert [SECRET in file.octets for file in files] == [False] * 5


def test_what_hangs_behind_the_end_is_gone() -> None:
    both = picture(300, 200) + b"PK\x03\x04<script>alert(1)</script>"
    assert [b"<script" in file.octets for file in take_in(both).files] == [False] * 5


def test_a_page_that_begins_as_a_picture_becomes_a_picture() -> None:
    told = picture(300, 200, comment=b"<html><script>alert(1)</script>")
    assert b"<script" in told
    assert b"<script" not in only(told).octets


def test_a_photograph_has_a_sharp_and_a_plain_file_for_every_place() -> None:
    sizes = {(file.place, file.scale): (file.width, file.height) for file in take_in(picture(1600, 900)).files}
    assert sizes == {
        ("master", 1): (1600, 900),
        ("wide", 1): (576, 324),
        ("wide", 2): (1152, 648),
        ("thumb", 1): (176, 132),
        ("thumb", 2): (352, 264),
    }


def test_an_upright_picture_is_no_taller_than_its_place() -> None:
    wide = only(picture(900, 1600), "wide", 2)
    assert (wide.width, wide.height) == (486, 864)


def test_a_small_picture_is_never_blown_up() -> None:
    sizes = {(file.place, file.scale): (file.width, file.height) for file in take_in(picture(100, 50)).files}
    assert sizes[("wide", 2)] == (100, 50)
    assert sizes[("thumb", 2)] == (67, 50)


def test_a_huge_picture_is_kept_at_most_2400_pixels_long() -> None:
    assert only(picture(5000, 1000)).width == 2400


def test_what_is_shown_in_mail_weighs_at_most_200_kilobytes() -> None:
    assert all(len(file.octets) <= MOST_OCTETS for file in take_in(picture()).files if file.place != "master")


def test_what_is_see_through_stays_so_and_a_photograph_becomes_jpeg() -> None:
    assert opened(only(flat()).octets).mode == "RGBA"
    assert only(picture(kind="PNG")).kind == "jpg"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_the_four_kinds_are_taken(kind: str) -> None:
    assert only(picture(64, 48, kind)).width == 64


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "CMYK", "I;16"])
def test_every_colour_space_becomes_one_that_mail_shows(mode: str) -> None:
    drawn = Image.new("L", (40, 30), 128).convert(mode) if mode != "I;16" else Image.new(mode, (40, 30), 30_000)
    target = io.BytesIO()
    drawn.save(target, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(only(target.getvalue()).octets).mode in ("RGB", "RGBA", "P")


def test_of_a_moving_picture_the_first_frame_is_kept_and_that_is_said() -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])
    drawn = take_in(target.getvalue())
    assert drawn.notes == ("The first of 3 frames was kept: pictures in mail do not move.",)
    assert all(getattr(opened(file.octets), "n_frames", 1) == 1 for file in drawn.files)


@pytest.mark.parametrize(
    "octets",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\xef\xbb\xbf<?xml version='1.0'?><svg/>",
        b"\n\n<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' ''><svg/>",
        b"<!-- a picture --><svg></svg>",
    ],
)
def test_svg_is_refused_by_name(octets: bytes) -> None:
    with pytest.raises(Invalid, match="SVG") as refusal:
        take_in(octets)
    assert refusal.value.code == "no_image"


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PDF", "PPM"])
def test_other_kinds_are_refused(kind: str) -> None:
    with pytest.raises(Invalid, match="no JPEG, PNG, GIF or WebP"):
        take_in(picture(32, 32, kind))


@pytest.mark.parametrize("octets", [b"", b"GIF89a", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n", picture(64, 64)[:300]])
def test_what_is_broken_is_refused(octets: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        take_in(octets)
    assert refusal.value.code == "no_image"


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it is enormous."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_bomb_of_pixels_is_refused_before_it_is_drawn() -> None:
    with pytest.raises(NoPicture, match="40 million"):
        take_in_here(bomb(50_000, 50_000))


def test_a_file_of_more_than_15_megabytes_is_refused_unread() -> None:
    with pytest.raises(Invalid) as refusal:
        take_in(b"\xff\xd8" + b"\0" * apart.MOST_OCTETS)
    assert refusal.value.code == "too_large"


def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PATIENCE_SECONDS", 0.001)
    with pytest.raises(Invalid, match="too long"):
        take_in(picture())


def test_a_decoder_that_dies_is_no_death_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart.sys, "executable", "/bin/false")
    with pytest.raises(Invalid, match="dies"):
        take_in(picture(32, 32))


@settings(max_examples=200)
@given(start=st.integers(0, 2000), noise=st.binary(max_size=60))
def test_spoilt_files_end_as_a_picture_or_a_reason(start: int, noise: bytes) -> None:
    whole = SPOILT[start % len(SPOILT)]
    spoilt = whole[:start] + noise + whole[start + len(noise) :]
    with contextlib.suppress(NoPicture):
        assert take_in_here(spoilt).files


SPOILT = [picture(24, 16, kind) for kind in ("JPEG", "PNG", "GIF", "WEBP")]
