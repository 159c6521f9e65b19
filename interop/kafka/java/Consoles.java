import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * The calls that two web consoles make of Kafka's Java client, in their order and with their options, since the consoles
 * themselves are published as images only: AKHQ's (the pages on nodes, topics, groups, ACLs) and Kafka UI's (what it
 * gathers of a cluster, and its buttons). What is looked at is what they show. Argument: the broker's HOST:PORT.
 */
public final class Consoles {
  private static final long WRITTEN = 40;
  private static final long COMMITTED = 15;

  public static void main(String[] arguments) throws Exception {
    Clients.broker = arguments[0];
    Map<String, Proof.Check> checks = new LinkedHashMap<>();
    checks.put("akhq", Consoles::akhq);
    checks.put("kafka-ui", Consoles::kafkaUi);
    Proof.all("web-consoles", AppInfoParser.getVersion(), checks);
  }

  /** A topic of two partitions, one with records, and a group that has read some of them. */
  private record Scene(String topic, String group, TopicPartition full, TopicPartition empty) {
    static Scene made(Admin admin, String purpose) throws Exception {
      String topic = Clients.freshTopic(purpose, 2, "retention.ms", "7200000");
      var scene = new Scene(topic, Proof.freshName(purpose), new TopicPartition(topic, 0), new TopicPartition(topic, 1));
      try (var producer = Clients.producer()) {
        for (String value : Clients.numbers(0, (int) WRITTEN)) {
          producer.send(new ProducerRecord<>(topic, 0, "key", value));
        }
      }
      admin.alterConsumerGroupOffsets(scene.group, Map.of(scene.full, new OffsetAndMetadata(COMMITTED))).all().get();
      return scene;
    }

    Set<TopicPartition> partitions() {
      return Set.of(full, empty);
    }
  }

  @SuppressWarnings("removal")
  private static String akhq() throws Exception {
    try (Admin admin = Clients.admin(); KafkaConsumer<String, String> consumer = Clients.consumer()) {
      Scene scene = Scene.made(admin, "akhq");
      var cluster = admin.describeCluster();
      int node = cluster.controller().get().id();
      Proof.same("nodes", cluster.nodes().get().stream().map(each -> each.id()).toList(), List.of(node));
      Proof.same("id of the cluster", cluster.clusterId().get().length(), 22);
      var listings = admin.listTopics(new ListTopicsOptions().listInternal(true)).listings().get();
      Proof.same("listed", listings.stream().filter(each -> each.name().equals(scene.topic)).count(), 1L);
      var names = listings.stream().map(each -> each.name()).filter(scene.topic::equals).toList();
      var described = admin.describeTopics(names).allTopicNames().get().get(scene.topic);
      Proof.same("replicas", described.partitions().stream().map(each -> each.replicas().size()).toList(), List.of(1, 1));
      var begins = consumer.offsetsForTimes(Map.of(scene.full, 0L, scene.empty, 0L));
      Proof.same("first offset", begins.get(scene.full).offset(), 0L);
      Proof.same("first offset of none", begins.get(scene.empty), null);
      Proof.same("ends", consumer.endOffsets(scene.partitions()), Map.of(scene.full, WRITTEN, scene.empty, 0L));
      sizesOf(admin, scene, node);
      configsOf(admin, scene, node, new DescribeConfigsOptions());
      var groups = admin.listConsumerGroups().all().get();
      Proof.same("group listed", groups.stream().anyMatch(each -> each.groupId().equals(scene.group)), true);
      var group = admin.describeConsumerGroups(List.of(scene.group)).all().get().get(scene.group);
      Proof.same("group", List.of(group.groupState(), group.coordinator().id(), group.members().size()), List.of(GroupState.EMPTY, node, 0));
      var offsets = admin.listConsumerGroupOffsets(scene.group).partitionsToOffsetAndMetadata().get();
      Proof.same("offset", offsets.get(scene.full).offset(), COMMITTED);
      aclsOf(admin, scene);
      consumer.assign(List.of(scene.full));
      consumer.seek(scene.full, 30);
      Proof.same("the last records", Clients.values(Clients.poll(consumer, 10)), Clients.numbers(30, 40));
      buttonsOfAkhq(admin, scene);
    }
    return "nodes, topics, offsets, sizes, settings, groups, ACLs, records; change, empty and delete";
  }

