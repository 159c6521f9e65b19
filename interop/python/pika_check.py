"""pika's BlockingConnection, the usual one of Python programs that speak AMQP themselves."""

import sys
import time
from datetime import datetime, timedelta, timezone

import pika
from pika.exceptions import ChannelClosedByBroker, NackError, UnroutableError

from proof import SERIES, Wrong, expect_same, fresh_name, number_of, numbered_body, prove_all

URL = sys.argv[1]
PERSISTENT = pika.BasicProperties(delivery_mode=2)


def on_channel(check):
    def run():
        connection = pika.BlockingConnection(pika.URLParameters(URL))
        try:
            return check(connection, connection.channel())
        finally:
            if connection.is_open:
                connection.close()

    return run


def declare(connection, channel):
    exchange, queue = fresh_name("exchange"), fresh_name("queue")
    channel.exchange_declare(exchange, "topic", durable=True)
    channel.queue_declare(queue, durable=True)
    channel.queue_bind(queue, exchange, "orders.#.paid")
    channel.confirm_delivery()
    for key in ["orders.paid", "orders.eu.de.paid", "orders.eu.open", "paid"]:
        channel.basic_publish(exchange, key, key.encode())
    expect_same("messages routed", channel.queue_declare(queue, passive=True).method.message_count, 2)
    named = channel.queue_declare("", exclusive=True).method.queue
    if not named.startswith("amq.gen-"):
        raise Wrong(f"server-named queue is called {named}")
    refusals = {
        (406, "inequivalent arg 'durable'"): lambda other: other.queue_declare(queue, durable=False),
        (404, "no queue 'interop.missing'"): lambda other: other.queue_declare("interop.missing", passive=True),
        (403, "reserved prefix 'amq.*'"): lambda other: other.exchange_declare("amq.mine", "fanout"),
    }
    for (code, text), ask in refusals.items():
        try:
            ask(connection.channel())
            raise Wrong(f"no refusal with {code} {text}")
        except ChannelClosedByBroker as closed:
            if closed.reply_code != code or text not in closed.reply_text:
                raise Wrong(f"expected {code} … {text} …, got {closed.reply_code} {closed.reply_text}") from None
    channel.queue_delete(queue)
    channel.exchange_delete(exchange)
    return "topic exchange, queue, binding, server-named queue, refusals 403, 404, 406"


def confirms(_connection, channel):
    queue = fresh_name("confirms")
    channel.queue_declare(queue, durable=True)
    channel.confirm_delivery()
    for number in range(SERIES):  # returns when confirmed, raises NackError otherwise
        channel.basic_publish("", queue, numbered_body(number), PERSISTENT, mandatory=True)
    expect_same("messages in the queue", channel.queue_delete(queue).method.message_count, SERIES)
    return f"{SERIES} of {SERIES} persistent messages confirmed one by one and in the queue"


def mandatory_return(_connection, channel):
    channel.confirm_delivery()
    key = fresh_name("nowhere")
    try:
        channel.basic_publish("amq.direct", key, b"lost?", pika.BasicProperties(message_id="m1"), mandatory=True)
    except UnroutableError as error:
        (returned,) = error.messages
        seen = (returned.method.reply_code, returned.method.reply_text, returned.method.routing_key)
        expect_same("return", seen, (312, "NO_ROUTE", key))
        expect_same("returned message", (returned.properties.message_id, returned.body), ("m1", b"lost?"))
        return "312 NO_ROUTE with the whole message"
    raise Wrong("an unroutable mandatory message was not returned")


