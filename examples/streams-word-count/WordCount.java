import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Counts words with Kafka Streams: lines are split, the words go through a topic of its own to whoever counts them, and
 * the counts lie in a store that a compacted topic keeps. Reading, counting and writing are one transaction each time.
 *
 * <p>Arguments: broker, topic of lines, topic of counts, name of the application, folder for its state.
 */
public final class WordCount {
  private static final int REPORT_EVERY = 100;

  public static void main(String[] args) {
    var settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("application.id", args[3]);
    settings.put("state.dir", args[4]);
    settings.put("processing.guarantee", "exactly_once_v2");
    settings.put("default.key.serde", Serdes.StringSerde.class.getName());
    settings.put("default.value.serde", Serdes.StringSerde.class.getName());
    settings.put("auto.offset.reset", "earliest");
    // So soon is noticed that an instance is dead; by default it takes 45 s.
    settings.put("session.timeout.ms", 6000);
    settings.put("heartbeat.interval.ms", 1000);

    var lines = new AtomicLong();
    var builder = new StreamsBuilder();
    builder.<String, String>stream(args[1])
        .peek((key, line) -> {
          if (lines.incrementAndGet() % REPORT_EVERY == 0) System.out.println("lines " + lines);
        })
        .flatMapValues(line -> Arrays.asList(line.split(" ")))
        .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
        .count()
        .toStream()
        .mapValues(String::valueOf)
        .to(args[2], Produced.with(Serdes.String(), Serdes.String()));

    var streams = new KafkaStreams(builder.build(), settings);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.ERROR) Runtime.getRuntime().halt(1);
    });
    var leave = CloseOptions.groupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(leave)));
    streams.start();
  }

  private WordCount() {}
}
