/** One Kafka connection's protocol state: requests in, answers out, no socket. */
export class KafkaSession {}
