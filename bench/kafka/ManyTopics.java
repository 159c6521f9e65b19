import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One producer with its defaults, acks=all, that writes 100 bytes to each of many topics in turn as fast as it may:
 * `ManyTopics HOST:PORT PREFIX TOPICS WARM-UP-SECONDS SECONDS`. Counted is what was acknowledged within the window.
 */
public final class ManyTopics {
  private static final int SAMPLES_MAX = 4_000_000;

  public static void main(String[] arguments) throws Exception {
    int topics = Integer.parseInt(arguments[2]);
    Properties settings = new Properties();
    settings.put("bootstrap.servers", arguments[0]);
    settings.put("acks", "all");
    String[] names = new String[topics];
    for (int topic = 0; topic < topics; topic++) names[topic] = arguments[1] + topic;
    byte[] value = new byte[100];
    Arrays.fill(value, (byte) 'x');
    long[] waited = new long[SAMPLES_MAX];
    AtomicInteger acknowledged = new AtomicInteger();
    AtomicReference<Exception> wrong = new AtomicReference<>();
    double measured;
    try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      learn(producer, names);
      long begin = System.nanoTime() + Long.parseLong(arguments[3]) * 1_000_000_000L;
      long end = begin + Long.parseLong(arguments[4]) * 1_000_000_000L;
      measured = (end - begin) / 1e9;
      for (int turn = 0; System.nanoTime() < end && wrong.get() == null; turn = (turn + 1) % topics) {
        long sent = System.nanoTime();
        producer.send(
            new ProducerRecord<byte[], byte[]>(names[turn], value),
            (metadata, error) -> {
              long now = System.nanoTime();
              if (error != null) wrong.set(error);
              else if (now >= begin && now < end) {
                int at = acknowledged.getAndIncrement();
                if (at < SAMPLES_MAX) waited[at] = now - sent;
              }
            });
      }
    }
    if (wrong.get() != null) throw wrong.get();
    int samples = Math.min(acknowledged.get(), SAMPLES_MAX);
    Arrays.sort(waited, 0, samples);
    System.out.printf(
        "%.1f records/s, p50 %.2f ms, p99 %.2f ms%n",
        acknowledged.get() / measured,
        waited[samples / 2] / 1e6,
        waited[(int) (samples * 0.99)] / 1e6);
  }

  /** A producer asks for each topic when it first meets it and waits; many threads let it ask for many at once. */
  private static void learn(KafkaProducer<byte[], byte[]> producer, String[] names) throws Exception {
    ExecutorService askers = Executors.newFixedThreadPool(100);
    for (var found : askers.invokeAll(Arrays.stream(names).map(name -> ask(producer, name)).toList())) found.get();
    askers.shutdown();
  }

  private static Callable<Integer> ask(KafkaProducer<byte[], byte[]> producer, String name) {
    return () -> producer.partitionsFor(name).size();
  }
}