def consume_with_acks(connection, channel):
    queue = fresh_name("consume")
    channel.queue_declare(queue, durable=True)
    for number in range(SERIES):
        channel.basic_publish("", queue, numbered_body(number), pika.BasicProperties(headers={"number": number}))
    channel.basic_qos(prefetch_count=20)
    seen = []

    def receive(_channel, method, properties, body):
        expect_same("header", properties.headers, {"number": number_of(body)})
        seen.append(number_of(body))
        channel.basic_ack(method.delivery_tag)
        if len(seen) == SERIES:
            channel.stop_consuming()

    channel.basic_consume(queue, receive)
    channel.start_consuming()
    channel.close()
    expect_same("order", seen, list(range(SERIES)))
    left = connection.channel().queue_delete(queue).method.message_count
    expect_same("messages left after the acks", left, 0)
    return f"{len(seen)} of {SERIES} in order, bodies up to 300 kB"


def requeue(connection, channel):
    queue = fresh_name("requeue")
    channel.queue_declare(queue, durable=True)
    for number in range(6):
        channel.basic_publish("", queue, str(number).encode())
    channel.basic_qos(prefetch_count=1)
    seen = []
    for method, _properties, body in channel.consume(queue, inactivity_timeout=5):
        if method is None:
            raise Wrong(f"no delivery for 5 s after {seen}")
        seen.append(body.decode() + (" again" if method.redelivered else ""))
        if len(seen) == 8:
            break
        if seen[-1] == "2":
            channel.basic_nack(method.delivery_tag, requeue=True)
        elif seen[-1] == "4":
            channel.basic_reject(method.delivery_tag, requeue=True)
        else:
            channel.basic_ack(method.delivery_tag)
    expect_same("deliveries", seen, ["0", "1", "2", "2 again", "3", "4", "4 again", "5"])
    channel.close()
    other = connection.channel()
    method, _properties, body = other.basic_get(queue)
    expect_same("after channel.close", (body, method and method.redelivered), (b"5", True))
    other.basic_reject(method.delivery_tag, requeue=False)
    expect_same("messages left after a reject without requeue", other.queue_delete(queue).method.message_count, 0)
    return "nack, reject and channel.close give it back in place with redelivered=true"


def rpc(connection, server):
    queue = server.queue_declare("", exclusive=True).method.queue

    def serve(_channel, method, properties, body):
        if not properties.reply_to.startswith("amq.rabbitmq.reply-to."):
            raise Wrong(f"the server was told to reply to {properties.reply_to}")
        same_call = pika.BasicProperties(correlation_id=properties.correlation_id)
        server.basic_publish("", properties.reply_to, str(int(body) ** 2).encode(), same_call)
        server.basic_ack(method.delivery_tag)

    server.basic_consume(queue, serve)
    caller = connection.channel()
    answers = {}

    def receive(_channel, _method, properties, body):
        answers[int(properties.correlation_id)] = int(body)

    caller.basic_consume("amq.rabbitmq.reply-to", receive, auto_ack=True)
    for number in range(100):
        asked = pika.BasicProperties(reply_to="amq.rabbitmq.reply-to", correlation_id=str(number))
        caller.basic_publish("", queue, str(number).encode(), asked)
    while len(answers) < 100:
        connection.process_data_events(time_limit=1)
    expect_same("answers", answers, {number: number**2 for number in range(100)})
    return f"{len(answers)} of 100 answers over direct reply-to"


def take_all(channel, queue, count):
    """The next `count` messages of the queue, acknowledged: (properties, body) each."""
    taken = []
    for method, properties, body in channel.consume(queue, inactivity_timeout=10):
        if method is None:
            raise Wrong(f"no delivery for 10 s after {len(taken)} of {count}")
        channel.basic_ack(method.delivery_tag)
        taken.append((properties, body))
        if len(taken) == count:
            channel.cancel()
            return taken


