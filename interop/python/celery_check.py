"""Celery with the rpc:// result backend, and kombu beneath it: the task calls are made here, a real worker process with
two children serves them."""

import os
import subprocess
import sys
import tempfile

from proof import SERIES, Wrong, expect_same, fresh_name, number_of, numbered_body, prove_all

URL = sys.argv[1]
PREFIX = fresh_name("celery")
os.environ["INTEROP_URL"] = URL
os.environ["INTEROP_PREFIX"] = PREFIX

# celery_tasks reads the two variables above
import celery
from celery_tasks import app, fail, flaky, give_back, square
from kombu import Connection, Consumer, Exchange, Producer, Queue

WORKER_LOG = tempfile.NamedTemporaryFile("w+", prefix="interop-celery-", suffix=".log")


def start_worker():
    options = ["--concurrency=2", "--loglevel=info", f"--hostname={PREFIX}@localhost"]
    command = [sys.executable, "-B", "-m", "celery", "--app=celery_tasks", "worker", *options]
    folder = os.path.dirname(os.path.abspath(__file__))
    return subprocess.Popen(command, cwd=folder, stdout=WORKER_LOG, stderr=WORKER_LOG)


def stop_worker():
    """A warm shutdown: the worker ends what it runs, gives the rest back and exits 0."""
    worker.terminate()
    try:
        code = worker.wait(20)
    except subprocess.TimeoutExpired:
        worker.kill()
        raise Wrong("the worker did not end within 20 s of SIGTERM") from None
    expect_same("the worker's exit code", code, 0)


def worker_words():
    WORKER_LOG.seek(0)
    lines = [line.strip() for line in WORKER_LOG if "ERROR" in line or "CRITICAL" in line or "Error" in line]
    return " … ".join(lines[-3:]) or "no error in the worker's log"


def declare():
    exchange = Exchange(fresh_name("exchange"), "topic", durable=True)
    queue = Queue(fresh_name("queue"), exchange, "stock.*.nasdaq", durable=True)
    with Connection(URL) as connection, connection.channel() as channel:
        bound = queue(channel)
        bound.declare()
        for key in ["stock.ibm.nasdaq", "stock.ibm.nyse"]:
            Producer(channel, exchange).publish({"key": key}, routing_key=key)
        message = bound.get()
        expect_same("routed message", message and message.decode(), {"key": "stock.ibm.nasdaq"})
        message.ack()
        expect_same("messages left", bound.queue_declare(passive=True).message_count, 0)
        bound.delete()
        exchange(channel).delete()
    return "kombu: topic exchange, queue, binding, one of two keys routed"


def confirms():
    for number in range(SERIES):  # with confirm_publish each call returns once the broker has confirmed it
        square.apply_async((number,))
    with app.connection() as connection:
        count = app.amqp.queues[PREFIX](connection.default_channel).queue_declare(passive=True).message_count
    expect_same("tasks in the queue", count, SERIES)
    return f"{SERIES} of {SERIES} task messages confirmed and waiting"


def mandatory_return():
    returns = []
    key = fresh_name("nowhere")
    options = {"confirm_publish": True}
    with Connection(URL, transport_options=options) as connection, connection.channel() as channel:
        producer = Producer(channel, on_return=lambda error, *rest: returns.append((error, rest)))
        producer.publish("lost?", routing_key=key, mandatory=True)
        expect_same("returns before the confirm", len(returns), 1)
    error, (exchange, routing_key, message) = returns[0]
    seen = (error.reply_code, error.reply_text, exchange, routing_key, message.body)
    expect_same("return", seen, (312, "NO_ROUTE", "", key, "lost?"))
    return "kombu: 312 NO_ROUTE with the whole message, before its confirm"


def consume_with_acks():
    queue = Queue(fresh_name("consume"), durable=True)
    seen = []

    def receive(body, message):
        seen.append(number_of(body.tobytes() if isinstance(body, memoryview) else bytes(body)))
        message.ack()

    with Connection(URL, transport_options={"confirm_publish": True}) as connection, connection.channel() as channel:
        queue(channel).declare()
        producer = Producer(channel)
        for number in range(SERIES):
            producer.publish(numbered_body(number), routing_key=queue.name)
        channel.basic_qos(0, 20, False)
        with Consumer(channel, [queue], callbacks=[receive], accept=["application/data"]):
            while len(seen) < SERIES:
                connection.drain_events(timeout=5)
        expect_same("order", seen, list(range(SERIES)))
        channel.close()
        left = queue(connection.channel()).delete()
        expect_same("messages left after the acks", left, 0)
    return f"kombu: {len(seen)} of {SERIES} in order, bodies up to 300 kB"


def rpc():
    results = [square.delay(number) for number in range(100)]
    expect_same("results", [result.get(timeout=20) for result in results], [number**2 for number in range(100)])
    try:
        fail.delay("on purpose").get(timeout=10)
    except ValueError as error:
        expect_same("the task's exception", str(error), "on purpose")
        return f"100 results and one exception over rpc://, after the backlog of {SERIES} tasks"
    raise Wrong("a failing task returned a result")


def retries():
    expect_same("retries until it succeeded", flaky.delay(3).get(timeout=15), 3)
    return "a task that failed three times was run a fourth"


def requeue():
    expect_same("result", give_back.delay().get(timeout=10), "redelivered")
    return "Reject(requeue=True) gives the task back with redelivered=true"


def control():
    answers = app.control.ping(timeout=3)
    expect_same("answers to ping", answers, [{f"{PREFIX}@localhost": {"ok": "pong"}}])
    return "ping over the pidbox fanout exchange and its reply queue"


def worker_acks():
    stop_worker()
    with app.connection() as connection:
        channel = connection.default_channel
        left = app.amqp.queues[PREFIX](channel).delete()
        channel.exchange_delete(PREFIX)
    expect_same("task messages left after the worker ended", left, 0)
    return "every task message acknowledged late, the worker ended by itself"


def by_worker(check):
    """Adds what the worker said to what went wrong here."""

    def run():
        try:
            return check()
        except Exception as error:
            raise Wrong(f"{type(error).__name__}: {error} (worker: {worker_words()})") from error

    return run


CHECKS = {
    "declare": declare,
    "confirms": confirms,
    "mandatory-return": mandatory_return,
    "consume-with-acks": consume_with_acks,
}
WORKER_CHECKS = {
    "rpc": by_worker(rpc),
    "retries": by_worker(retries),
    "requeue": by_worker(requeue),
    "control": by_worker(control),
    "worker-acks": by_worker(worker_acks),
}

failed = prove_all("celery", celery.__version__, CHECKS)
worker = start_worker()
try:
    failed += prove_all("celery", celery.__version__, WORKER_CHECKS)
finally:
    if worker.poll() is None:
        worker.kill()
sys.exit(1 if failed else 0)
