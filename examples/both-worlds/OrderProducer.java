import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** A shop that knows Kafka only: writes orders, keyed by customer. Arguments: broker, topic, how many. */
public class OrderProducer {
  public static void main(String[] args) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    properties.put("enable.idempotence", "true");
    int count = Integer.parseInt(args[2]);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      for (int order = 0; order < count; order++) {
        String customer = "customer-" + order % 500;
        String value = "{\"order\":" + order + ",\"customer\":\"" + customer + "\",\"cents\":" + order * 31L % 10_000 + "}";
        ProducerRecord<String, String> record = new ProducerRecord<>(args[1], customer, value);
        record.headers().add("shop", "java".getBytes());
        producer.send(record, (metadata, failure) -> {
          if (failure != null) {
            System.err.println(failure);
            System.exit(1);
          }
        });
      }
    }
  }
}
