// Hop, the Java client of the management API, through its calls: java Management http://user:password@host:port amqp://…

import com.rabbitmq.http.client.Client;
import com.rabbitmq.http.client.ClientParameters;
import com.rabbitmq.http.client.GetAckMode;
import com.rabbitmq.http.client.GetEncoding;
import com.rabbitmq.http.client.HttpClientException;
import com.rabbitmq.http.client.domain.*;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;

public class Management {
  private static final String VHOST = "hop/" + System.nanoTime();
  private static String base;
  private static String user;
  private static Client client;

  public static void main(String[] given) throws Exception {
    URI address = URI.create(given[0]);
    String[] login = address.getUserInfo().split(":", 2);
    base = "http://" + address.getHost() + ":" + address.getPort() + "/api/";
    user = login[0];
    client = as(login[0], login[1]);
    Map<String, Callable<String>> checks = new LinkedHashMap<>();
    checks.put("overview", Management::overview);
    checks.put("vhosts", Management::vhosts);
    checks.put("users", Management::users);
    checks.put("topology", Management::topology);
    checks.put("messages", Management::messages);
    checks.put("policies", Management::policies);
    checks.put("lists", Management::lists);
    checks.put("definitions", Management::definitions);
    checks.put("delete", Management::delete);
    int failed = 0;
    for (Map.Entry<String, Callable<String>> check : checks.entrySet()) {
      try {
        System.out.printf("http-client %s: %s ok (%s)%n", version(), check.getKey(), check.getValue().call());
      } catch (Exception | AssertionError wrong) {
        failed++;
        String why = String.valueOf(wrong).replace("\n", " | ");
        System.out.printf("http-client %s: %s FAILED: %s%n", version(), check.getKey(), why);
      }
    }
    System.exit(failed == 0 ? 0 : 1);
  }

  private static Client as(String name, String password) throws Exception {
    return new Client(new ClientParameters().url(base).username(name).password(password));
  }

  private static void same(String what, Object seen, Object expected) {
    if (!Objects.equals(seen, expected)) throw new AssertionError(what + ": expected " + expected + ", got " + seen);
  }

  private static String overview() throws Exception {
    OverviewResponse overview = client.getOverview();
    if (overview.getServerVersion() == null || overview.getErlangVersion() == null || overview.getNode() == null) {
      throw new AssertionError("fields are missing: " + overview);
    }
    same("exchange types", overview.getExchangeTypes().size() >= 4, true);
    same("listeners", overview.getListeners().stream().anyMatch((one) -> one.getProtocol().equals("amqp")), true);
    NodeInfo node = client.getNode(client.getNodes().get(0).getName());
    same("running", node.isRunning(), true);
    same("memory", node.getMemoryLimit() > 0 && node.getMemoryUsed() > 0, true);
    same("processors", node.getNumberOfProcessors() > 0, true);
    same("whoami", client.whoAmI().getName(), user);
    client.getClusterName();
    client.getExtensions();
    return "node " + node.getName() + ", " + overview.getListeners().size() + " listeners";
  }

  private static String vhosts() {
    client.createVhost(VHOST, "of hop", "one", "two");
    VhostInfo seen = client.getVhost(VHOST);
    same("description", seen.getDescription(), "of hop");
    same("tags", seen.getTags(), List.of("one", "two"));
    same("listed", client.getVhosts().stream().anyMatch((one) -> one.getName().equals(VHOST)), true);
    same("alive", client.alivenessTest(VHOST), true);
    client.limitMaxNumberOfQueues(VHOST, 50);
    client.limitMaxNumberOfConnections(VHOST, 60);
    VhostLimits limits = client.getVhostLimits(VHOST);
    same("limits", List.of(limits.getMaxQueues(), limits.getMaxConnections()), List.of(50, 60));
    client.clearMaxQueuesLimit(VHOST);
    client.clearMaxConnectionsLimit(VHOST);
    same("limits taken away", client.getVhostLimits(VHOST).getMaxQueues(), -1);
    same("none", client.getVhost("no such"), null);
    return "description, tags, limits, alive";
  }

  private static String users() throws Exception {
    client.createUser("hop", "secret".toCharArray(), List.of("management", "policymaker"));
    same("tags", client.getUser("hop").getTags(), List.of("management", "policymaker"));
    client.updatePermissions(VHOST, "hop", new UserPermissions("^a", "^b", "^c"));
    UserPermissions seen = client.getPermissions(VHOST, "hop");
    same("permissions", List.of(seen.getRead(), seen.getWrite(), seen.getConfigure()).size(), 3);
    same("of the user", client.getPermissionsOf("hop").size(), 1);
    client.updateTopicPermissions(VHOST, "hop", new TopicPermissions("amq.topic", "^t", ".*"));
    same("topic permissions", client.getTopicPermissions(VHOST, "hop").size(), 1);
    same("whoami", as("hop", "secret").whoAmI().getName(), "hop");
    try {
      as("hop", "wrong").whoAmI();
      throw new AssertionError("a wrong password got in");
    } catch (HttpClientException refused) {
      same("refused with", refused.status(), 401);
    }
    client.updateUser("hop", "other".toCharArray(), List.of("monitoring"));
    same("with the new password", as("hop", "other").whoAmI().getTags(), List.of("monitoring"));
    client.clearTopicPermissions(VHOST, "hop");
    client.clearPermissions(VHOST, "hop");
    same("permissions left", client.getPermissionsOf("hop").size(), 0);
    client.deleteUser("hop");
    same("deleted", client.getUser("hop"), null);
    return "made, permitted, refused, changed, deleted";
  }

