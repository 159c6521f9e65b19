"""Prints the values of partition 0 of a topic, from its beginning to its end, by librdkafka: TOPIC NAME=VALUE…"""

import sys

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

topic, *pairs = sys.argv[1:]
refused = []
settings = {"group.id": "reader", "enable.partition.eof": True, "log_level": 0, "error_cb": refused.append}
reader = Consumer(settings | dict(pair.split("=", 1) for pair in pairs))
reader.assign([TopicPartition(topic, 0, 0)])
for _ in range(100):
    message = reader.poll(0.2)
    for error in refused:
        if error.code() in (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED):
            sys.exit(f"authentication: {error}")
    if message is None:
        continue
    if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
        sys.exit(0)
    if message.error():
        raise KafkaException(message.error())
    print(message.value().decode())
sys.exit("no end of the partition")
