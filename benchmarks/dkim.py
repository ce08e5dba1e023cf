"""DKIM in process: how near signing whole messages comes to the machine's raw rate of signatures.

CPU time of one thread, rounds alternated, so that it matters little who else is at work. "Raw" is the signing call of
the library on a digest that is there already. A body has to be hashed for every copy from its first slot on (SHA-256
cannot begin later), so "floor" is raw plus one hash of the body: nobody who personalises can be faster.
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
LEAST_OF_RAW_RSA = 0.75
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
LINE = "<p>Long words on a short story, and a link: <a href='https://example.org/story'>read on</a>.</p>\n"
OUT = Slot("unsubscribe", "attribute")


def main() -> None:
    """Print a line for each kind of key; exits 1 when RSA falls below its share of the raw rate."""
    rounds = 1 if "--quick" in sys.argv[1:] else ROUNDS
    rsa_key = Key("example.org", "r", rsa.generate_private_key(65537, 2048))
    ed_key = Key("example.org", "e", ed25519.Ed25519PrivateKey.generate())
    share = 1.0
    plain = compile_message(_sheet())
    body = plain.content(_copy(1)).partition(b"\r\n\r\n")[2]
    digest = hashlib.sha256(body).digest()
    print(f"{len(plain.content(_copy(1))) / 1000:.0f} KB a message, first slot at the top of the text", flush=True)
    for name, keys in (("rsa-2048", [rsa_key]), ("ed25519", [ed_key]), ("both", [rsa_key, ed_key])):
        signed = stamped(plain, keys, now=NOW)
        ways: dict[str, Callable[[int], object]] = {
            "raw": lambda _, keys=keys: [key.sign(digest) for key in keys],
            "floor": lambda _, keys=keys: [hashlib.sha256(body).digest(), *[key.sign(digest) for key in keys]],
            "built": lambda number: plain.content(_copy(number)),
            "signed": lambda number, signed=signed: signed.content(_copy(number)),
        }
        took = _measure(ways, rounds)
        stamp = took["signed"] - took["built"]
        of_raw, of_floor = took["raw"] / stamp, took["floor"] / stamp
        whole = took["raw"] / took["signed"]
        if name == "rsa-2048":
            share = of_raw
        print(
            f"{name:9s} raw {1 / took['raw']:7.0f}/s  signing {1 / stamp:7.0f}/s = {of_raw:.2f} of raw, "
            f"{of_floor:.2f} of the floor; building and signing {1 / took['signed']:6.0f}/s = {whole:.2f} of raw",
            flush=True,
        )
    print(f"RSA-2048 signs at {share:.2f} of the raw rate; {LEAST_OF_RAW_RSA:.2f} is the least.")
    sys.exit(rounds > 1 and share < LEAST_OF_RAW_RSA)


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
