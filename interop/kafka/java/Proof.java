import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** What the Java programs print: one line per capability, with its own time; several at once, since most of it is waiting. */
final class Proof {
  private static final int SECONDS_EACH = 60;
  private static final int SECONDS_OF_WAITING = 25;
  private static final int AT_ONCE = 4;

  interface Check {
    String run() throws Exception;
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  /** Ends the process: 0 if all held. */
  static void all(String client, String version, Map<String, Check> checks) throws Exception {
    ExecutorService runner = Executors.newFixedThreadPool(AT_ONCE);
    Map<String, Callable<Boolean>> tasks = new LinkedHashMap<>();
    checks.forEach((name, check) -> tasks.put(name, () -> one(client, version, name, check)));
    int failed = 0;
    for (var outcome : runner.invokeAll(tasks.values(), SECONDS_EACH, TimeUnit.SECONDS)) {
      if (outcome.isCancelled() || !outcome.get()) failed++;
    }
    System.out.flush();
    Runtime.getRuntime().halt(failed == 0 ? 0 : 1);
  }

  private static boolean one(String client, String version, String name, Check check) {
    String outcome;
    try {
      outcome = "ok (" + check.run() + ")";
    } catch (Throwable error) {
      String cause = error.getCause() == null ? "" : " because of " + error.getCause();
      outcome = ("FAILED: " + error + cause).replace("\n", " | ");
    }
    System.out.printf("%s %s: %s %s%n", client, version, name, outcome);
    return outcome.startsWith("ok");
  }

  static void same(String what, Object seen, Object expected) throws Exception {
    if (!Objects.deepEquals(expected, seen)) {
      throw new Exception(what + ": expected " + shortened(expected) + ", got " + shortened(seen));
    }
  }

  static void eventually(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_OF_WAITING);
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) throw new Exception(what + " not within " + SECONDS_OF_WAITING + " s");
      Thread.sleep(20);
    }
  }

  static String freshName(String purpose) {
    return "interop." + purpose + "." + UUID.randomUUID();
  }

  static <T> List<T> sorted(List<T> values) {
    return values.stream().sorted().toList();
  }

  private static String shortened(Object value) {
    String text = String.valueOf(value);
    return text.length() <= 300 ? text : text.substring(0, 300) + "…";
  }

  private Proof() {}
}
