"""3 · Gmail drops a style element in which an @-rule stands inside another, or which it cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.css import declarations
from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Read every <style> element and every style attribute."""
    for css in sheet.head_css:
        for chain in dict.fromkeys(chain for chain in css.at_rules if len(chain) > 1):
            place = f"<style>: {excerpt(chain[-1], 40)} in {excerpt(chain[-2], 40)}"
            yield Finding("style_syntax", "E", place, "Take the inner @-rule out of the outer one; Gmail drops both.")
        for problem in css.problems:
            yield Finding("style_syntax", "W", f"<style>: {excerpt(problem)}", "Correct the CSS.")
    for style in dict.fromkeys(map(str, sheet.tree.xpath("//@style"))):
        for problem in declarations(style)[1]:
            yield Finding("style_syntax", "W", f'style="{excerpt(style, 30)}": {excerpt(problem)}', "Correct the CSS.")
