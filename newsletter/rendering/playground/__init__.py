"""A page for people who design templates: every language, width and scheme side by side, live, findings below."""

from newsletter.rendering.playground.play import Playground
from newsletter.rendering.playground.serve import serve

__all__ = ["Playground", "serve"]
