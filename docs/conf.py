"""Sphinx settings."""

project = "newsletter"
author = "The newsletter developers"
copyright = "2026, the newsletter developers"  # noqa: A001
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "newsletter"
html_static_path = ["_static"]
exclude_patterns = ["_build"]
nitpicky = True
