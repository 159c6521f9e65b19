"""kafka-python: the client in Python alone, all of its protocol its own."""

import sys
import threading

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.errors import MessageSizeTooLargeError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata
from proof import eventually, expect_same, fresh_name, prove_all

BROKER = sys.argv[1]
BASE = 1_700_000_000_000


def with_admin(work):
    admin = KafkaAdminClient(bootstrap_servers=BROKER)
    try:
        return work(admin)
    finally:
        admin.close()


def fresh_topic(purpose, partitions=1):
    topic = fresh_name(purpose)
    with_admin(lambda admin: admin.create_topics([NewTopic(topic, partitions, 1)]))
    return topic


def consumer(**settings):
    return KafkaConsumer(bootstrap_servers=BROKER, **{"auto_offset_reset": "earliest", "enable_auto_commit": False, **settings})


def send(topic, values, **settings):
    producer = KafkaProducer(bootstrap_servers=BROKER, **settings)
    try:
        for future in [producer.send(topic, value) for value in values]:
            future.get(timeout=20)
    finally:
        producer.close()


def poll(reader, count):
    """`count` records in the order of their offsets, and a last look that no more come."""
    seen = []

    def look():
        for records in reader.poll(timeout_ms=200).values():
            seen.extend(records)
        return len(seen) >= count

    eventually(lambda: f"{len(seen)} of {count} records came", look)
    look()
    expect_same("records", len(seen), count)
    return sorted(seen, key=lambda each: (each.partition, each.offset))


def read_all(topic, count, partitions=1, **settings):
    reader = consumer(**settings)
    try:
        reader.assign([TopicPartition(topic, each) for each in range(partitions)])
        reader.seek_to_beginning()
        return poll(reader, count)
    finally:
        reader.close()


def numbers(start, end):
    return [str(number).encode() for number in range(start, end)]


def values_of(records):
    return [record.value for record in records]


