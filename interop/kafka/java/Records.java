import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** What goes in comes out, at the offsets and times it should. */
final class Records {
  private static final long BASE = 1_700_000_000_000L;

  private record Seen(int partition, long offset, String key, String value, long timestamp, List<String> headers) {}

  static String produceConsume() throws Exception {
    String topic = Clients.freshTopic("produce", 3);
    List<Seen> sent = new ArrayList<>();
    try (KafkaProducer<String, String> producer = Clients.producer("linger.ms", "2", "batch.size", "800")) {
      for (int number = 0; number < 600; number++) {
        String key = number % 5 == 0 ? null : "key " + number;
        String value = number % 7 == 0 ? null : "value " + number + " ž";
        List<Header> headers = new ArrayList<>();
        if (number % 2 == 0) {
          headers.add(new RecordHeader("number", bytes("" + number)));
          headers.add(new RecordHeader("number", bytes("again")));
          headers.add(new RecordHeader("none", (byte[]) null));
        }
        int partition = number % 3;
        producer.send(new ProducerRecord<>(topic, partition, BASE + number, key, value, headers));
        sent.add(new Seen(partition, number / 3, key, value, BASE + number, texts(headers)));
      }
    }
    List<Seen> seen = new ArrayList<>();
    for (ConsumerRecord<String, String> each : Clients.readAll(topic, sent.size())) {
      List<String> headers = texts(List.of(each.headers().toArray()));
      seen.add(new Seen(each.partition(), each.offset(), each.key(), each.value(), each.timestamp(), headers));
    }
    Comparator<Seen> order = Comparator.comparing(Seen::partition).thenComparing(Seen::offset);
    Proof.same("records", seen.stream().sorted(order).toList(), sent.stream().sorted(order).toList());
    return seen.size() + " records in 3 partitions with keys, headers, timestamps, nulls";
  }

  static String compression() throws Exception {
    String topic = Clients.freshTopic("compression", 1);
    List<String> expected = new ArrayList<>();
    for (String kind : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
      List<String> values = new ArrayList<>();
      for (int number = 0; number < 100; number++) values.add((kind + number + " ").repeat(40));
      Clients.send(topic, values, "compression.type", kind, "linger.ms", "50");
      expected.addAll(values);
    }
    Proof.same("values", Clients.values(Clients.readAll(topic, expected.size())), expected);
    String squeezed = Clients.freshTopic("squeezed", 1, "compression.type", "zstd");
    Clients.send(squeezed, expected, "compression.type", "gzip", "linger.ms", "50");
    Proof.same("values of a zstd topic", Clients.values(Clients.readAll(squeezed, expected.size())), expected);
    return "5 codecs, and a topic that compresses anew";
  }

  static String autoCreate() throws Exception {
    String topic = Proof.freshName("auto");
    Clients.send(topic, List.of("first"));
    Proof.same("values", Clients.values(Clients.readAll(topic, 1)), List.of("first"));
    return "a topic made by producing to it";
  }

  static String largeMessages() throws Exception {
    String topic = Clients.freshTopic("large", 1);
    String[] wide = {"max.request.size", "20000000"};
    Clients.send(topic, List.of("x".repeat(1_000_000)), wide);
    String refused =
        Clients.refusal(
            () -> {
              try (KafkaProducer<String, String> producer = Clients.producer(wide)) {
                producer.send(new ProducerRecord<>(topic, "x".repeat(1_100_000))).get();
              }
              return "";
            });
    Proof.same("1.1 MB", refused, "RecordTooLargeException");
    try (Admin admin = Clients.admin()) {
      var change = new AlterConfigOp(new ConfigEntry("max.message.bytes", "9000000"), AlterConfigOp.OpType.SET);
      var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all().get();
    }
    Clients.send(topic, List.of("y".repeat(8_000_000)), wide);
    List<String> values = Clients.values(Clients.readAll(topic, 2));
    Proof.same("values", values.equals(List.of("x".repeat(1_000_000), "y".repeat(8_000_000))), true);
    return "1 MB taken, 1.1 MB refused, 8 MB taken after max.message.bytes was raised";
  }

  static String seekAndTimes() throws Exception {
    String topic = Clients.freshTopic("seek", 1);
    try (KafkaProducer<String, String> producer = Clients.producer("batch.size", "200")) {
      for (int number = 0; number < 100; number++) {
        RecordMetadata metadata =
            producer.send(new ProducerRecord<>(topic, 0, BASE + number * 1000, null, "" + number)).get();
        Proof.same("offset answered", metadata.offset(), (long) number);
      }
    }
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<String, String> consumer = Clients.consumer()) {
      consumer.assign(List.of(partition));
      consumer.seek(partition, 90);
      Proof.same("values from 90", Clients.values(Clients.poll(consumer, 10)), Clients.numbers(90, 100));
      var found = consumer.offsetsForTimes(Map.of(partition, BASE + 41_500)).get(partition);
      Proof.same("found by time", List.of(found.offset(), found.timestamp()), List.of(42L, BASE + 42_000));
      Proof.same("nothing later", consumer.offsetsForTimes(Map.of(partition, BASE + 200_000)).get(partition), null);
      Proof.same("beginning", consumer.beginningOffsets(List.of(partition)), Map.of(partition, 0L));
      Proof.same("end", consumer.endOffsets(List.of(partition)), Map.of(partition, 100L));
      consumer.seek(partition, 1000);
      Proof.same("after a seek out of range", Clients.values(Clients.poll(consumer, 100)), Clients.numbers(0, 100));
    }
    return "seek, out of range, offsets for times, beginning and end";
  }

  private static List<String> texts(List<Header> headers) {
    return headers.stream().map(each -> each.key() + "=" + (each.value() == null ? null : utf8(each.value()))).toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private Records() {}
}
