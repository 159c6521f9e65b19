import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import com.rabbitmq.client.RpcClient;
import com.rabbitmq.client.RpcClientParams;
import com.rabbitmq.client.RpcServer;
import com.rabbitmq.client.ShutdownSignalException;
import com.rabbitmq.client.impl.ClientVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The Java client, which Spring and most JVM programs stand on. One line per capability: "CLIENT VERSION: CAPABILITY
 * ok (what was seen)" or "... FAILED: why". A failed or hanging capability does not keep the next one from being tried:
 * each opens its own connection and has its own time.
 */
public final class Interop {
  private static final int SERIES = 500;
  private static final int SECONDS_EACH = 25;
  private static final ConnectionFactory FACTORY = new ConnectionFactory();

  private interface Check {
    String run(Connection connection, Channel channel) throws Exception;
  }

  private interface Ask {
    void of(Channel channel) throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    FACTORY.setUri(arguments[0]);
    FACTORY.setAutomaticRecoveryEnabled(false);
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("declare", Interop::declare);
    checks.put("confirms", Interop::confirms);
    checks.put("mandatory-return", Interop::mandatoryReturn);
    checks.put("consume-with-acks", Interop::consumeWithAcks);
    checks.put("requeue", Interop::requeue);
    checks.put("transactions", Interop::transactions);
    checks.put("rpc", Interop::rpc);
    int failed = 0;
    ExecutorService runner = Executors.newCachedThreadPool();
    for (Map.Entry<String, Check> each : checks.entrySet()) {
      String outcome;
      try {
        outcome = "ok (" + withinTime(runner, each.getValue()) + ")";
      } catch (Exception error) {
        failed++;
        String cause = error.getCause() == null ? "" : " because of " + error.getCause();
        outcome = ("FAILED: " + error + cause).replace("\n", " | ");
      }
      System.out.printf("amqp-client %s: %s %s%n", ClientVersion.VERSION, each.getKey(), outcome);
    }
    System.exit(failed == 0 ? 0 : 1);
  }

  private static String withinTime(ExecutorService runner, Check check) throws Exception {
    Future<String> outcome =
        runner.submit(
            () -> {
              Connection connection = FACTORY.newConnection();
              try {
                return check.run(connection, connection.createChannel());
              } finally {
                connection.abort();
              }
            });
    try {
      return outcome.get(SECONDS_EACH, TimeUnit.SECONDS);
    } catch (ExecutionException thrown) {
      throw thrown.getCause() instanceof Exception cause ? cause : thrown;
    } catch (TimeoutException late) {
      throw new Exception("no end after " + SECONDS_EACH + " s");
    }
  }

  private static String declare(Connection connection, Channel channel) throws Exception {
    String exchange = freshName("exchange");
    String spare = freshName("spare");
    String queue = freshName("queue");
    String unrouted = channel.queueDeclare().getQueue();
    expectSame("start of the server-named queue", unrouted.substring(0, 8), "amq.gen-");
    channel.exchangeDeclare(spare, "fanout", true);
    channel.exchangeDeclare(exchange, "direct", true, false, Map.of("alternate-exchange", spare));
    channel.queueDeclare(queue, true, false, false, null);
    channel.queueBind(queue, exchange, "a");
    channel.queueBind(queue, exchange, "b", Map.of("note", "with arguments"));
    channel.queueBind(unrouted, spare, "");
    channel.confirmSelect();
    for (String key : List.of("a", "b", "c")) channel.basicPublish(exchange, key, null, utf8(key));
    channel.waitForConfirmsOrDie(5000);
    expectSame("messages routed", channel.messageCount(queue), 2L);
    expectSame("messages at the alternate exchange", channel.messageCount(unrouted), 1L);

    String unequal = "inequivalent arg 'auto_delete'";
    expectRefusal(connection, 406, unequal, other -> other.queueDeclare(queue, true, false, true, null));
    expectRefusal(connection, 404, "no exchange 'nowhere'", other -> other.exchangeDeclarePassive("nowhere"));
    expectRefusal(connection, 406, "not empty", other -> other.queueDelete(queue, false, true));
    try (Connection stranger = FACTORY.newConnection()) {
      expectRefusal(stranger, 405, "cannot obtain exclusive access", other -> other.queueDeclarePassive(unrouted));
    }
    channel.queueDelete(queue);
    channel.exchangeDelete(exchange);
    channel.exchangeDelete(spare);
    return "exchange with an alternate, queue, bindings, server-named queue, refusals 404, 405, 406";
  }

