import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Produced;

/** Kafka Streams: lines to words, shuffled through a topic of its own, counted in a store that a compacted topic keeps. */
final class WordCount {
  private static final String[] WORDS = {"log", "offset", "topic", "group", "epoch", "batch", "leader"};
  private static final int LINES = 400;

  static String exactlyOnce() throws Exception {
    String lines = Clients.freshTopic("lines", 2);
    String counts = Clients.freshTopic("counts", 2);
    Map<String, Long> expected = new HashMap<>();
    List<String> text = new ArrayList<>();
    for (int line = 0; line < LINES; line++) {
      List<String> words = new ArrayList<>();
      for (int at = 0; at <= line % 5; at++) words.add(WORDS[(line * 3 + at * at) % WORDS.length]);
      words.forEach(word -> expected.merge(word, 1L, Long::sum));
      text.add(String.join(" ", words));
    }
    String application = Proof.freshName("count");
    Path folder = Files.createTempDirectory("word-count");
    Clients.send(lines, text.subList(0, LINES / 2));
    try (KafkaStreams first = started(lines, counts, application, folder.resolve("first"))) {
      Proof.eventually("the first half", () -> sum(latest(counts)) >= sum(counted(text.subList(0, LINES / 2))));
      Clients.send(lines, text.subList(LINES / 2, LINES));
      // A second instance has none of the first one's files: it restores the counts from the topic that keeps them.
      first.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
      try (KafkaStreams second = started(lines, counts, application, folder.resolve("second"))) {
        Proof.eventually("all lines", () -> sum(latest(counts)) >= sum(expected));
      }
    }
    Proof.same("counts", latest(counts), expected);
    return LINES + " lines counted by one instance and then another, exactly_once_v2";
  }

  private static KafkaStreams started(String lines, String counts, String application, Path folder) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.<String, String>stream(lines)
        .flatMapValues(line -> Arrays.asList(line.split(" ")))
        .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
        .count()
        .toStream()
        .mapValues(String::valueOf)
        .to(counts, Produced.with(Serdes.String(), Serdes.String()));
    Properties settings =
        Clients.settings(
            "application.id", application,
            "processing.guarantee", "exactly_once_v2",
            "default.key.serde", Serdes.StringSerde.class.getName(),
            "default.value.serde", Serdes.StringSerde.class.getName(),
            "auto.offset.reset", "earliest",
            "state.dir", folder.toString());
    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    streams.start();
    return streams;
  }

  private static Map<String, Long> counted(List<String> text) {
    Map<String, Long> counts = new HashMap<>();
    for (String line : text) for (String word : line.split(" ")) counts.merge(word, 1L, Long::sum);
    return counts;
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** The last committed count of each word, as far as the topic has it now. */
  private static Map<String, Long> latest(String topic) throws Exception {
    Map<String, Long> counts = new HashMap<>();
    try (KafkaConsumer<String, String> consumer = Clients.consumer("isolation.level", "read_committed")) {
      var partitions = Clients.partitionsOf(consumer, topic);
      consumer.assign(partitions);
      var ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(java.time.Duration.ofMillis(100)).forEach(each -> counts.put(each.key(), Long.valueOf(each.value())));
      }
    }
    return counts;
  }

  private WordCount() {}
}