def produce_consume():
    topic = fresh_topic("produce", 3)
    producer = KafkaProducer(bootstrap_servers=BROKER, linger_ms=5)
    sent = []
    for number in range(300):
        key = None if number % 5 == 0 and number % 7 else f"key {number}".encode()
        value = None if number % 7 == 0 else f"value {number} ž".encode()
        headers = [("number", str(number).encode()), ("number", b"again")] if number % 2 else []
        producer.send(topic, value, key, headers, number % 3, BASE + number)
        sent.append((number % 3, number // 3, key, value, BASE + number, headers))
    producer.close()
    seen = [
        (each.partition, each.offset, each.key, each.value, each.timestamp, list(each.headers))
        for each in read_all(topic, len(sent), 3)
    ]
    expect_same("records", seen, sorted(sent, key=lambda each: each[:2]))
    return f"{len(seen)} records in 3 partitions with keys, headers, timestamps, nulls"


def compression():
    topic, expected = fresh_topic("compression"), []
    for kind in (None, "gzip", "snappy", "lz4", "zstd"):
        values = [f"{kind} {number} ".encode() * 40 for number in range(100)]
        send(topic, values, compression_type=kind, linger_ms=50)
        expected += values
    expect_same("values", values_of(read_all(topic, len(expected))), expected)
    return "5 codecs"


def auto_create():
    topic = fresh_name("auto")
    send(topic, [b"first"])
    expect_same("values", values_of(read_all(topic, 1)), [b"first"])
    return "a topic made by producing to it"


class Member:
    """A member of a group on a thread of its own; what it has read is committed before it gives partitions up."""

    def __init__(self, group, topic):
        self.seen, self.assigned, self.wrong = [], [], None
        self._leave = threading.Event()
        self._reader = consumer(group_id=group, heartbeat_interval_ms=500, enable_auto_commit=True)
        self._reader.subscribe([topic])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while not self._leave.is_set():
                for records in self._reader.poll(timeout_ms=100).values():
                    self.seen += records
                self.assigned = sorted(self._reader.assignment())
        except Exception as error:
            self.wrong = error
        finally:
            self._reader.close()

    def leave(self):
        self._leave.set()
        self._thread.join(20)
        if self.wrong:
            raise self.wrong


def groups():
    topic, group = fresh_topic("groups", 4), fresh_name("group")
    first = Member(group, topic)
    eventually("all 4 partitions", lambda: len(first.assigned) == 4)
    second = Member(group, topic)
    eventually("2 partitions each", lambda: (len(first.assigned), len(second.assigned)) == (2, 2))
    _send_evenly(topic, 0, 400)
    eventually("the first round", lambda: len(first.seen) + len(second.seen) >= 400)
    expect_same("share of the second", len(second.seen), 200)
    second.leave()
    eventually("all 4 partitions again", lambda: len(first.assigned) == 4)
    _send_evenly(topic, 400, 800)
    eventually("the second round", lambda: len(first.seen) + len(second.seen) >= 800)
    first.leave()
    seen = sorted(int(record.value) for record in first.seen + second.seen)
    expect_same("values", seen, list(range(800)))
    offsets = with_admin(lambda admin: admin.list_group_offsets([group]))[group]
    expect_same("sum of committed offsets", sum(each.offset for each in offsets.values()), 800)
    return "a second member joins and leaves; 800 records, each once; offsets committed"


def _send_evenly(topic, start, end):
    producer = KafkaProducer(bootstrap_servers=BROKER)
    for number in range(start, end):
        producer.send(topic, str(number).encode(), partition=number % 4)
    producer.close()


def resume():
    topic, group = fresh_topic("resume"), fresh_name("resume")
    send(topic, numbers(0, 100))
    partition = TopicPartition(topic, 0)
    reader = consumer(group_id=group, max_poll_records=10)
    reader.subscribe([topic])
    eventually("a first record", lambda: reader.poll(timeout_ms=200))
    reader.commit({partition: OffsetAndMetadata(7, "by hand", -1)})
    reader.close()
    reader = consumer(group_id=group)
    reader.subscribe([topic])
    expect_same("values", values_of(poll(reader, 93)), numbers(7, 100))
    committed = reader.committed(partition, metadata=True)
    expect_same("committed", (committed.offset, committed.metadata), (7, "by hand"))
    reader.close()
    return "a new member goes on at the committed offset; offset with metadata read back"


def seek_and_times():
    topic = fresh_topic("seek")
    producer = KafkaProducer(bootstrap_servers=BROKER, batch_size=200)
    for number in range(100):
        producer.send(topic, str(number).encode(), partition=0, timestamp_ms=BASE + number * 1000)
    producer.close()
    partition = TopicPartition(topic, 0)
    reader = consumer()
    reader.assign([partition])
    found = reader.offsets_for_times({partition: BASE + 41_500})[partition]
    expect_same("found by time", (found.offset, found.timestamp), (42, BASE + 42_000))
    expect_same("nothing later", reader.offsets_for_times({partition: BASE + 200_000})[partition], None)
    ends = (reader.beginning_offsets([partition]), reader.end_offsets([partition]))
    expect_same("beginning and end", ends, ({partition: 0}, {partition: 100}))
    reader.seek(partition, 90)
    expect_same("values from 90", values_of(poll(reader, 10)), numbers(90, 100))
    reader.close()
    return "seek, offsets for times, beginning and end"


def regex():
    stem = fresh_name("regex")
    topics = [f"{stem}.{end}" for end in "abc"]
    with_admin(lambda admin: admin.create_topics([NewTopic(topic, 1, 1) for topic in topics]))
    for topic in topics:
        send(topic, [topic.encode()])
    reader = consumer(group_id=fresh_name("regex"))
    reader.subscribe(pattern=f"^{stem}\\.[ab]$".replace(".", "\\.", 2))
    expect_same("values", sorted(values_of(poll(reader, 2))), [topic.encode() for topic in topics[:2]])
    reader.close()
    return "two of three topics match"


def large_messages():
    topic = fresh_topic("large")
    wide = {"max_request_size": 20_000_000}
    send(topic, [b"x" * 1_000_000], **wide)
    try:
        send(topic, [b"x" * 1_100_000], **wide)
        raise AssertionError("1.1 MB was taken")
    except MessageSizeTooLargeError:
        pass
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs={"max.message.bytes": "9000000"})
    with_admin(lambda admin: admin.alter_configs([resource]))
    send(topic, [b"y" * 8_000_000], **wide)
    seen = values_of(read_all(topic, 2))
    expect_same("equal", seen == [b"x" * 1_000_000, b"y" * 8_000_000], True)
    return "1 MB taken, 1.1 MB refused, 8 MB taken after max.message.bytes was raised"


def administer(admin):
    topic = fresh_name("admin")
    admin.create_topics([NewTopic(topic, 2, 1)])
    try:
        admin.create_topics([NewTopic(topic, 2, 1)])
        raise AssertionError("a topic was created twice")
    except TopicAlreadyExistsError:
        pass
    admin.create_partitions({topic: NewPartitions(3)})
    eventually("3 partitions", lambda: len(admin.describe_topics([topic])[0]["partitions"]) == 3)
    expect_same("listed", topic in admin.list_topics(), True)
    producer = KafkaProducer(bootstrap_servers=BROKER)
    for number in range(10):
        producer.send(topic, str(number).encode(), partition=1)
    producer.close()
    admin.delete_records({TopicPartition(topic, 1): 4})
    reader = consumer()
    expect_same("earliest", reader.beginning_offsets([TopicPartition(topic, 1)]), {TopicPartition(topic, 1): 4})
    reader.close()
    expect_same("brokers", len(admin.describe_cluster()["brokers"]), 1)
    admin.delete_topics([topic])
    eventually("the topic is gone", lambda: topic not in admin.list_topics())
    return "topics, partitions, records, cluster"


def idempotence():
    topic = fresh_topic("idempotence")
    send(topic, numbers(0, 1000), enable_idempotence=True, batch_size=300)
    expect_same("values", values_of(read_all(topic, 1000)), numbers(0, 1000))
    return "1000 records in order"


def transactions():
    topic = fresh_topic("transactions", 2)
    producer = KafkaProducer(bootstrap_servers=BROKER, transactional_id=fresh_name("id"))
    producer.init_transactions()
    expected = []
    for turn in range(9):
        keep = turn % 3 != 1
        producer.begin_transaction()
        for partition in range(2):
            value = f"{turn} {partition} {keep}".encode()
            producer.send(topic, value, partition=partition)
            if keep:
                expected.append(value)
        producer.flush()
        if keep:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    producer.close()
    committed = values_of(read_all(topic, len(expected), 2, isolation_level="read_committed"))
    expect_same("read_committed", sorted(committed), sorted(expected))
    expect_same("all", len(read_all(topic, 18, 2)), 18)
    return "9 transactions over 2 partitions, a third of them aborted"


sys.exit(
    prove_all(
        "kafka-python",
        kafka.__version__,
        {
            "produce-consume": produce_consume,
            "compression": compression,
            "auto-create": auto_create,
            "groups": groups,
            "resume": resume,
            "seek-and-times": seek_and_times,
            "regex": regex,
            "large-messages": large_messages,
            "admin": lambda: with_admin(administer),
            "idempotence": idempotence,
            "transactions": transactions,
        },
    )
)