  private static String confirms(Connection connection, Channel channel) throws Exception {
    String queue = declareQueue(channel, "confirms");
    channel.confirmSelect();
    List<Long> refused = new CopyOnWriteArrayList<>();
    channel.addConfirmListener((tag, multiple) -> {}, (tag, multiple) -> refused.add(tag));
    for (int number = 0; number < SERIES; number++) {
      expectSame("sequence number", channel.getNextPublishSeqNo(), number + 1L);
      channel.basicPublish("", queue, MessageProperties.MINIMAL_PERSISTENT_BASIC, numberedBody(number));
    }
    if (!channel.waitForConfirms(15_000)) throw new Exception("refused: " + refused);
    expectSame("messages in the queue", channel.queueDelete(queue).getMessageCount(), SERIES);
    return SERIES + " of " + SERIES + " persistent messages confirmed and in the queue";
  }

  private static String mandatoryReturn(Connection connection, Channel channel) throws Exception {
    List<String> order = new CopyOnWriteArrayList<>();
    String key = freshName("nowhere");
    channel.addReturnListener(
        back ->
            order.add(
                "returned " + back.getReplyCode() + " " + back.getReplyText() + " " + back.getRoutingKey() + " "
                    + back.getProperties().getMessageId() + " " + utf8(back.getBody())));
    channel.addConfirmListener(
        (tag, multiple) -> order.add("confirmed " + tag), (tag, multiple) -> order.add("refused " + tag));
    channel.confirmSelect();
    BasicProperties properties = new BasicProperties.Builder().messageId("m1").build();
    channel.basicPublish("amq.direct", key, true, properties, utf8("lost?"));
    channel.waitForConfirmsOrDie(5000);
    expectSame("return and confirm", order, List.of("returned 312 NO_ROUTE " + key + " m1 lost?", "confirmed 1"));
    return "312 NO_ROUTE with the whole message, before its confirm";
  }

  private static String consumeWithAcks(Connection connection, Channel channel) throws Exception {
    String queue = declareQueue(channel, "consume");
    for (int number = 0; number < SERIES; number++) {
      Map<String, Object> headers = Map.of("number", number, "nested", Map.of("list", List.of(1L, "two", true)));
      channel.basicPublish("", queue, new BasicProperties.Builder().headers(headers).build(), numberedBody(number));
    }
    channel.basicQos(20);
    BlockingQueue<Delivery> deliveries = consume(channel, queue);
    for (int number = 0; number < SERIES; number++) {
      Delivery delivery = next(deliveries);
      if (!Arrays.equals(delivery.getBody(), numberedBody(number))) {
        throw new Exception("delivery " + number + " has another body");
      }
      Map<String, Object> headers = delivery.getProperties().getHeaders();
      expectSame("header", headers.get("number"), number);
      expectSame("nested header", String.valueOf(headers.get("nested")), "{list=[1, two, true]}");
      channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
    }
    channel.close();
    int left = connection.createChannel().queueDelete(queue).getMessageCount();
    expectSame("messages left after the acks", left, 0);
    return SERIES + " of " + SERIES + " in order, one ack each, headers with tables and lists, bodies up to 300 kB";
  }

  private static String requeue(Connection connection, Channel channel) throws Exception {
    String queue = declareQueue(channel, "requeue");
    for (int number = 0; number < 6; number++) channel.basicPublish("", queue, null, utf8("" + number));
    channel.basicQos(1);
    BlockingQueue<Delivery> deliveries = consume(channel, queue);
    List<String> seen = new ArrayList<>();
    while (seen.size() < 8) {
      Delivery delivery = next(deliveries);
      long tag = delivery.getEnvelope().getDeliveryTag();
      String label = utf8(delivery.getBody()) + (delivery.getEnvelope().isRedeliver() ? " again" : "");
      seen.add(label);
      if (label.equals("2")) channel.basicNack(tag, false, true);
      else if (label.equals("4")) channel.basicReject(tag, true);
      else if (!label.equals("5")) channel.basicAck(tag, false);
    }
    expectSame("deliveries", seen, List.of("0", "1", "2", "2 again", "3", "4", "4 again", "5"));
    channel.close();
    Channel other = connection.createChannel();
    GetResponse last = other.basicGet(queue, false);
    if (last == null) throw new Exception("the message unacknowledged at channel.close did not come back");
    expectSame("after channel.close", utf8(last.getBody()) + " " + last.getEnvelope().isRedeliver(), "5 true");
    other.basicReject(last.getEnvelope().getDeliveryTag(), false);
    expectSame("messages left after a reject without requeue", other.queueDelete(queue).getMessageCount(), 0);
    return "nack, reject and channel.close give it back in place with redelivered=true";
  }

