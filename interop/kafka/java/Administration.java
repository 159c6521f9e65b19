import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/** What administrators ask for, and the errors they are told. */
final class Administration {
  static String topics() throws Exception {
    String topic = Proof.freshName("topics");
    try (Admin admin = Clients.admin()) {
      NewTopic wanted = new NewTopic(topic, 2, (short) 1).configs(Map.of(TopicConfig.RETENTION_MS_CONFIG, "1234567"));
      var made = admin.createTopics(List.of(wanted));
      Proof.same("partitions answered", made.numPartitions(topic).get(), 2);
      Proof.same("config answered", made.config(topic).get().get(TopicConfig.RETENTION_MS_CONFIG).value(), "1234567");
      var id = made.topicId(topic).get();
      Proof.same("again", refusalOf(admin, wanted), "TopicExistsException");
      Proof.same("bad name", refusalOf(admin, new NewTopic("a b", 1, (short) 1)), "InvalidTopicException");
      Proof.same("no partitions", refusalOf(admin, new NewTopic(Proof.freshName("x"), 0, (short) 1)), "InvalidPartitionsException");
      NewTopic wrong = new NewTopic(Proof.freshName("x"), 1, (short) 1).configs(Map.of("retention.ms", "soon"));
      Proof.same("bad config", refusalOf(admin, wrong), "InvalidConfigurationException");
      Proof.same("listed", admin.listTopics().names().get().contains(topic), true);
      var described = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
      Proof.same("id", described.topicId(), id);
      Proof.same("leaders", described.partitions().stream().map(each -> each.leader().id() == each.isr().get(0).id()).toList(), List.of(true, true));
      Proof.same("unknown", Clients.refusal(() -> "" + admin.describeTopics(List.of(Proof.freshName("x"))).allTopicNames().get()), "UnknownTopicOrPartitionException");
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
      Proof.eventually("5 partitions", () -> admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size() == 5);
      String fewer = Clients.refusal(() -> "" + admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get());
      Proof.same("fewer partitions", fewer, "InvalidPartitionsException");
      deleteRecords(admin, topic);
      admin.deleteTopics(List.of(topic)).all().get();
      Proof.eventually("it is gone", () -> !admin.listTopics().names().get().contains(topic));
      Proof.same("deleted again", Clients.refusal(() -> "" + admin.deleteTopics(List.of(topic)).all().get()), "UnknownTopicOrPartitionException");
    }
    return "create, describe by name and id, partitions, delete records, delete, and six refusals";
  }

