"""What the Python programs print: one line per capability, "CLIENT VERSION: CAPABILITY ok (what was seen)" or
"... FAILED: why". A failed capability does not keep the next one from being tried: each opens its own connection."""

import secrets
import signal

SERIES = 500
SECONDS_EACH = 30


class Wrong(Exception):
    """Something seen is not what was expected."""


def prove_all(client, version, checks):
    """Tries every check in turn; the number that did not hold."""
    failed = 0
    signal.signal(signal.SIGALRM, _too_long)
    for capability, check in checks.items():
        signal.alarm(SECONDS_EACH)
        try:
            seen = check()
            print(f"{client} {version}: {capability} ok ({seen})", flush=True)
        except Exception as error:
            failed += 1
            why = f"{type(error).__name__}: {error}".replace("\n", " | ")
            print(f"{client} {version}: {capability} FAILED: {why}", flush=True)
        finally:
            signal.alarm(0)
    return failed


def expect_same(what, seen, expected):
    if seen != expected:
        raise Wrong(f"{what}: expected {_shorten(expected)}, got {_shorten(seen)}")


def fresh_name(purpose):
    """A name that no earlier run against the same broker has used."""
    return f"interop.{purpose}.{secrets.token_hex(6)}"


def numbered_body(number):
    """Its number first, then filler; every hundredth is longer than one AMQP frame."""
    return f"{number} ".ljust(300_000 if number % 100 == 99 else 20 + number % 7 * 30, "x").encode()


def number_of(body):
    number = int(body[:12].split(b" ")[0])
    if body != numbered_body(number):
        raise Wrong(f"the body of message {number} is not the one sent")
    return number


def _too_long(_signal, _frame):
    raise Wrong(f"no end after {SECONDS_EACH} s")


def _shorten(value):
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "…"