  private static String transactions(Connection connection, Channel channel) throws Exception {
    String queue = declareQueue(channel, "transactions");
    Channel watcher = connection.createChannel();
    channel.txSelect();
    channel.basicPublish("", queue, null, utf8("dropped"));
    channel.txRollback();
    for (int number = 0; number < 3; number++) channel.basicPublish("", queue, null, utf8("" + number));
    expectSame("messages before the commit", watcher.messageCount(queue), 0L);
    channel.txCommit();
    expectSame("messages after the commit", watcher.messageCount(queue), 3L);
    GetResponse first = channel.basicGet(queue, false);
    expectSame("first committed message", utf8(first.getBody()), "0");
    channel.basicAck(first.getEnvelope().getDeliveryTag(), false);
    channel.txRollback();
    channel.close();
    expectSame("messages after the ack was rolled back", watcher.queueDelete(queue).getMessageCount(), 3);
    return "publishes and an ack take effect at commit, not at rollback";
  }

  private static String rpc(Connection connection, Channel channel) throws Exception {
    String queue = channel.queueDeclare().getQueue();
    RpcServer server =
        new RpcServer(channel, queue) {
          @Override
          public byte[] handleCall(Delivery request, BasicProperties reply) {
            String to = request.getProperties().getReplyTo();
            if (!to.startsWith("amq.rabbitmq.reply-to.")) return utf8("asked to reply to " + to);
            int number = Integer.parseInt(utf8(request.getBody()));
            return utf8("" + number * number);
          }
        };
    Thread loop =
        new Thread(
            () -> {
              try {
                server.mainloop();
              } catch (ShutdownSignalException | IOException ended) {
                // the connection is closed at the end of this check
              }
            });
    loop.setDaemon(true);
    loop.start();
    int calls = 100;
    try (Connection other = FACTORY.newConnection()) {
      Channel calling = other.createChannel();
      RpcClientParams target = new RpcClientParams().channel(calling).exchange("").routingKey(queue).timeout(5000);
      RpcClient client = new RpcClient(target);
      for (int number = 0; number < calls; number++) {
        expectSame("answer to call " + number, utf8(client.primitiveCall(utf8("" + number))), "" + number * number);
      }
    }
    return calls + " of " + calls + " answers over its RpcClient and RpcServer, direct reply-to";
  }

  private static void expectRefusal(Connection connection, int code, String text, Ask ask) throws Exception {
    String answer;
    try {
      ask.of(connection.createChannel());
      answer = "no refusal";
    } catch (IOException wrapped) {
      answer = String.valueOf(wrapped.getCause());
    }
    if (!answer.contains("reply-code=" + code) || !answer.contains(text)) {
      throw new Exception("expected " + code + " ... " + text + " ..., got " + answer);
    }
  }

  private static BlockingQueue<Delivery> consume(Channel channel, String queue) throws Exception {
    BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
    channel.basicConsume(
        queue,
        false,
        new DefaultConsumer(channel) {
          @Override
          public void handleDelivery(String tag, Envelope envelope, BasicProperties properties, byte[] body) {
            deliveries.add(new Delivery(envelope, properties, body));
          }
        });
    return deliveries;
  }

  private static Delivery next(BlockingQueue<Delivery> deliveries) throws Exception {
    Delivery delivery = deliveries.poll(5, TimeUnit.SECONDS);
    if (delivery == null) throw new Exception("no delivery for 5 s");
    return delivery;
  }

  private static String declareQueue(Channel channel, String purpose) throws Exception {
    return channel.queueDeclare(freshName(purpose), true, false, false, null).getQueue();
  }

  private static void expectSame(String what, Object seen, Object expected) throws Exception {
    if (!expected.equals(seen)) throw new Exception(what + ": expected " + expected + ", got " + seen);
  }

  private static String freshName(String purpose) {
    return "interop." + purpose + "." + UUID.randomUUID();
  }

  /** Its number first, then filler; every hundredth is longer than one AMQP frame. */
  private static byte[] numberedBody(int number) {
    byte[] body = new byte[number % 100 == 99 ? 300_000 : 20 + number % 7 * 30];
    Arrays.fill(body, (byte) 'x');
    byte[] start = utf8(number + " ");
    System.arraycopy(start, 0, body, 0, start.length);
    return body;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
