"""confluent-kafka: librdkafka, on which the clients of most languages stand, as Python programs have it."""

import sys
import threading

import confluent_kafka
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)
from confluent_kafka import ConsumerGroupTopicPartitions
from proof import eventually, expect_same, fresh_name, prove_all

BROKER = sys.argv[1]
BASE = 1_700_000_000_000
QUIET = {"log_level": 2}


def producer(**settings):
    return Producer({"bootstrap.servers": BROKER, **QUIET, **_dotted(settings)})


def consumer(group=None, **settings):
    return Consumer(
        {
            "bootstrap.servers": BROKER,
            "group.id": group or fresh_name("reader"),
            "auto.offset.reset": "earliest",
            **QUIET,
            **_dotted(settings),
        }
    )


def _dotted(settings):
    return {name.replace("_", "."): value for name, value in settings.items()}


ADMIN = AdminClient({"bootstrap.servers": BROKER, **QUIET})


def results(futures):
    return {name: future.result(timeout=20) for name, future in futures.items()}


def fresh_topic(purpose, partitions=1, config=None):
    topic = fresh_name(purpose)
    results(ADMIN.create_topics([NewTopic(topic, partitions, 1, config=config or {})]))
    return topic


def send(topic, values, **settings):
    """All acknowledged, or the first error raised."""
    sender = producer(**settings)
    errors = []
    for value in values:
        sender.produce(topic, value, on_delivery=lambda error, _: error and errors.append(error))
        sender.poll(0)
    expect_same("messages left after flush", sender.flush(20), 0)
    if errors:
        raise KafkaException(errors[0])


def poll(reader, count):
    """`count` messages, and a last look that no more come."""
    seen = []

    def enough():
        seen.extend(_good(reader.consume(500, timeout=0.2)))
        return len(seen) >= count

    eventually(lambda: f"{len(seen)} of {count} messages came", enough)
    seen.extend(_good(reader.consume(500, timeout=0.3)))
    expect_same("messages", len(seen), count)
    return seen


def _good(messages):
    for message in messages:
        if message.error():
            raise KafkaException(message.error())
    return messages


def read_all(topic, count, partitions=1, **settings):
    reader = consumer(**settings)
    reader.assign([TopicPartition(topic, each, 0) for each in range(partitions)])
    try:
        return poll(reader, count)
    finally:
        reader.close()


def values_of(messages):
    return [message.value().decode() for message in messages]


def numbers(start, end):
    return [str(number) for number in range(start, end)]


