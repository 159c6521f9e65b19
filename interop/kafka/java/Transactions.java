import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;

/** Producers whose records come once, together or not at all. */
final class Transactions {
  private static final String[] COMMITTED = {"isolation.level", "read_committed"};

  static String idempotence() throws Exception {
    String topic = Clients.freshTopic("idempotence", 1);
    String[] settings = {"enable.idempotence", "true", "batch.size", "100", "max.in.flight.requests.per.connection", "5"};
    Clients.send(topic, Clients.numbers(0, 2000), settings);
    Proof.same("values", Clients.values(Clients.readAll(topic, 2000)), Clients.numbers(0, 2000));
    return "2000 records in order, five requests in flight";
  }

  static String commitAndAbort() throws Exception {
    String topic = Clients.freshTopic("transactions", 2);
    String id = Proof.freshName("id");
    List<String> expected = new ArrayList<>();
    try (KafkaProducer<String, String> producer = Clients.producer("transactional.id", id)) {
      producer.initTransactions();
      for (int round = 0; round < 20; round++) {
        producer.beginTransaction();
        boolean keep = round % 3 != 1;
        for (int partition = 0; partition < 2; partition++) {
          String value = "%02d in %d %s".formatted(round, partition, keep);
          producer.send(new ProducerRecord<>(topic, partition, null, value));
          if (keep) expected.add(value);
        }
        producer.flush();
        if (keep) producer.commitTransaction();
        else producer.abortTransaction();
      }
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, 0, null, "open")).get();
      Proof.same("committed", Proof.sorted(Clients.values(Clients.readAll(topic, expected.size(), COMMITTED))), Proof.sorted(expected));
      Proof.same("all", Clients.readAll(topic, 41).size(), 41);
      producer.commitTransaction();
    }
    Proof.same("with the open one", Clients.readAll(topic, expected.size() + 1, COMMITTED).size(), expected.size() + 1);
    return "20 transactions over 2 partitions, a third of them aborted; an open one is held back";
  }

  static String readProcessWrite() throws Exception {
    String from = Clients.freshTopic("from", 2);
    String to = Clients.freshTopic("to", 2);
    String group = Proof.freshName("process");
    Clients.send(from, Clients.numbers(0, 300));
    String[] reading = {"group.id", group, "isolation.level", "read_committed", "max.poll.records", "30"};
    int done = 0;
    boolean abortedOnce = false;
    try (KafkaProducer<String, String> producer = Clients.producer("transactional.id", Proof.freshName("id"));
        KafkaConsumer<String, String> consumer = Clients.consumer(reading)) {
      producer.initTransactions();
      consumer.subscribe(List.of(from));
      long deadline = System.nanoTime() + 30_000_000_000L;
      while (done < 300 && System.nanoTime() < deadline) {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
        if (records.isEmpty()) continue;
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<String, String> record : records) {
          producer.send(new ProducerRecord<>(to, "doubled " + record.value()));
          offsets.put(new TopicPartition(from, record.partition()), new OffsetAndMetadata(record.offset() + 1));
        }
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        if (!abortedOnce) {
          producer.abortTransaction();
          abortedOnce = true;
          consumer.seekToBeginning(consumer.assignment());
          continue;
        }
        producer.commitTransaction();
        done += records.count();
      }
      var committed = consumer.committed(consumer.assignment()).values().stream().filter(Objects::nonNull);
      Proof.same("offsets", committed.mapToLong(OffsetAndMetadata::offset).sum(), 300L);
    }
    List<String> expected = Clients.numbers(0, 300).stream().map(each -> "doubled " + each).sorted().toList();
    Proof.same("values", Proof.sorted(Clients.values(Clients.readAll(to, 300, COMMITTED))), expected);
    return "300 records and their offsets in transactions, one of which was aborted";
  }

  static String fencing() throws Exception {
    String topic = Clients.freshTopic("fencing", 1);
    String id = Proof.freshName("id");
    try (KafkaProducer<String, String> older = Clients.producer("transactional.id", id);
        KafkaProducer<String, String> newer = Clients.producer("transactional.id", id)) {
      older.initTransactions();
      older.beginTransaction();
      older.send(new ProducerRecord<>(topic, "of the older")).get();
      newer.initTransactions();
      newer.beginTransaction();
      newer.send(new ProducerRecord<>(topic, "of the newer"));
      String refused = "nothing";
      try {
        older.send(new ProducerRecord<>(topic, "late")).get();
        older.commitTransaction();
      } catch (Exception error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        boolean fenced = cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException;
        refused = fenced ? "fenced" : cause.toString();
      }
      Proof.same("the older", refused, "fenced");
      newer.commitTransaction();
    }
    Proof.same("values", Clients.values(Clients.readAll(topic, 1, COMMITTED)), List.of("of the newer"));
    return "a second producer of the same id ends the transaction of the first and fences it";
  }

  private Transactions() {}
}
