"""A small payload for every source: name of the source -> what a CMS would answer."""

from __future__ import annotations

from tests.factories.pages import whole_page

SAMPLES = {
    "page-export": whole_page(),
    "feed": b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Meridian</title><item>
<title>Rivers of ctw</title><link>https://m.example/2026/11/rivers</link></item></channel></rss>""",
    "json-feed": b"""{"version": "https://jsonfeed.org/version/1.1", "title": "Meridian",
"items": [{"id": "1", "title": "Rivers of ctw", "url": "https://m.example/2026/11/rivers"}]}""",
    "wordpress": b"""[{"id": 1, "title": {"rendered": "Rivers of ctw"}, "link": "https://m.example/2026/11/rivers"}]""",
    "jsonl": b"""{"title": "Rivers and Borders", "englishNewsletterAll": "ctw"}""",
    "csv": b"""title,newsletter\nRivers and Borders,ctw\n""",
}