def produce_consume():
    topic = fresh_topic("produce", 3)
    sender = producer(linger_ms=5)
    sent = []
    for number in range(600):
        key = None if number % 5 == 0 else f"key {number}".encode()
        value = None if number % 7 == 0 else f"value {number} ž".encode()
        headers = [("number", str(number).encode()), ("number", b"again"), ("none", None)] if number % 2 else []
        sender.produce(topic, value, key, number % 3, timestamp=BASE + number, headers=headers)
        sent.append((number % 3, number // 3, key, value, (1, BASE + number), headers))
    expect_same("messages left after flush", sender.flush(20), 0)
    seen = [
        (m.partition(), m.offset(), m.key(), m.value(), m.timestamp(), m.headers() or [])
        for m in read_all(topic, len(sent), 3)
    ]
    expect_same("records", sorted(seen, key=lambda each: each[:2]), sorted(sent, key=lambda each: each[:2]))
    return f"{len(seen)} records in 3 partitions with keys, headers, timestamps, nulls"


def compression():
    topic = fresh_topic("compression")
    expected = []
    for kind in ("none", "gzip", "snappy", "lz4", "zstd"):
        values = [f"{kind} {number} " * 40 for number in range(100)]
        send(topic, values, compression_type=kind, linger_ms=50)
        expected += values
    expect_same("values", values_of(read_all(topic, len(expected))), expected)
    return "5 codecs"


def auto_create():
    topic = fresh_name("auto")
    send(topic, ["first"])
    expect_same("values", values_of(read_all(topic, 1)), ["first"])
    expect_same("partitions", _partitions(topic), 1)
    return "a topic made by producing to it"


def _partitions(topic):
    found = ADMIN.list_topics(timeout=10).topics.get(topic)
    return len(found.partitions) if found else 0


class Member:
    """A member of a group on a thread of its own, that commits what it has read when it leaves."""

    def __init__(self, topics, group, **settings):
        self.seen, self.assigned, self.assignments, self.wrong = [], [], 0, None
        self._reader = consumer(group, enable_auto_commit=False, **settings)
        self._leave = threading.Event()
        self._reader.subscribe(topics, on_assign=self._on_assign, on_revoke=self._on_revoke)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _on_assign(self, _reader, _partitions):
        self.assignments += 1

    def _on_revoke(self, _reader, _partitions):
        self._commit()

    def _commit(self):
        try:
            self._reader.commit(asynchronous=False)
        except KafkaException as error:
            if error.args[0].code() != KafkaError._NO_OFFSET:
                raise

    def _run(self):
        try:
            while not self._leave.is_set():
                self.seen += _good(self._reader.consume(500, timeout=0.1))
                self.assigned = sorted((each.topic, each.partition) for each in self._reader.assignment())
            self._commit()
        except Exception as error:
            self.wrong = error
        finally:
            self._reader.close()

    def leave(self):
        self._leave.set()
        self._thread.join(20)
        if self.wrong:
            raise self.wrong


def groups(**settings):
    topic, group = fresh_topic("groups", 4), fresh_name("group")
    first = Member([topic], group, **settings)
    eventually("all 4 partitions", lambda: len(first.assigned) == 4)
    second = Member([topic], group, **settings)
    eventually("2 partitions each", lambda: (len(first.assigned), len(second.assigned)) == (2, 2))
    _send_evenly(topic, 0, 400)
    eventually("the first round", lambda: len(first.seen) + len(second.seen) >= 400)
    expect_same("shares", (len(first.seen), len(second.seen)), (200, 200))
    described = results(ADMIN.describe_consumer_groups([group]))[group]
    expect_same("the group", (described.state.name, len(described.members)), ("STABLE", 2))
    second.leave()
    eventually("all 4 partitions again", lambda: len(first.assigned) == 4)
    _send_evenly(topic, 400, 800)
    eventually("the second round", lambda: len(first.seen) + len(second.seen) >= 800)
    first.leave()
    seen = sorted(int(message.value()) for message in first.seen + second.seen)
    expect_same("values", seen, list(range(800)))
    wanted = [ConsumerGroupTopicPartitions(group)]
    offsets = results(ADMIN.list_consumer_group_offsets(wanted))[group].topic_partitions
    expect_same("sum of committed offsets", sum(each.offset for each in offsets), 800)
    return "a second member joins and leaves; 800 records, each once; offsets committed"


def _send_evenly(topic, start, end):
    sender = producer()
    for number in range(start, end):
        sender.produce(topic, str(number), partition=number % 4)
    expect_same("messages left after flush", sender.flush(20), 0)


def static_members():
    topic, group = fresh_topic("static", 2), fresh_name("static")
    first = Member([topic], group, group_instance_id="one")
    second = Member([topic], group, group_instance_id="two")
    eventually("one partition each", lambda: (len(first.assigned), len(second.assigned)) == (1, 1))
    held, assignments = second.assigned, first.assignments
    second.leave()
    again = Member([topic], group, group_instance_id="two")
    eventually("its partition back", lambda: again.assigned == held)
    expect_same("assignments of the other", first.assignments, assignments)
    again.leave()
    first.leave()
    return "a member that comes back under its name has its partition without a rebalance"


def resume():
    topic, group = fresh_topic("resume"), fresh_name("resume")
    send(topic, numbers(0, 100))
    reader = consumer(group, enable_auto_commit=False)
    reader.subscribe([topic])
    eventually("a first message", lambda: reader.poll(0.2) is not None)
    reader.commit(offsets=[TopicPartition(topic, 0, 7, metadata="by hand")], asynchronous=False)
    reader.close()
    reader = consumer(group, enable_auto_commit=False)
    reader.subscribe([topic])
    expect_same("values", values_of(poll(reader, 93)), numbers(7, 100))
    [committed] = reader.committed([TopicPartition(topic, 0)], timeout=10)
    expect_same("committed", (committed.offset, committed.metadata), (7, "by hand"))
    reader.close()
    return "a new member goes on at the committed offset; offset with metadata read back"


def seek_and_times():
    topic = fresh_topic("seek")
    sender = producer(batch_num_messages=7)
    for number in range(100):
        sender.produce(topic, str(number), timestamp=BASE + number * 1000)
    expect_same("messages left after flush", sender.flush(20), 0)
    reader = consumer()
    expect_same("watermarks", reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=10), (0, 100))
    for asked, expected in ((41_500, 42), (99_000, 99), (200_000, confluent_kafka.OFFSET_END)):
        [found] = reader.offsets_for_times([TopicPartition(topic, 0, BASE + asked)], timeout=10)
        expect_same(f"offset at {asked}", found.offset, expected)
    reader.assign([TopicPartition(topic, 0, 60)])
    expect_same("values from 60", values_of(poll(reader, 40)), numbers(60, 100))
    reader.seek(TopicPartition(topic, 0, 95))
    expect_same("values from 95", values_of(poll(reader, 5)), numbers(95, 100))
    reader.close()
    return "assign, seek, watermarks, offsets for times"


def regex():
    stem = fresh_name("regex")
    topics = [f"{stem}.{end}" for end in "abc"]
    results(ADMIN.create_topics([NewTopic(topic, 1, 1) for topic in topics]))
    for topic in topics:
        send(topic, [topic])
    reader = Member([f"^{stem}\\.[ab]"], fresh_name("regex"))
    eventually("two messages", lambda: len(reader.seen) >= 2)
    reader.leave()
    expect_same("values", sorted(values_of(reader.seen)), topics[:2])
    return "two of three topics match"


def large_messages():
    topic = fresh_topic("large")
    wide = {"message_max_bytes": 20_000_000}
    send(topic, [b"x" * 1_000_000], **wide)
    try:
        send(topic, [b"x" * 1_100_000], **wide)
        refused = "taken"
    except KafkaException as error:
        refused = error.args[0].name()
    expect_same("1.1 MB", refused, "MSG_SIZE_TOO_LARGE")
    set_config(topic, "max.message.bytes", "9000000")
    send(topic, [b"y" * 8_000_000], **wide)
    seen = [message.value() for message in read_all(topic, 2)]
    expect_same("equal", seen == [b"x" * 1_000_000, b"y" * 8_000_000], True)
    return "1 MB taken, 1.1 MB refused, 8 MB taken after max.message.bytes was raised"


def set_config(topic, name, value):
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    results(ADMIN.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])]))


