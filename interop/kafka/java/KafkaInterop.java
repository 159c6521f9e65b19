import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Kafka's own Java client: the one that every other is compared with. Arguments: the broker's HOST:PORT, and the
 * capabilities to prove, unless all of them.
 */
public final class KafkaInterop {
  public static void main(String[] arguments) throws Exception {
    Clients.broker = arguments[0];
    Map<String, Proof.Check> checks = new LinkedHashMap<>();
    checks.put("produce-consume", Records::produceConsume);
    checks.put("compression", Records::compression);
    checks.put("auto-create", Records::autoCreate);
    checks.put("large-messages", Records::largeMessages);
    checks.put("seek-and-times", Records::seekAndTimes);
    checks.put("groups", () -> Groups.rebalance("classic"));
    checks.put("cooperative", Groups::cooperative);
    checks.put("static-members", Groups::staticMembers);
    checks.put("resume", Groups::resume);
    checks.put("regex", Groups::regex);
    checks.put("kip-848", () -> Groups.rebalance("consumer"));
    checks.put("kip-848-migration", Groups::migration);
    checks.put("kip-848-regex", Groups::serverSideRegex);
    checks.put("idempotence", Transactions::idempotence);
    checks.put("transactions", Transactions::commitAndAbort);
    checks.put("read-process-write", Transactions::readProcessWrite);
    checks.put("fencing", Transactions::fencing);
    checks.put("streams", WordCount::exactlyOnce);
    checks.put("admin-topics", Administration::topics);
    checks.put("admin-configs", Administration::configs);
    checks.put("admin-groups", Administration::groups);
    checks.put("admin-cluster", Administration::cluster);
    checks.put("admin-transactions", Administration::transactions);
    if (arguments.length > 1) checks.keySet().retainAll(List.of(arguments).subList(1, arguments.length));
    Proof.all("kafka-clients", AppInfoParser.getVersion(), checks);
  }

  private KafkaInterop() {}
}