  private static void deleteRecords(Admin admin, String topic) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 4);
    try (KafkaProducer<String, String> producer = Clients.producer()) {
      for (int number = 0; number < 50; number++) producer.send(new ProducerRecord<>(topic, 4, null, "" + number));
    }
    var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(20))).lowWatermarks();
    Proof.same("low watermark", deleted.get(partition).get().lowWatermark(), 20L);
    Proof.same("earliest", offset(admin, partition, OffsetSpec.earliest()), 20L);
    Proof.same("latest", offset(admin, partition, OffsetSpec.latest()), 50L);
    Proof.same("values", Clients.values(Clients.readAll(topic, 30)), Clients.numbers(20, 50));
    String beyond = Clients.refusal(() -> "" + admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(51))).all().get());
    Proof.same("beyond the end", beyond, "OffsetOutOfRangeException");
  }

  static String configs() throws Exception {
    String topic = Clients.freshTopic("configs", 1, "cleanup.policy", "compact");
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try (Admin admin = Clients.admin()) {
      Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      ConfigEntry policy = config.get("cleanup.policy");
      Proof.same("cleanup.policy", List.of(policy.value(), policy.source().name()), List.of("compact", "DYNAMIC_TOPIC_CONFIG"));
      ConfigEntry retention = config.get("retention.ms");
      Proof.same("retention.ms", List.of(retention.value(), retention.source().name(), retention.type().name()), List.of("604800000", "DEFAULT_CONFIG", "LONG"));
      Proof.same("segment.bytes", config.get("segment.bytes").value(), "1073741824");
      Proof.same("max.message.bytes", config.get("max.message.bytes").value(), "1048588");
      alter(admin, resource, "retention.ms", "5000", AlterConfigOp.OpType.SET);
      alter(admin, resource, "cleanup.policy", "delete", AlterConfigOp.OpType.APPEND);
      Proof.eventually("both are in force", () -> {
        Config now = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        return now.get("retention.ms").value().equals("5000") && now.get("cleanup.policy").value().equals("compact,delete");
      });
      alter(admin, resource, "retention.ms", "", AlterConfigOp.OpType.DELETE);
      alter(admin, resource, "cleanup.policy", "compact", AlterConfigOp.OpType.SUBTRACT);
      Proof.eventually("both are taken back", () -> {
        Config now = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        return now.get("retention.ms").isDefault() && now.get("cleanup.policy").value().equals("delete");
      });
      String refused = Clients.refusal(() -> {
        alter(admin, resource, "retention.ms", "soon", AlterConfigOp.OpType.SET);
        return "";
      });
      Proof.same("a value that is none", refused, "InvalidConfigurationException");
      var node = admin.describeCluster().nodes().get().iterator().next();
      ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, node.idString());
      Config ofBroker = admin.describeConfigs(List.of(broker)).all().get().get(broker);
      Proof.same("log.retention.hours of the broker", ofBroker.get("log.retention.hours").value(), "168");
    }
    return "defaults, sources and types; set, append, subtract, delete; a refusal; the broker's";
  }

  private static void alter(Admin admin, ConfigResource resource, String name, String value, AlterConfigOp.OpType how) throws Exception {
    admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(name, value), how)))).all().get();
  }

  static String groups() throws Exception {
    String topic = Clients.freshTopic("admin-groups", 2);
    String group = Proof.freshName("admin");
    TopicPartition one = new TopicPartition(topic, 1);
    TopicPartition zero = new TopicPartition(topic, 0);
    try (Admin admin = Clients.admin()) {
      Proof.same("of no group", Clients.refusal(() -> "" + admin.describeConsumerGroups(List.of(group)).all().get()), "GroupIdNotFoundException");
      admin.alterConsumerGroupOffsets(group, Map.of(one, new OffsetAndMetadata(11, "m"), zero, new OffsetAndMetadata(3))).all().get();
      var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      Proof.same("offsets", List.of(offsets.get(one).offset(), offsets.get(one).metadata(), offsets.get(zero).offset()), List.of(11L, "m", 3L));
      Proof.same("listed", admin.listGroups().all().get().stream().anyMatch(each -> each.groupId().equals(group)), true);
      Proof.same("state", admin.describeConsumerGroups(List.of(group)).all().get().get(group).groupState().toString(), "Empty");
      admin.deleteConsumerGroupOffsets(group, Set.of(zero)).all().get();
      Proof.same("left", admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().containsKey(zero), false);
      try (Clients.Member member = new Clients.Member(topic, group)) {
        Proof.eventually("2 partitions", () -> member.assigned.size() == 2);
        Proof.same("deleted with members", Clients.refusal(() -> "" + admin.deleteConsumerGroups(List.of(group)).all().get()), "GroupNotEmptyException");
        String subscribed = Clients.refusal(() -> "" + admin.deleteConsumerGroupOffsets(group, Set.of(one)).all().get());
        Proof.same("offsets of a topic subscribed to", subscribed, "GroupSubscribedToTopicException");
      }
      Proof.eventually("it is empty", () -> admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().isEmpty());
      admin.deleteConsumerGroups(List.of(group)).all().get();
      Proof.same("after delete", admin.listGroups().all().get().stream().anyMatch(each -> each.groupId().equals(group)), false);
    }
    return "offsets set, read and deleted; list, describe, delete; three refusals";
  }

  static String cluster() throws Exception {
    String topic = Clients.freshTopic("cluster", 1);
    Clients.send(topic, Clients.numbers(0, 100));
    try (Admin admin = Clients.admin()) {
      var cluster = admin.describeCluster();
      Proof.same("nodes", cluster.nodes().get().size(), 1);
      Proof.same("cluster id is one", cluster.clusterId().get().isEmpty(), false);
      int node = cluster.nodes().get().iterator().next().id();
      var folders = admin.describeLogDirs(List.of(node)).allDescriptions().get().get(node);
      var size = folders.values().iterator().next().replicaInfos().get(new TopicPartition(topic, 0)).size();
      if (size < 100 || size > 100_000) throw new Exception("size of 100 short records: " + size);
      Proof.same("reassignments", admin.listPartitionReassignments().reassignments().get().size(), 0);
      var features = admin.describeFeatures().featureMetadata().get().finalizedFeatures();
      Proof.same("transaction.version", features.get("transaction.version").maxVersionLevel(), (short) 2);
    }
    return "nodes, id, log folders, reassignments, features";
  }

  static String transactions() throws Exception {
    String topic = Clients.freshTopic("admin-transactions", 1);
    String id = Proof.freshName("id");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (Admin admin = Clients.admin();
        KafkaProducer<String, String> producer = Clients.producer("transactional.id", id)) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, "open")).get();
      var described = admin.describeTransactions(List.of(id)).all().get().get(id);
      Proof.same("state", described.state(), TransactionState.ONGOING);
      Proof.same("partitions", described.topicPartitions(), Set.of(partition));
      var listed = admin.listTransactions().all().get().stream().filter(each -> each.transactionalId().equals(id)).toList();
      Proof.same("listed", listed.size(), 1);
      var producers = admin.describeProducers(List.of(partition)).all().get().get(partition).activeProducers();
      Proof.same("producers", producers.stream().map(each -> each.producerId()).toList(), List.of(described.producerId()));
      Proof.same("start of the transaction", producers.get(0).currentTransactionStartOffset().getAsLong(), 0L);
      Proof.same("last stable offset", offset(admin, partition, OffsetSpec.latest()), 1L);
      admin.fenceProducers(List.of(id)).all().get();
      Proof.eventually("it is empty", () -> admin.describeTransactions(List.of(id)).all().get().get(id).state() == TransactionState.EMPTY);
      Proof.same("committed records", Clients.readAll(topic, 0, "isolation.level", "read_committed").size(), 0);
    }
    return "describe, list, describe producers, fence";
  }

  private static long offset(Admin admin, TopicPartition partition, OffsetSpec which) throws Exception {
    ListOffsetsResultInfo found = admin.listOffsets(Map.of(partition, which)).partitionResult(partition).get();
    return found.offset();
  }

  private static String refusalOf(Admin admin, NewTopic topic) throws Exception {
    return Clients.refusal(() -> "" + admin.createTopics(List.of(topic)).all().get());
  }

  private Administration() {}
}
