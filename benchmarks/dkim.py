"""DKIM in process: how near signing whole messages comes to the machine's raw rate of signatures.

CPU time of one thread, rounds alternated, so that it matters little who else is at work. "Raw" is the signing call of
the library on a digest that is there already. A body has to be hashed for every copy from its first slot on (SHA-256
cannot begin later), so "message" is raw plus one hash of the body, the raw rate at which whole messages can be signed:
nobody who personalises can be faster.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from newsletter.delivery.dkim.keys import Key
from newsletter.delivery.dkim.stamp import stamped
from newsletter.delivery.message import Copy, Sheet, compile_message
from newsletter.rendering.personal import Slot

ROUNDS, SECONDS = 7, 0.2
LEAST = 0.75
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
LINE = "<p>Long words on a short story, and a link: <a href='https://example.org/story'>read on</a>.</p>\n"
OUT = Slot("unsubscribe", "attribute")


def main() -> None:
    """Print a line for each kind of key; exits 1 when one falls below its share of the raw rate of messages."""
    rounds = 1 if "--quick" in sys.argv[1:] else ROUNDS
    rsa_key = Key("example.org", "r", rsa.generate_private_key(65537, 2048))
    ed_key = Key("example.org", "e", ed25519.Ed25519PrivateKey.generate())
    least = 1.0
    plain = compile_message(_sheet())
    body = plain.content(_copy(1)).partition(b"\r\n\r\n")[2]
    digest = hashlib.sha256(body).digest()
    print(f"{len(plain.content(_copy(1))) / 1000:.0f} KB a message, first slot at the top of the text", flush=True)
    for name, keys in (("rsa-2048", [rsa_key]), ("ed25519", [ed_key]), ("both", [rsa_key, ed_key])):
        signed = stamped(plain, keys, now=NOW)
        ways: dict[str, Callable[[int], object]] = {
            "raw": lambda _, keys=keys: [key.sign(digest) for key in keys],
            "message": lambda _, keys=keys: [hashlib.sha256(body).digest(), *[key.sign(digest) for key in keys]],
            "built": lambda number: plain.content(_copy(number)),
            "signed": lambda number, signed=signed: signed.content(_copy(number)),
        }
        took = _measure(ways, rounds)
        stamp = took["signed"] - took["built"]
        of_raw, of_message = took["raw"] / stamp, took["message"] / stamp
        least = min(least, of_message)
        print(
            f"{name:9s} digests {1 / took['raw']:6.0f}/s, messages {1 / took['message']:6.0f}/s; here "
            f"{1 / stamp:6.0f}/s = {of_raw:.2f} of the one, {of_message:.2f} of the other; "
            f"with building {1 / took['signed']:6.0f}/s",
            flush=True,
        )
    print(f"Messages are signed at {least:.2f} of the raw rate or more; {LEAST:.2f} is the least.")
    sys.exit(rounds > 1 and least < LEAST)


def _measure(ways: dict[str, Callable[[int], object]], rounds: int) -> dict[str, float]:
    """Return the median CPU seconds of one call of every way."""
    runs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, call in ways.items():
            number, begun = 0, time.thread_time()
            while time.thread_time() - begun < SECONDS:
                for _ in range(20):
                    number += 1
                    call(number)
            runs[name].append((time.thread_time() - begun) / number)
    return {name: statistics.median(times) for name, times in runs.items()}


def _sheet() -> Sheet:
    return Sheet(
        from_name="News",
        from_address="news@example.org",
        reply_to="desk@example.org",
        date=NOW,
        subject=["This week in the newsroom"],
        text=["Dear ", Slot("name", "plain", "en"), ",\n", "Long words on a short story.\n" * 150, OUT, "\n"],
        html=[LINE * 5, Slot("name", "text", "en"), LINE * 350, "<a href='", OUT, "'>Leave</a>\n"],
        boundary="b1",
        list_id="weekly.example.org",
        list_name="Weekly",
    )


def _copy(number: int) -> Copy:
    out = f"https://example.org/u/{number}"
    values = {"name": f"Reader {number}", "unsubscribe": out}
    return Copy(
        f"1.{number}@example.org", f"Reader {number}", f"r{number}@example.org", values, (out, "mailto:u@b.org")
    )


if __name__ == "__main__":
    main()
