"""npm mjml, the yardstick of our rendering, installed below .newsletter/ on first use."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

PINNED = "mjml@4.18.0"
WORK = Path(".newsletter") / "conformance"
SCRIPT = """
const found = require('mjml'); const mjml = found.default || found; const fs = require('fs');
const sources = JSON.parse(fs.readFileSync(0));
const out = {};
for (const [name, source] of Object.entries(sources)) {
  try { out[name] = mjml(source, {validationLevel: 'skip', fonts: {}, keepComments: false}).html }
  catch (error) { out[name] = String(error) }
}
process.stdout.write(JSON.stringify(out));
"""


def installed() -> None:
    """Install the pinned version when it is missing."""
    WORK.mkdir(parents=True, exist_ok=True)
    if not (WORK / "node_modules" / "mjml").is_dir():
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-save", PINNED]
        subprocess.run(install, cwd=WORK, check=True, stdout=subprocess.DEVNULL)


def compiled(sources: dict[str, str]) -> dict[str, str]:
    """Return the HTML of every source by its name; where npm mjml fails, its reason."""
    installed()
    done = subprocess.run(
        ["node", "-e", SCRIPT], cwd=WORK, input=json.dumps(sources), capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))
