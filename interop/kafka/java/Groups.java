import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Partitions shared out, given up and taken back, by both protocols. */
final class Groups {
  private static final int ROUND = 400;

  /** `protocol` is classic or consumer (KIP-848). */
  static String rebalance(String protocol) throws Exception {
    String topic = Clients.freshTopic("groups", 4);
    String group = Proof.freshName("group");
    String[] settings = {"group.protocol", protocol};
    List<String> values = new ArrayList<>();
    try (Clients.Member first = new Clients.Member(topic, group, settings)) {
      Proof.eventually("all 4 partitions", () -> first.assigned.size() == 4);
      try (Clients.Member second = new Clients.Member(topic, group, settings)) {
        Proof.eventually("2 partitions each", () -> first.assigned.size() == 2 && second.assigned.size() == 2);
        sendEvenly(topic, 0);
        Proof.eventually("the first round", () -> first.seen.size() + second.seen.size() == ROUND);
        Proof.same("share of the second", second.seen.size(), ROUND / 2);
        try (Admin admin = Clients.admin()) {
          var described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
          Proof.same("state", described.groupState().toString(), "Stable");
          Proof.same("type", described.type().toString().toLowerCase(), protocol);
          Proof.same("members", described.members().size(), 2);
          int shared = described.members().stream().mapToInt(each -> each.assignment().topicPartitions().size()).sum();
          Proof.same("partitions of all members", shared, 4);
        }
        values.addAll(Clients.values(second.seen));
      }
      Proof.eventually("all 4 partitions again", () -> first.assigned.size() == 4);
      sendEvenly(topic, ROUND);
      int before = values.size();
      Proof.eventually("the second round", () -> first.seen.size() + before == 2 * ROUND);
      values.addAll(Clients.values(first.seen));
    }
    Proof.same("values", values.stream().map(Integer::valueOf).sorted().map(String::valueOf).toList(), Clients.numbers(0, 2 * ROUND));
    try (Admin admin = Clients.admin()) {
      long committed = 0;
      var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      for (OffsetAndMetadata each : offsets.values()) committed += each.offset();
      Proof.same("sum of committed offsets", committed, (long) 2 * ROUND);
    }
    return "a second member joins and leaves; " + values.size() + " records, each once; offsets committed";
  }

  /** Members of a group that does not stop are changed over to the other protocol one by one, and back. */
  static String migration() throws Exception {
    String topic = Clients.freshTopic("migration", 4);
    String group = Proof.freshName("migration");
    List<Clients.Member> members = new ArrayList<>();
    List<String> values = new ArrayList<>();
    List<String> types = new ArrayList<>();
    int sent = 0;
    try {
      for (String protocol : List.of("classic", "classic", "consumer", "consumer", "classic", "classic")) {
        if (members.size() == 2) {
          Clients.Member gone = members.remove(0);
          gone.close();
          values.addAll(Clients.values(gone.seen));
        }
        members.add(new Clients.Member(topic, group, "group.protocol", protocol));
        int share = 4 / members.size();
        Proof.eventually(share + " partitions each", () -> members.stream().allMatch(each -> each.assigned.size() == share));
        sendEvenly(topic, sent);
        sent += ROUND;
        int all = sent;
        Proof.eventually(all + " records", () -> values.size() + members.stream().mapToInt(each -> each.seen.size()).sum() == all);
        try (Admin admin = Clients.admin()) {
          types.add(admin.describeConsumerGroups(List.of(group)).all().get().get(group).type().toString().toLowerCase());
        }
      }
    } finally {
      for (Clients.Member each : members) each.close();
    }
    for (Clients.Member each : members) values.addAll(Clients.values(each.seen));
    Proof.same("types", types, List.of("classic", "classic", "consumer", "consumer", "consumer", "classic"));
    Proof.same("values", values.stream().map(Integer::valueOf).sorted().map(String::valueOf).toList(), Clients.numbers(0, sent));
    return "two members exchanged for ones of the other protocol, and back; " + values.size() + " records, each once";
  }

  /** Only the partitions that move are taken away. */
  static String cooperative() throws Exception {
    String topic = Clients.freshTopic("cooperative", 6);
    String group = Proof.freshName("cooperative");
    String assignor = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
    String[] settings = {"partition.assignment.strategy", assignor};
    try (Clients.Member first = new Clients.Member(topic, group, settings)) {
      Proof.eventually("all 6 partitions", () -> first.assigned.size() == 6);
      List<TopicPartition> all = first.assigned;
      try (Clients.Member second = new Clients.Member(topic, group, settings)) {
        Proof.eventually("3 partitions each", () -> first.assigned.size() == 3 && second.assigned.size() == 3);
        Proof.same("kept ones were its own", all.containsAll(first.assigned), true);
        sendEvenly(topic, 0);
        Proof.eventually("all records", () -> first.seen.size() + second.seen.size() == ROUND);
      }
      Proof.eventually("all 6 partitions again", () -> first.assigned.size() == 6);
    }
    return "3 of 6 partitions move to a second member and back";
  }