  private static String topology() {
    client.declareExchange(VHOST, "x", new ExchangeInfo("topic", true, false));
    client.declareExchange(VHOST, "y", new ExchangeInfo("fanout", true, false));
    client.declareQueue(VHOST, "q", new QueueInfo(true, false, false, Map.of("x-max-length", 100)));
    client.bindQueue(VHOST, "q", "x", "a.*");
    client.bindExchange(VHOST, "y", "x", "#", Map.of("note", "mine"));
    QueueInfo queue = client.getQueue(VHOST, "q");
    same("arguments", queue.getArguments(), Map.of("x-max-length", 100));
    same("durable", queue.isDurable(), true);
    same("exchange", client.getExchange(VHOST, "x").getType(), "topic");
    same("from", client.getBindingsBySource(VHOST, "x").size(), 2);
    same("between", client.getQueueBindingsBetween(VHOST, "x", "q").get(0).getRoutingKey(), "a.*");
    same("of exchanges", client.getExchangeBindingsBetween(VHOST, "x", "y").get(0).getArguments(), Map.of("note", "mine"));
    same("of the queue", client.getQueueBindings(VHOST, "q").size(), 2);
    QueryParameters query = new QueryParameters().pagination().pageSize(5).query().name("^q$", true);
    Page<QueueInfo> page = client.getQueues(VHOST, query);
    same("page", List.of(page.getItemCount(), page.getItemsAsList().get(0).getName()), List.of(1, "q"));
    client.unbindExchange(VHOST, "y", "x", "#");
    same("no queue", client.getQueue(VHOST, "none"), null);
    return "declared, bound, found by page and pattern";
  }

  private static String messages() {
    OutboundMessage message = new OutboundMessage().payload("hello").properties(Map.of("delivery_mode", 2, "type", "t"));
    same("routed", client.publish(VHOST, "x", "a.b", message.utf8Encoded()), true);
    same("nowhere", client.publish(VHOST, "x", "none", message.utf8Encoded()), false);
    InboundMessage looked = client.get(VHOST, "q");
    same("looked at", looked.getPayload(), "hello");
    same("its properties", looked.getProperties(), Map.of("delivery_mode", 2, "type", "t"));
    List<InboundMessage> got = client.get(VHOST, "q", 5, GetAckMode.REJECT_REQUEUE_FALSE, GetEncoding.BASE64, 3);
    same("taken, cut", got.get(0).getPayload().length(), 4);
    same("empty", client.get(VHOST, "q"), null);
    client.publish(VHOST, "x", "a.b", message.utf8Encoded());
    client.purgeQueue(VHOST, "q");
    same("purged", client.get(VHOST, "q"), null);
    return "published, looked at, taken, purged";
  }

  private static String policies() {
    client.declarePolicy(VHOST, "p", new PolicyInfo("^p", 2, "queues", Map.of("max-length", 3)));
    client.declareOperatorPolicy(VHOST, "o", new PolicyInfo("^p", 1, "queues", Map.of("max-length", 4)));
    PolicyInfo seen = client.getPolicies(VHOST).get(0);
    same("policy", List.of(seen.getName(), seen.getPriority(), seen.getDefinition()), List.of("p", 2, Map.of("max-length", 3)));
    same("of operators", client.getOperatorPolicies(VHOST).get(0).getName(), "o");
    client.deletePolicy(VHOST, "p");
    client.deleteOperatorPolicy(VHOST, "o");
    same("left", client.getPolicies(VHOST).size() + client.getOperatorPolicies(VHOST).size(), 0);
    return "a policy and an operator's";
  }

  private static String lists() {
    client.getConnections();
    client.getConnections(new QueryParameters().pagination().pageSize(5).query());
    client.getConnectionsOfUser(user);
    client.getChannels();
    client.getConsumers();
    client.getConsumers(VHOST);
    client.getExchanges();
    client.getExchanges(VHOST);
    client.getQueues();
    client.getQueues(new DetailsParameters().lengths(60, 5).messageRates(60, 5));
    client.getQueues(VHOST);
    client.getBindings();
    client.getBindings(VHOST);
    client.getUsers();
    client.getPermissions();
    client.getTopicPermissions();
    client.getPolicies();
    client.getOperatorPolicies();
    client.getVhostLimits();
    client.getShovels();
    client.getShovelsStatus();
    client.getUpstreams();
    return "22 of them";
  }

  private static String definitions() {
    Definitions all = client.getDefinitions();
    same("queue", all.getQueues().stream().anyMatch((one) -> one.getName().equals("q") && one.getVhost().equals(VHOST)), true);
    same("bindings", all.getBindings().isEmpty(), false);
    return all.getQueues().size() + " queues, " + all.getExchanges().size() + " exchanges";
  }

  private static String delete() {
    client.unbindQueue(VHOST, "q", "x", "a.*");
    client.deleteQueue(VHOST, "q", new DeleteQueueParameters(true, true));
    client.deleteExchange(VHOST, "x");
    same("queue", client.getQueue(VHOST, "q"), null);
    client.deleteVhost(VHOST);
    same("virtual host", client.getVhost(VHOST), null);
    return "binding, queue, exchange, virtual host";
  }

  private static String version() {
    String place = Client.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    return place.replaceAll(".*http-client-(.*)\\.jar", "$1");
  }
}