def admin():
    topic, group = fresh_name("admin"), fresh_name("admin")
    results(ADMIN.create_topics([NewTopic(topic, 2, 1, config={"retention.ms": "123456"})]))
    refused = ADMIN.create_topics([NewTopic(topic, 2, 1)])[topic].exception(timeout=10)
    expect_same("created again", refused.args[0].code(), KafkaError.TOPIC_ALREADY_EXISTS)
    results(ADMIN.create_partitions([NewPartitions(topic, 3)]))
    eventually("3 partitions", lambda: _partitions(topic) == 3)
    resource = ConfigResource(ResourceType.TOPIC, topic)
    [config] = results(ADMIN.describe_configs([resource])).values()
    expect_same("retention.ms", (config["retention.ms"].value, config["retention.ms"].is_default), ("123456", False))
    expect_same("cleanup.policy", (config["cleanup.policy"].value, config["cleanup.policy"].is_default), ("delete", True))
    set_config(topic, "retention.ms", "99000")
    eventually("new retention", lambda: _retention(resource) == "99000")
    sender = producer()
    for number in range(10):
        sender.produce(topic, str(number), partition=1)
    sender.flush(20)
    partition = TopicPartition(topic, 1, 4)
    expect_same("low watermark", results(ADMIN.delete_records([partition]))[partition].low_watermark, 4)
    found = results(ADMIN.list_offsets({TopicPartition(topic, 1): OffsetSpec.earliest()}))
    expect_same("earliest", [each.offset for each in found.values()], [4])
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 1, 6)])
    results(ADMIN.alter_consumer_group_offsets([wanted]))
    listed = ADMIN.list_consumer_groups().result(timeout=20)
    expect_same("listed", group in [each.group_id for each in listed.valid], True)
    results(ADMIN.delete_consumer_groups([group]))
    cluster = ADMIN.describe_cluster().result(timeout=20)
    expect_same("cluster", (len(cluster.nodes), cluster.controller.id), (1, cluster.nodes[0].id))
    results(ADMIN.delete_topics([topic]))
    eventually("the topic is gone", lambda: _partitions(topic) == 0)
    return "topics, partitions, configs, records, offsets, groups, cluster"