  static String staticMembers() throws Exception {
    String topic = Clients.freshTopic("static", 2);
    String group = Proof.freshName("static");
    String[] one = {"group.instance.id", "one", "session.timeout.ms", "20000"};
    String[] two = {"group.instance.id", "two", "session.timeout.ms", "20000"};
    try (Clients.Member first = new Clients.Member(topic, group, one)) {
      Clients.Member second = new Clients.Member(topic, group, two);
      Proof.eventually("one partition each", () -> first.assigned.size() == 1 && second.assigned.size() == 1);
      int rebalances = first.rebalances;
      List<TopicPartition> held = second.assigned;
      second.close();
      try (Clients.Member again = new Clients.Member(topic, group, two)) {
        Proof.eventually("its partition back", () -> again.assigned.equals(held));
        Proof.same("rebalances of the other", first.rebalances, rebalances);
        try (Admin admin = Clients.admin()) {
          var members = admin.describeConsumerGroups(List.of(group)).all().get().get(group).members();
          var names = members.stream().map(each -> each.groupInstanceId().orElse("")).sorted().toList();
          Proof.same("instances", names, List.of("one", "two"));
        }
      }
    }
    return "a member that comes back under its name has its partition without a rebalance";
  }

  static String resume() throws Exception {
    String topic = Clients.freshTopic("resume", 1);
    String group = Proof.freshName("resume");
    TopicPartition partition = new TopicPartition(topic, 0);
    Clients.send(topic, Clients.numbers(0, 100));
    try (KafkaConsumer<String, String> consumer = Clients.consumer("group.id", group, "max.poll.records", "10")) {
      consumer.subscribe(List.of(topic));
      Proof.eventually("ten records", () -> consumer.poll(java.time.Duration.ofMillis(100)).count() == 10);
      consumer.commitSync(Map.of(partition, new OffsetAndMetadata(7, "by hand")));
    }
    try (KafkaConsumer<String, String> consumer = Clients.consumer("group.id", group)) {
      consumer.subscribe(List.of(topic));
      Proof.same("values", Clients.values(Clients.poll(consumer, 93)), Clients.numbers(7, 100));
      var committed = consumer.committed(java.util.Set.of(partition)).get(partition);
      Proof.same("committed", List.of(committed.offset(), committed.metadata()), List.of(7L, "by hand"));
      consumer.commitSync();
      Proof.same("position committed", consumer.committed(java.util.Set.of(partition)).get(partition).offset(), 100L);
    }
    return "a new member goes on at the committed offset; offset with metadata read back";
  }

  static String regex() throws Exception {
    String stem = Proof.freshName("regex");
    return twoOfThree(stem, () -> new Clients.Member(Pattern.compile(Pattern.quote(stem) + "\\.[ab]"), Proof.freshName("regex")));
  }

  static String serverSideRegex() throws Exception {
    String stem = Proof.freshName("regex");
    SubscriptionPattern pattern = new SubscriptionPattern(stem.replace(".", "\\.") + "\\.[ab]");
    String[] settings = {"group.protocol", "consumer"};
    String group = Proof.freshName("regex");
    return twoOfThree(
        stem, () -> new Clients.Member(group, settings, (consumer, listener) -> consumer.subscribe(pattern, listener)));
  }

  private interface MemberOf {
    Clients.Member make();
  }

  private static String twoOfThree(String stem, MemberOf subscribed) throws Exception {
    List<String> topics = List.of(stem + ".a", stem + ".b", stem + ".c");
    try (Admin admin = Clients.admin()) {
      var wanted = topics.stream().map(each -> new org.apache.kafka.clients.admin.NewTopic(each, 1, (short) 1)).toList();
      admin.createTopics(wanted).all().get();
    }
    for (String topic : topics) Clients.send(topic, List.of(topic));
    Clients.Member member = subscribed.make();
    try (member) {
      Proof.eventually("two records", () -> member.seen.size() >= 2);
    }
    Proof.same("values", Proof.sorted(Clients.values(member.seen)), topics.subList(0, 2));
    return "two of three topics match";
  }

  private static void sendEvenly(String topic, int from) throws Exception {
    try (KafkaProducer<String, String> producer = Clients.producer()) {
      int partitions = producer.partitionsFor(topic).size();
      for (int number = from; number < from + ROUND; number++) {
        producer.send(new ProducerRecord<>(topic, number % partitions, null, "" + number));
      }
    }
  }

  private Groups() {}
}