def dead_letters(_connection, channel):
    dead, work = fresh_name("dead"), fresh_name("work")
    letters = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    channel.queue_declare(dead, durable=True)
    channel.queue_declare(work, durable=True, arguments={**letters, "x-max-length": 2})
    channel.confirm_delivery()
    for body in ["maxlen", "expired", "rejected"]:
        lives = pika.BasicProperties(delivery_mode=2, expiration="200" if body == "expired" else "60000")
        channel.basic_publish("", work, body.encode(), lives)
    time.sleep(0.5)
    method, _properties, body = channel.basic_get(work)
    expect_same("what lived", body, b"rejected")
    channel.basic_reject(method.delivery_tag, requeue=False)
    seen = {}
    for properties, body in take_all(channel, dead, 3):
        (death,) = properties.headers["x-death"]
        seen[body.decode()] = (death["reason"], death["queue"], death["count"], properties.expiration)
    expect_same("deaths", seen, {reason: (reason, work, 1, None) for reason in ["maxlen", "expired", "rejected"]})
    channel.queue_delete(dead)
    expect_same("messages left", channel.queue_delete(work).method.message_count, 0)
    return "maxlen, expired and rejected arrive once each, with x-death"


def priorities(_connection, channel):
    queue = fresh_name("priorities")
    channel.queue_declare(queue, durable=True, arguments={"x-max-priority": 9})
    channel.confirm_delivery()
    for number in range(100):
        channel.basic_publish("", queue, str(number).encode(), pika.BasicProperties(priority=number % 10))
    channel.basic_qos(prefetch_count=1)
    seen = [int(body) for _properties, body in take_all(channel, queue, 100)]
    expect_same("order", seen, sorted(range(100), key=lambda number: (-(number % 10), number)))
    channel.queue_delete(queue)
    return "100 of 100 by falling priority, within one by arrival"


def overflow(_connection, channel):
    queue = fresh_name("overflow")
    channel.queue_declare(queue, durable=True, arguments={"x-max-length": 3, "x-overflow": "reject-publish"})
    channel.confirm_delivery()
    refused = []
    for number in range(5):
        try:
            channel.basic_publish("", queue, str(number).encode(), PERSISTENT)
        except NackError:
            refused.append(number)
    expect_same("refused", refused, [3, 4])
    expect_same("messages kept", channel.queue_delete(queue).method.message_count, 3)
    return "two of five publishes to a full queue are refused with basic.nack"


def streams(connection, channel):
    stream = fresh_name("stream")
    channel.queue_declare(stream, durable=True, arguments={"x-queue-type": "stream"})
    channel.confirm_delivery()
    for number in range(SERIES):
        channel.basic_publish("", stream, numbered_body(number), pika.BasicProperties(headers={"number": number}))
    channel.basic_qos(prefetch_count=50)
    for first, offset in ((0, "first"), (SERIES - 10, SERIES - 10), (0, datetime.now(timezone.utc) - timedelta(hours=1))):
        seen = []
        for method, properties, body in channel.consume(
            stream, arguments={"x-stream-offset": offset}, inactivity_timeout=10
        ):
            if method is None:
                raise Wrong(f"no delivery for 10 s after {len(seen)} from {offset}")
            at = first + len(seen)
            expect_same("headers", properties.headers, {"number": at, "x-stream-offset": at})
            expect_same("body", number_of(body), at)
            seen.append(at)
            channel.basic_ack(method.delivery_tag)
            if at == SERIES - 1:
                break
        channel.close()
        channel = connection.channel()
        channel.basic_qos(prefetch_count=50)
    channel.queue_delete(stream)
    return f"{SERIES} from the first, the last ten by offset, and all by time"


CHECKS = {
    "declare": on_channel(declare),
    "confirms": on_channel(confirms),
    "mandatory-return": on_channel(mandatory_return),
    "consume-with-acks": on_channel(consume_with_acks),
    "requeue": on_channel(requeue),
    "rpc": on_channel(rpc),
    "dead-letters": on_channel(dead_letters),
    "priorities": on_channel(priorities),
    "overflow": on_channel(overflow),
    "streams": on_channel(streams),
}

sys.exit(1 if prove_all("pika", pika.__version__, CHECKS) else 0)
