"""What the Python programs of Kafka's clients print, as interop/python/proof.py says; several checks at once, each on a
thread of its own, since most of their time is waiting for groups to form."""

import queue
import secrets
import threading
import time

SECONDS_EACH = 60
SECONDS_OF_WAITING = 25
AT_ONCE = 5


class Wrong(Exception):
    """Something seen is not what was expected."""


def prove_all(client, version, checks):
    """Tries every check; the number that did not hold."""
    left, outcomes = queue.Queue(), queue.Queue()
    for each in checks.items():
        left.put(each)
    for _ in range(AT_ONCE):
        threading.Thread(target=_work, args=(left, outcomes), daemon=True).start()
    failed = 0
    for _ in checks:
        try:
            capability, held, outcome = outcomes.get(timeout=SECONDS_EACH)
        except queue.Empty:
            return failed + 1
        failed += not held
        print(f"{client} {version}: {capability} {outcome}", flush=True)
    return failed


def _work(left, outcomes):
    while True:
        try:
            capability, check = left.get_nowait()
        except queue.Empty:
            return
        try:
            outcomes.put((capability, True, f"ok ({check()})"))
        except Exception as error:
            why = f"{type(error).__name__}: {error}".replace("\n", " | ")
            outcomes.put((capability, False, f"FAILED: {why}"))


def expect_same(what, seen, expected):
    if seen != expected:
        raise Wrong(f"{what}: expected {_shorten(expected)}, got {_shorten(seen)}")


def eventually(what, holds):
    """Waits until `holds()`; raises Wrong with `what` (or what it answers) when it takes too long."""
    deadline = time.monotonic() + SECONDS_OF_WAITING
    while not holds():
        if time.monotonic() > deadline:
            raise Wrong(f"not within {SECONDS_OF_WAITING} s: {what() if callable(what) else what}")
        time.sleep(0.02)


def fresh_name(purpose):
    """A name that no earlier run against the same broker has used."""
    return f"interop.{purpose}.{secrets.token_hex(6)}"


def _shorten(value):
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "…"
