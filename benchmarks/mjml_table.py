"""Write newsletter/rendering/mjml_table.json anew from npm mjml: ``python -m benchmarks.mjml_table`` (needs node, npm).

The table says which components there are, what their attributes take and which component stands inside which. It is
committed, so that nothing but this script needs node.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.npm_mjml import PINNED, WORK, installed

TABLE = Path(__file__).parents[1] / "newsletter" / "rendering" / "mjml_table.json"
# mjml and the four that have no class in npm mjml take these; "any" stands for every attribute of any component
PLAIN = {
    "mjml": {"lang": "string", "dir": "enum(ltr,rtl,auto)", "owa": "enum(desktop,mobile)"},
    "mj-all": {"any": "any"},
    "mj-class": {"name": "string", "any": "any"},
    "mj-selector": {"path": "string"},
    "mj-html-attribute": {"name": "string"},
}
SCRIPT = """
const preset = require('mjml-preset-core').default || require('mjml-preset-core');
const colors = require('mjml-core/lib/types/helpers/colors');
const children = {};
for (const [tag, inside] of Object.entries(preset.dependencies))
  children[tag] = inside.map(one => one instanceof RegExp ? '*' : one);
const components = {};
for (const one of preset.components)
  components[one.componentName] = {attributes: one.allowedAttributes || {}, ending: Boolean(one.endingTag)};
process.stdout.write(JSON.stringify({children, components, colors: colors.default || colors}));
"""


def main() -> None:
    """Ask npm mjml and write the table."""
    installed()
    done = subprocess.run(["node", "-e", SCRIPT], cwd=WORK, capture_output=True, text=True, check=True)
    table = made(json.loads(done.stdout))
    TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    attributes = sum(len(one["attributes"]) for one in table["components"].values())
    print(f"{len(table['components'])} components with {attributes} attributes from {PINNED}: {TABLE.name}")


def made(found: dict[str, Any]) -> dict[str, Any]:
    """Return the table of what npm mjml says: components by name, with attributes, children and text or not."""
    components = {
        name: {
            "attributes": dict(sorted(one["attributes"].items())),
            "children": sorted(found["children"].get(name, [])),
            "holds_html": one["ending"],
        }
        for name, one in found["components"].items()
    }
    for name, attributes in PLAIN.items():
        components[name] = {
            "attributes": attributes,
            "children": sorted(found["children"].get(name, [])),
            "holds_html": name == "mj-html-attribute",
        }
    components["mj-style"]["attributes"] = {"inline": "enum(inline)"}
    components["mj-attributes"]["children"] = ["*"]
    components["mj-class"]["children"] = ["*"]
    return {"version": PINNED, "colors": sorted(found["colors"]), "components": components}


if __name__ == "__main__":
    main()