def _retention(resource):
    [config] = results(ADMIN.describe_configs([resource])).values()
    return config["retention.ms"].value


def idempotence():
    topic = fresh_topic("idempotence")
    send(topic, numbers(0, 2000), enable_idempotence=True, batch_num_messages=20)
    expect_same("values", values_of(read_all(topic, 2000)), numbers(0, 2000))
    return "2000 records in order, five requests in flight"


def transactions():
    topic, source, group = fresh_topic("transactions", 2), fresh_topic("source"), fresh_name("group")
    send(source, numbers(0, 10))
    reader = consumer(group, enable_auto_commit=False)
    reader.subscribe([source])
    poll(reader, 10)
    sender = producer(transactional_id=fresh_name("id"))
    sender.init_transactions(20)
    expected = []
    for turn in range(12):
        keep = turn % 3 != 1
        sender.begin_transaction()
        for partition in range(2):
            sender.produce(topic, f"{turn} {partition} {keep}", partition=partition)
            if keep:
                expected.append(f"{turn} {partition} {keep}")
        sender.flush(20)
        if turn == 11:
            offsets = [TopicPartition(source, 0, 10)]
            sender.send_offsets_to_transaction(offsets, reader.consumer_group_metadata(), 20)
        if keep:
            sender.commit_transaction(20)
        else:
            sender.abort_transaction(20)
    [committed] = reader.committed([TopicPartition(source, 0)], timeout=10)
    expect_same("offset committed in a transaction", committed.offset, 10)
    reader.close()
    committed = values_of(read_all(topic, len(expected), 2, isolation_level="read_committed"))
    expect_same("read_committed", sorted(committed), sorted(expected))
    expect_same("all", len(read_all(topic, 24, 2, isolation_level="read_uncommitted")), 24)
    return "12 transactions over 2 partitions, a third of them aborted; offsets in one"


sys.exit(
    prove_all(
        "confluent-kafka",
        f"{confluent_kafka.version()} with librdkafka {confluent_kafka.libversion()[0]}",
        {
            "produce-consume": produce_consume,
            "compression": compression,
            "auto-create": auto_create,
            "groups": groups,
            "cooperative": lambda: groups(partition_assignment_strategy="cooperative-sticky"),
            "kip-848": lambda: groups(group_protocol="consumer"),
            "static-members": static_members,
            "resume": resume,
            "seek-and-times": seek_and_times,
            "regex": regex,
            "large-messages": large_messages,
            "admin": admin,
            "idempotence": idempotence,
            "transactions": transactions,
        },
    )
)
