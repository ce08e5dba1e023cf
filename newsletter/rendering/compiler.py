"""MRML in a child process of its own, with limits: it kills its process on deep nesting.

The child lives as long as we do; one that died or is stuck is replaced, and a source it dies of twice is refused.
"""

from __future__ import annotations

import json
import sys

from newsletter.errors import Invalid
from newsletter.rendering.child import Child, Late

PATIENCE_SECONDS = 15
CHILD_MEMORY_BYTES = 1 << 30


class Compiler(Child):
    """A long-lived child that runs MRML; a dead or stuck child is replaced."""

    def __init__(self, *, patience_seconds: int = PATIENCE_SECONDS) -> None:
        super().__init__(patience_seconds=patience_seconds)

    def command(self) -> list[str]:
        """Return what starts the process."""
        return [sys.executable, "-I", "-c", _CHILD, str(CHILD_MEMORY_BYTES), str(self.patience_seconds)]

    def compile(self, source: str) -> str:
        """Return the HTML of hardened MJML; raises ``Invalid`` for what MRML refuses or dies of."""
        with self._lock:
            for fresh in (False, True):
                if fresh:
                    self.close()
                try:
                    answer = dict(json.loads(self._ask(source.encode())))
                except Late:
                    told = f"MJML took longer than {self.patience_seconds} s."
                    raise Invalid(told, where="mjml", fix="Simplify the template.") from None
                except (EOFError, OSError):
                    continue
                if "error" in answer:
                    raise Invalid(f"MJML: {answer['error']}.", where="mjml", fix="Correct the template.")
                return str(answer["html"])
            self.close()
        raise Invalid("The MJML compiler dies of this source.", where="mjml", fix="Simplify the template.")


_CHILD = """
import json, resource, struct, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from mjml import mjml2html
source, target = sys.stdin.buffer, sys.stdout.buffer
while head := source.read(4):
    text = source.read(struct.unpack(">I", head)[0]).decode()
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + int(sys.argv[2]) + 1, resource.RLIM_INFINITY))
    try:
        answer = {"html": mjml2html(text, disable_comments=True, fonts={})}
    except BaseException as error:  # a panic of Rust is no Exception
        answer = {"error": str(error)}
    octets = json.dumps(answer).encode()
    target.write(struct.pack(">I", len(octets)) + octets)
    target.flush()
"""

compiler = Compiler()
