import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The clients of the checks, with their defaults but for what a check is about. */
final class Clients {
  static String broker;

  static Properties settings(String... pairs) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", broker);
    for (int at = 0; at < pairs.length; at += 2) settings.put(pairs[at], pairs[at + 1]);
    return settings;
  }

  static KafkaProducer<String, String> producer(String... pairs) {
    return new KafkaProducer<>(settings(pairs), new StringSerializer(), new StringSerializer());
  }

  /** Reads from the beginning and commits only when told. */
  static KafkaConsumer<String, String> consumer(String... pairs) {
    Properties settings = settings(pairs);
    settings.putIfAbsent("auto.offset.reset", "earliest");
    settings.putIfAbsent("enable.auto.commit", "false");
    return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
  }

  static Admin admin() {
    return Admin.create(settings());
  }

  static String freshTopic(String purpose, int partitions, String... configs) throws Exception {
    String topic = Proof.freshName(purpose);
    NewTopic wanted = new NewTopic(topic, partitions, (short) 1);
    Map<String, String> settings = new java.util.HashMap<>();
    for (int at = 0; at < configs.length; at += 2) settings.put(configs[at], configs[at + 1]);
    try (Admin admin = admin()) {
      admin.createTopics(List.of(wanted.configs(settings))).all().get();
    }
    return topic;
  }

  static void send(String topic, List<String> values, String... pairs) throws Exception {
    try (KafkaProducer<String, String> producer = producer(pairs)) {
      for (String value : values) producer.send(new ProducerRecord<>(topic, value));
    }
  }

  static List<String> numbers(int from, int to) {
    List<String> numbers = new ArrayList<>();
    for (int number = from; number < to; number++) numbers.add(String.valueOf(number));
    return numbers;
  }

  /** All partitions assigned by hand, from their beginning, until `count` records came and `last` no more do. */
  static List<ConsumerRecord<String, String>> readAll(String topic, int count, String... pairs) throws Exception {
    try (KafkaConsumer<String, String> consumer = consumer(pairs)) {
      List<TopicPartition> partitions = partitionsOf(consumer, topic);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      return poll(consumer, count);
    }
  }

  static List<TopicPartition> partitionsOf(Consumer<?, ?> consumer, String topic) {
    return consumer.partitionsFor(topic).stream().map(each -> new TopicPartition(topic, each.partition())).toList();
  }

  /** Polls until `count` records came, and once more to see that it was all. */
  static List<ConsumerRecord<String, String>> poll(Consumer<String, String> consumer, int count) throws Exception {
    List<ConsumerRecord<String, String>> seen = new ArrayList<>();
    Proof.eventually(
        count + " records", () -> {
          consumer.poll(Duration.ofMillis(200)).forEach(seen::add);
          return seen.size() >= count;
        });
    consumer.poll(Duration.ofMillis(300)).forEach(seen::add);
    Proof.same("records", seen.size(), count);
    return seen;
  }

  static List<String> values(List<ConsumerRecord<String, String>> records) {
    return records.stream().map(ConsumerRecord::value).toList();
  }

  static String refusal(Proof.Check ask) throws Exception {
    try {
      ask.run();
      return "taken";
    } catch (ExecutionException refused) {
      return refused.getCause().getClass().getSimpleName();
    }
  }

  /** A member of a group on a thread of its own, that commits what it has read when it leaves. */
  static final class Member implements ConsumerRebalanceListener, AutoCloseable {
    final List<ConsumerRecord<String, String>> seen = new CopyOnWriteArrayList<>();
    final KafkaConsumer<String, String> consumer;
    volatile List<TopicPartition> assigned = List.of();
    volatile int rebalances;
    private final Thread thread;
    private volatile Throwable ended;

    Member(String topic, String group, String... pairs) {
      this(group, pairs, (consumer, listener) -> consumer.subscribe(List.of(topic), listener));
    }

    Member(Pattern topics, String group, String... pairs) {
      this(group, pairs, (consumer, listener) -> consumer.subscribe(topics, listener));
    }

    interface Subscription {
      void make(KafkaConsumer<String, String> consumer, ConsumerRebalanceListener listener);
    }

    Member(String group, String[] pairs, Subscription subscription) {
      String[] all = Arrays.copyOf(pairs, pairs.length + 2);
      all[pairs.length] = "group.id";
      all[pairs.length + 1] = group;
      consumer = consumer(all);
      subscription.make(consumer, this);
      thread = new Thread(this::run);
      thread.start();
    }

    private void run() {
      try (consumer) {
        try {
          for (;;) {
            consumer.poll(Duration.ofMillis(100)).forEach(seen::add);
            assigned = List.copyOf(consumer.assignment());
          }
        } catch (WakeupException told) {
          consumer.commitSync();
        }
      } catch (Throwable wrong) {
        ended = wrong;
      }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      rebalances++;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      consumer.commitSync();
    }

    @Override
    public void close() throws Exception {
      consumer.wakeup();
      thread.join(20_000);
      if (ended != null) throw new Exception("a member ended with " + ended, ended);
    }
  }

  private Clients() {}
}