  private static void buttonsOfAkhq(Admin admin, Scene scene) throws Exception {
    try (KafkaConsumer<String, String> asGroup = Clients.consumer("group.id", scene.group)) {
      asGroup.commitSync(Map.of(scene.full, new OffsetAndMetadata(3), scene.empty, new OffsetAndMetadata(0)), Duration.ofSeconds(20));
    }
    var moved = admin.listConsumerGroupOffsets(scene.group).partitionsToOffsetAndMetadata().get();
    Proof.same("offset moved", moved.get(scene.full).offset(), 3L);
    admin.deleteConsumerGroupOffsets(scene.group, scene.partitions()).all().get();
    var left = admin.listConsumerGroupOffsets(scene.group).partitionsToOffsetAndMetadata().get();
    Proof.same("offsets left", left.size(), 0);
    admin.createPartitions(Map.of(scene.topic, NewPartitions.increaseTo(3))).all().get();
    admin.deleteRecords(Map.of(scene.full, RecordsToDelete.beforeOffset(-1))).all().get();
    Proof.same("emptied", listed(admin, List.of(scene.full), OffsetSpec.earliest()), Map.of(scene.full, WRITTEN));
    deleteAll(admin, scene);
  }

  @SuppressWarnings("removal")
  private static String kafkaUi() throws Exception {
    try (Admin admin = Clients.admin()) {
      Scene scene = Scene.made(admin, "kafka-ui");
      var cluster = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
      int node = cluster.controller().get().id();
      Proof.same("may alter", cluster.authorizedOperations().get().contains(AclOperation.ALTER), true);
      var version = admin.describeFeatures().featureMetadata().get().finalizedFeatures().get("metadata.version");
      Proof.same("metadata.version names Kafka 4.3", version.maxVersionLevel(), (short) 30);
      var names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
      Proof.same("listed", names.contains(scene.topic), true);
      var described = admin.describeTopics(List.of(scene.topic)).topicNameValues().get(scene.topic).get();
      Proof.same("leaders", described.partitions().stream().map(each -> each.leader().id()).toList(), List.of(node, node));
      sizesOf(admin, scene, node);
      configsOf(admin, scene, node, new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true));
      var all = new ArrayList<>(scene.partitions());
      Proof.same("first", listed(admin, all, OffsetSpec.earliest()), Map.of(scene.full, 0L, scene.empty, 0L));
      Proof.same("last", listed(admin, all, OffsetSpec.latest()), Map.of(scene.full, WRITTEN, scene.empty, 0L));
      var groups = admin.listConsumerGroups().all().get();
      Proof.same("group listed", groups.stream().anyMatch(each -> each.groupId().equals(scene.group)), true);
      admin.describeConsumerGroups(List.of(scene.group)).all().get();
      var spec = new ListConsumerGroupOffsetsSpec().topicPartitions(all);
      var offsets = admin.listConsumerGroupOffsets(Map.of(scene.group, spec)).all().get().get(scene.group);
      Proof.same("offset of what was read", offsets.get(scene.full).offset(), COMMITTED);
      Proof.same("offset of what was not", offsets.get(scene.empty), null);
      var producers = admin.describeProducers(scene.partitions()).all().get();
      Proof.same("producers", List.of(producers.get(scene.full).activeProducers().size(), producers.get(scene.empty).activeProducers().size()), List.of(1, 0));
      aclsOf(admin, scene);
      refusedCleanly(admin);
      buttonsOfKafkaUi(admin, scene);
    }
    return "version, rights, topics, offsets, sizes, settings with documentation, groups, producers, ACLs; change and delete";
  }

  /** What a broker may lack is refused at once and by name, so that the console leaves it out. */
  private static void refusedCleanly(Admin admin) throws Exception {
    String quotas = Clients.refusal(() -> "" + admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get());
    String quorum = Clients.refusal(() -> "" + admin.describeMetadataQuorum().quorumInfo().get());
    for (String answer : List.of(quotas, quorum)) {
      Proof.same("quotas and quorum: " + answer, Set.of("taken", "UnsupportedVersionException").contains(answer), true);
    }
  }

  private static void buttonsOfKafkaUi(Admin admin, Scene scene) throws Exception {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, scene.topic);
    var current = admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms");
    var set = new AlterConfigOp(new ConfigEntry("max.message.bytes", "20000"), AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(current, AlterConfigOp.OpType.DELETE), set))).all().get();
    Proof.eventually("both are changed", () -> {
      var now = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      return now.get("max.message.bytes").value().equals("20000") && now.get("retention.ms").isDefault();
    });
    admin.alterConsumerGroupOffsets(scene.group, Map.of(scene.full, new OffsetAndMetadata(0))).all().get();
    var moved = admin.listConsumerGroupOffsets(scene.group).partitionsToOffsetAndMetadata().get();
    Proof.same("offset moved", moved.get(scene.full).offset(), 0L);
    admin.deleteRecords(Map.of(scene.full, RecordsToDelete.beforeOffset(20))).all().get();
    Proof.same("shortened", listed(admin, List.of(scene.full), OffsetSpec.earliest()), Map.of(scene.full, 20L));
    deleteAll(admin, scene);
  }

  private static void sizesOf(Admin admin, Scene scene, int node) throws Exception {
    var folders = admin.describeLogDirs(List.of(node)).allDescriptions().get().get(node).values();
    Proof.same("errors of folders", folders.stream().filter(each -> each.error() != null).count(), 0L);
    var replicas = folders.iterator().next().replicaInfos();
    Proof.same("empty and full", List.of(replicas.get(scene.empty).size() == 0, replicas.get(scene.full).size() > 100), List.of(true, true));
    Proof.same("lag of the replica", replicas.get(scene.full).offsetLag(), 0L);
  }

  private static void configsOf(Admin admin, Scene scene, int node, DescribeConfigsOptions options) throws Exception {
    var topic = new ConfigResource(ConfigResource.Type.TOPIC, scene.topic);
    var broker = new ConfigResource(ConfigResource.Type.BROKER, "" + node);
    var retention = admin.describeConfigs(List.of(topic), options).all().get().get(topic).get("retention.ms");
    Proof.same("retention.ms", List.of(retention.value(), retention.isDefault(), retention.isReadOnly()), List.of("7200000", false, false));
    if (options.includeDocumentation()) {
      Proof.same("synonyms", retention.synonyms().get(0).source(), ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
      Proof.same("documentation", retention.documentation().length() > 20, true);
    }
    var ofBroker = admin.describeConfigs(List.of(broker)).all().get().get(broker);
    Proof.same("auto.create.topics.enable", ofBroker.get("auto.create.topics.enable").value(), "true");
  }

  private static void aclsOf(Admin admin, Scene scene) throws Exception {
    var pattern = new ResourcePattern(ResourceType.TOPIC, scene.topic, PatternType.LITERAL);
    var binding = new AclBinding(pattern, new AccessControlEntry("User:alice", "*", AclOperation.READ, AclPermissionType.ALLOW));
    admin.createAcls(List.of(binding)).all().get();
    Proof.eventually("the ACL is listed", () -> admin.describeAcls(AclBindingFilter.ANY).values().get().contains(binding));
    admin.deleteAcls(List.of(binding.toFilter())).all().get();
    Proof.eventually("it is gone", () -> !admin.describeAcls(AclBindingFilter.ANY).values().get().contains(binding));
  }

  private static Map<TopicPartition, Long> listed(Admin admin, List<TopicPartition> of, OffsetSpec spec) throws Exception {
    Map<TopicPartition, OffsetSpec> asked = new LinkedHashMap<>();
    of.forEach(each -> asked.put(each, spec));
    Map<TopicPartition, Long> offsets = new LinkedHashMap<>();
    admin.listOffsets(asked).all().get().forEach((partition, found) -> offsets.put(partition, found.offset()));
    return offsets;
  }

  private static void deleteAll(Admin admin, Scene scene) throws Exception {
    // without its last offset the group may have gone by itself
    String group = Clients.refusal(() -> "" + admin.deleteConsumerGroups(Set.of(scene.group)).all().get());
    Proof.same("group deleted: " + group, Set.of("taken", "GroupIdNotFoundException").contains(group), true);
    admin.deleteTopics(List.of(scene.topic)).all().get();
    Proof.eventually("the topic is gone", () -> !admin.listTopics().names().get().contains(scene.topic));
  }

  private Consoles() {}
}
