"""Draw the pictures of the sample newsroom: abstract maps, seas, cities and charts (needs Pillow).

python examples/newsroom/make_images.py
"""

from __future__ import annotations

import math
import random
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

HERE = Path(__file__).parent / "images"
SIZE = (1200, 675)
PALETTES = {
    "sea": ("#0b2a45", "#1f5b86", "#7fb2cf", "#f0e6d2"),
    "sand": ("#5b3415", "#b9773a", "#e6c48f", "#f6ecd9"),
    "forest": ("#10302a", "#2c6b57", "#8fbf9f", "#eef3e4"),
    "dusk": ("#2a1b3d", "#6a3f7d", "#d2899b", "#f7dcc4"),
    "steel": ("#1d2730", "#4d6172", "#a9bac6", "#eef2f4"),
}


def sky(palette: tuple[str, ...], rng: random.Random) -> Image.Image:
    """Return a soft gradient from the first to the last colour."""
    column = Image.new("RGB", (1, 4))
    for row, colour in enumerate(reversed(palette)):
        column.putpixel((0, row), tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)))
    picture = column.resize(SIZE, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture, "RGBA")
    x, y = rng.randrange(200, 1000), rng.randrange(120, 260)
    draw.ellipse((x - 70, y - 70, x + 70, y + 70), fill=(255, 250, 235, 150))
    return picture.filter(ImageFilter.GaussianBlur(2))


def waves(palette: tuple[str, ...], rng: random.Random) -> Image.Image:
    """Return a sea of layered waves."""
    picture = sky(palette, rng)
    draw = ImageDraw.Draw(picture, "RGBA")
    for layer in range(9):
        base, height, phase = 330 + layer * 40, rng.uniform(8, 26), rng.uniform(0, 6)
        line = [(x, base + height * math.sin(x / rng.choice((90, 140, 190)) * 0.9 + phase)) for x in range(0, 1210, 10)]
        shade = palette[min(layer // 4, 1)]
        colour = (*(int(shade[i : i + 2], 16) for i in (1, 3, 5)), 110)
        draw.polygon([*line, (1200, 675), (0, 675)], fill=colour)
    return picture


def city(palette: tuple[str, ...], rng: random.Random) -> Image.Image:
    """Return a skyline at evening."""
    picture = sky(palette, rng)
    draw = ImageDraw.Draw(picture)
    for depth, colour in enumerate((palette[1], palette[0])):
        x = -20
        while x < 1200:
            width, height = rng.randrange(40, 110), rng.randrange(120, 330) - depth * 60
            draw.rectangle((x, 675 - height, x + width, 675), fill=colour)
            for window in range(int(height / 26)):
                if depth and rng.random() < 0.5:
                    left = x + 8 + rng.randrange(max(width - 22, 1))
                    draw.rectangle(
                        (left, 675 - height + 10 + window * 26, left + 7, 675 - height + 19 + window * 26), palette[3]
                    )
            x += width + rng.randrange(2, 14)
    return picture


def routes(palette: tuple[str, ...], rng: random.Random) -> Image.Image:
    """Return a map of nobody's coast with routes between its ports."""
    picture = Image.new("RGB", SIZE, palette[3])
    draw = ImageDraw.Draw(picture, "RGBA")
    for line in range(0, 1200, 75):
        draw.line((line, 0, line, 675), fill="#00000012", width=1)
        draw.line((0, line, 1200, line), fill="#00000012", width=1)
    for _ in range(3):
        cx, cy, radius = rng.randrange(0, 1200), rng.randrange(0, 675), rng.randrange(160, 330)
        land = [
            (
                cx + radius * rng.uniform(0.75, 1.2) * math.cos(a / 12),
                cy + radius * rng.uniform(0.6, 0.9) * math.sin(a / 12),
            )
            for a in range(76)
        ]
        draw.polygon(land, fill=palette[2])
    ports = [(rng.randrange(90, 1110), rng.randrange(80, 600)) for _ in range(7)]
    for one, other in pairwise(ports):
        middle = ((one[0] + other[0]) / 2 + rng.randrange(-120, 120), (one[1] + other[1]) / 2 + rng.randrange(-90, 90))
        curve = [
            tuple((1 - t) ** 2 * a + 2 * t * (1 - t) * m + t**2 * b for a, m, b in zip(one, middle, other, strict=True))
            for t in (step / 40 for step in range(41))
        ]
        draw.line(curve, fill=palette[0], width=4)
    for x, y in ports:
        draw.ellipse((x - 11, y - 11, x + 11, y + 11), fill=palette[1], outline="white", width=4)
    return picture


def chart(palette: tuple[str, ...], rng: random.Random) -> Image.Image:
    """Return two lines that cross, and bars below them."""
    picture = Image.new("RGB", SIZE, palette[3])
    draw = ImageDraw.Draw(picture)
    for y in range(120, 620, 90):
        draw.line((80, y, 1120, y), fill=palette[2], width=1)
    for bar in range(16):
        height = rng.randrange(40, 230)
        draw.rectangle((100 + bar * 64, 600 - height, 140 + bar * 64, 600), fill=palette[2])
    for colour, slope in ((palette[0], -20), (palette[1], 18)):
        y = 360.0
        line = []
        for step in range(27):
            y += slope * 0.5 + rng.uniform(-26, 26)
            line.append((90 + step * 40, min(max(y + (200 if slope < 0 else -150), 90), 590)))
        draw.line(line, fill=colour, width=8, joint="curve")
    return picture


PICTURES = {
    "harbor": (waves, "sea"),
    "strait": (waves, "steel"),
    "delta": (waves, "forest"),
    "capital": (city, "dusk"),
    "towers": (city, "sand"),
    "ministry": (city, "steel"),
    "corridor": (routes, "sand"),
    "cables": (routes, "sea"),
    "rivers": (routes, "forest"),
    "prices": (chart, "steel"),
    "budget": (chart, "sea"),
    "energy": (chart, "dusk"),
}


def main() -> None:
    """Write every picture."""
    HERE.mkdir(exist_ok=True)
    for number, (name, (draw, palette)) in enumerate(PICTURES.items()):
        picture = draw(PALETTES[palette], random.Random(number))
        picture.save(HERE / f"{name}.jpg", quality=78, optimize=True, progressive=True)


if __name__ == "__main__":
    main()
