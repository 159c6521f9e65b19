/*
 * librabbitmq, the C library beneath amqp-tools and several languages' bindings. Prints one line per capability:
 * "CLIENT VERSION: CAPABILITY ok (what was seen)" or "... FAILED: why". Each runs in a process of its own with its own
 * connection and time, so that one that fails or hangs does not keep the next from being tried.
 */
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERIES = 500, CALLS = 100, SECONDS_EACH = 25, FRAME_MAX = 131072, LONG_BODY = 300000 };
enum { FIRST = 1, SECOND = 2 }; /* channels */

typedef struct {
  const char *capability;
  void (*run)(void);
} check;

static const char *capability;
static amqp_connection_state_t connection;

static void say(const char *verdict, const char *format, va_list values) {
  char seen[512];
  vsnprintf(seen, sizeof seen, format, values);
  const char *end = *verdict == 'o' ? ")" : "";
  printf("librabbitmq %s: %s %s%s%s\n", amqp_version(), capability, verdict, seen, end);
  fflush(stdout);
}

static void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  say("FAILED: ", format, values);
  va_end(values);
  _exit(1);
}

static void hold(const char *format, ...) {
  va_list values;
  va_start(values, format);
  say("ok (", format, values);
  va_end(values);
}

static const char *text(amqp_bytes_t bytes) {
  static char copies[4][300];
  static int turn;
  char *copy = copies[turn = (turn + 1) % 4];
  snprintf(copy, sizeof copies[0], "%.*s", (int)(bytes.len < 290 ? bytes.len : 290), (char *)bytes.bytes);
  return copy;
}

/* What the broker closed the channel or connection with, as "406 PRECONDITION_FAILED - ..."; "" if it did not. */
static const char *refusal(amqp_rpc_reply_t reply) {
  static char words[400];
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return "";
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) return amqp_error_string2(reply.library_error);
  if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    amqp_channel_close_t *closed = reply.reply.decoded;
    snprintf(words, sizeof words, "%d %s", closed->reply_code, text(closed->reply_text));
  } else if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
    amqp_connection_close_t *closed = reply.reply.decoded;
    snprintf(words, sizeof words, "connection closed: %d %s", closed->reply_code, text(closed->reply_text));
  } else {
    snprintf(words, sizeof words, "unexpected method %08x", reply.reply.id);
  }
  return words;
}

static void must(const char *what, amqp_rpc_reply_t reply) {
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("%s: %s", what, refusal(reply));
}

static void done(const char *what) { must(what, amqp_get_rpc_reply(connection)); }

static void sent(const char *what, int status) {
  if (status != AMQP_STATUS_OK) fail("%s: %s", what, amqp_error_string2(status));
}

static void expect_refusal(const char *expected) {
  const char *words = refusal(amqp_get_rpc_reply(connection));
  if (strncmp(words, expected, strlen(expected)) != 0) fail("expected %s, got %s", expected, *words ? words : "ok");
}

static void connect_to(const char *url) {
  struct amqp_connection_info info;
  char *copy = strdup(url);
  sent("URL", amqp_parse_url(copy, &info));
  connection = amqp_new_connection();
  amqp_socket_t *socket = amqp_tcp_socket_new(connection);
  struct timeval patience = {5, 0};
  sent("connect", amqp_socket_open_noblock(socket, info.host, info.port, &patience));
  must("login", amqp_login(connection, info.vhost, 0, FRAME_MAX, 0, AMQP_SASL_METHOD_PLAIN, info.user, info.password));
}

static void open_channel(amqp_channel_t channel) {
  amqp_channel_open(connection, channel);
  done("channel.open");
}

static void close_channel(amqp_channel_t channel) {
  must("channel.close", amqp_channel_close(connection, channel, AMQP_REPLY_SUCCESS));
}

static const char *fresh_name(const char *purpose) {
  static char names[4][80];
  static int turn;
  struct timeval now;
  gettimeofday(&now, NULL);
  char *name = names[turn = (turn + 1) % 4];
  snprintf(name, sizeof names[0], "interop.%s.%d.%ld.%ld", purpose, getpid(), (long)now.tv_sec, (long)now.tv_usec);
  return name;
}

static const char *declare_queue(const char *purpose) {
  const char *queue = fresh_name(purpose);
  amqp_queue_declare(connection, FIRST, amqp_cstring_bytes(queue), 0, 1, 0, 0, amqp_empty_table);
  done("queue.declare");
  return queue;
}

/* Deletes it; the number of messages it still held. */
static int delete_queue(amqp_channel_t channel, const char *queue) {
  amqp_queue_delete_ok_t *ok = amqp_queue_delete(connection, channel, amqp_cstring_bytes(queue), 0, 0);
  done("queue.delete");
  return (int)ok->message_count;
}

static void publish(const char *exchange, const char *key, int mandatory, const amqp_basic_properties_t *properties,
                    amqp_bytes_t body) {
  sent("basic.publish", amqp_basic_publish(connection, FIRST, amqp_cstring_bytes(exchange), amqp_cstring_bytes(key),
                                           mandatory, 0, properties, body));
}

/* Its number first, then filler; every hundredth is longer than one AMQP frame. */
static amqp_bytes_t numbered_body(int number) {
  static char body[LONG_BODY];
  amqp_bytes_t bytes = {number % 100 == 99 ? LONG_BODY : 20 + number % 7 * 30, body};
  memset(body, 'x', bytes.len);
  body[sprintf(body, "%d", number)] = ' ';
  return bytes;
}

static amqp_envelope_t next_delivery(void) {
  amqp_envelope_t envelope;
  struct timeval patience = {5, 0};
  amqp_maybe_release_buffers(connection);
  must("basic.deliver", amqp_consume_message(connection, &envelope, &patience, 0));
  return envelope;
}

/* Waits until the first `count` publishes of the channel are all confirmed. */
static void wait_confirms(uint64_t count) {
  char confirmed[SERIES + 1] = {0};
  for (uint64_t open = count, below = 1; open > 0;) {
    amqp_frame_t frame;
    struct timeval patience = {5, 0};
    sent("waiting for confirms", amqp_simple_wait_frame_noblock(connection, &frame, &patience));
    if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
      fail("expected basic.ack, got a frame of type %d, method %08x", frame.frame_type, frame.payload.method.id);
    }
    amqp_basic_ack_t *ack = frame.payload.method.decoded;
    if (ack->delivery_tag < 1 || ack->delivery_tag > count) fail("confirm of number %lu", (long)ack->delivery_tag);
    for (uint64_t tag = ack->multiple ? below : ack->delivery_tag; tag <= ack->delivery_tag; tag++) {
      if (!confirmed[tag]) open--;
      confirmed[tag] = 1;
    }
    while (below <= count && confirmed[below]) below++;
  }
}

static void declare(void) {
  const char *exchange = fresh_name("exchange");
  const char *queue = declare_queue("queue");
  amqp_bytes_t from = amqp_cstring_bytes(exchange), to = amqp_cstring_bytes(queue);
  amqp_exchange_declare(connection, FIRST, from, amqp_cstring_bytes("topic"), 0, 1, 0, 0, amqp_empty_table);
  done("exchange.declare");
  amqp_queue_bind(connection, FIRST, to, from, amqp_cstring_bytes("#.error"), amqp_empty_table);
  done("queue.bind");
  amqp_confirm_select(connection, FIRST);
  done("confirm.select");
  const char *keys[] = {"error", "db.error", "db.eu.error", "db.warning"};
  for (int each = 0; each < 4; each++) publish(exchange, keys[each], 0, NULL, amqp_cstring_bytes(keys[each]));
  wait_confirms(4);
  amqp_queue_declare_ok_t *ok = amqp_queue_declare(connection, FIRST, to, 1, 0, 0, 0, amqp_empty_table);
  done("passive queue.declare");
  if (ok->message_count != 3) fail("expected 3 messages routed by #.error, got %u", ok->message_count);
  ok = amqp_queue_declare(connection, FIRST, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
  done("queue.declare without a name");
  if (strncmp(text(ok->queue), "amq.gen-", 8) != 0) fail("server-named queue is called %s", text(ok->queue));
  open_channel(SECOND);
  amqp_queue_declare(connection, SECOND, to, 0, 0, 0, 0, amqp_empty_table);
  expect_refusal("406 PRECONDITION_FAILED - inequivalent arg 'durable'");
  amqp_queue_delete(connection, FIRST, to, 0, 0);
  amqp_exchange_delete(connection, FIRST, from, 0);
  done("exchange.delete");
  hold("topic exchange, queue, binding, server-named queue, 406 refusal");
}

static void confirms(void) {
  const char *queue = declare_queue("confirms");
  amqp_basic_properties_t persistent = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2};
  amqp_confirm_select(connection, FIRST);
  done("confirm.select");
  for (int number = 0; number < SERIES; number++) publish("", queue, 0, &persistent, numbered_body(number));
  wait_confirms(SERIES);
  int count = delete_queue(FIRST, queue);
  if (count != SERIES) fail("expected %d messages in the queue, got %d", SERIES, count);
  hold("%d of %d persistent messages confirmed and in the queue", count, SERIES);
}

static void mandatory_return(void) {
  const char *key = fresh_name("nowhere");
  amqp_basic_properties_t named = {._flags = AMQP_BASIC_MESSAGE_ID_FLAG, .message_id = amqp_cstring_bytes("m1")};
  amqp_confirm_select(connection, FIRST);
  done("confirm.select");
  publish("amq.direct", key, 1, &named, amqp_cstring_bytes("lost?"));
  amqp_frame_t frame;
  struct timeval patience = {5, 0};
  sent("waiting for the return", amqp_simple_wait_frame_noblock(connection, &frame, &patience));
  if (frame.payload.method.id != AMQP_BASIC_RETURN_METHOD) fail("got method %08x first", frame.payload.method.id);
  amqp_basic_return_t *returned = frame.payload.method.decoded;
  if (returned->reply_code != 312 || strcmp(text(returned->reply_text), "NO_ROUTE") != 0) {
    fail("returned with %d %s", returned->reply_code, text(returned->reply_text));
  }
  if (strcmp(text(returned->routing_key), key) != 0) fail("returned with the key %s", text(returned->routing_key));
  amqp_message_t message;
  must("returned message", amqp_read_message(connection, FIRST, &message, 0));
  if (strcmp(text(message.body), "lost?") != 0 || strcmp(text(message.properties.message_id), "m1") != 0) {
    fail("returned with the body %s, message id %s", text(message.body), text(message.properties.message_id));
  }
  wait_confirms(1);
  hold("312 NO_ROUTE with the whole message, before its confirm");
}

static void consume_with_acks(void) {
  const char *queue = declare_queue("consume");
  for (int number = 0; number < SERIES; number++) publish("", queue, 0, NULL, numbered_body(number));
  amqp_basic_qos(connection, FIRST, 0, 20, 0);
  done("basic.qos");
  amqp_basic_consume(connection, FIRST, amqp_cstring_bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
  done("basic.consume");
  for (int number = 0; number < SERIES; number++) {
    amqp_envelope_t delivery = next_delivery();
    amqp_bytes_t body = numbered_body(number);
    if (delivery.message.body.len != body.len || memcmp(delivery.message.body.bytes, body.bytes, body.len) != 0) {
      fail("delivery %d is %zu bytes starting with %.12s", number, delivery.message.body.len,
           text(delivery.message.body));
    }
    sent("basic.ack", amqp_basic_ack(connection, FIRST, delivery.delivery_tag, 0));
    amqp_destroy_envelope(&delivery);
  }
  close_channel(FIRST);
  open_channel(SECOND);
  int left = delete_queue(SECOND, queue);
  if (left != 0) fail("%d messages left after the acks", left);
  hold("%d of %d in order, bodies up to 300 kB", SERIES, SERIES);
}

static void requeue(void) {
  const char *queue = declare_queue("requeue");
  const char *bodies[] = {"0", "1", "2", "3", "4", "5"};
  const char *expected[] = {"0", "1", "2", "2 again", "3", "4", "4 again", "5"};
  for (int each = 0; each < 6; each++) publish("", queue, 0, NULL, amqp_cstring_bytes(bodies[each]));
  amqp_basic_qos(connection, FIRST, 0, 1, 0);
  amqp_basic_consume(connection, FIRST, amqp_cstring_bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
  done("basic.consume");
  for (int each = 0; each < 8; each++) {
    amqp_envelope_t delivery = next_delivery();
    char seen[40];
    snprintf(seen, sizeof seen, "%.20s%s", text(delivery.message.body), delivery.redelivered ? " again" : "");
    if (strcmp(seen, expected[each]) != 0) fail("delivery %d: expected %s, got %s", each, expected[each], seen);
    uint64_t tag = delivery.delivery_tag;
    if (each == 2) sent("basic.nack", amqp_basic_nack(connection, FIRST, tag, 0, 1));
    else if (each == 5) sent("basic.reject", amqp_basic_reject(connection, FIRST, tag, 1));
    else if (each < 7) sent("basic.ack", amqp_basic_ack(connection, FIRST, tag, 0));
    amqp_destroy_envelope(&delivery);
  }
  close_channel(FIRST);
  open_channel(SECOND);
  amqp_rpc_reply_t got = amqp_basic_get(connection, SECOND, amqp_cstring_bytes(queue), 0);
  must("basic.get", got);
  if (got.reply.id != AMQP_BASIC_GET_OK_METHOD) fail("the message unacknowledged at channel.close did not come back");
  if (!((amqp_basic_get_ok_t *)got.reply.decoded)->redelivered) fail("after channel.close: redelivered is false");
  amqp_message_t message;
  must("message of basic.get", amqp_read_message(connection, SECOND, &message, 0));
  if (strcmp(text(message.body), "5") != 0) fail("after channel.close: expected 5, got %s", text(message.body));
  delete_queue(SECOND, queue);
  hold("nack, reject and channel.close give it back in place with redelivered=true");
}

static void rpc(void) {
  amqp_queue_declare_ok_t *ok = amqp_queue_declare(connection, FIRST, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
  done("queue.declare");
  char queue[200];
  snprintf(queue, sizeof queue, "%s", text(ok->queue));
  open_channel(SECOND);
  amqp_bytes_t reply_to = amqp_cstring_bytes("amq.rabbitmq.reply-to");
  amqp_basic_consume(connection, SECOND, amqp_cstring_bytes(queue), amqp_empty_bytes, 0, 1, 0, amqp_empty_table);
  done("basic.consume");
  amqp_basic_consume(connection, FIRST, reply_to, amqp_empty_bytes, 0, 1, 0, amqp_empty_table);
  done("basic.consume of direct replies");
  amqp_basic_properties_t call = {._flags = AMQP_BASIC_REPLY_TO_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG};
  call.reply_to = reply_to;
  for (int number = 0; number < CALLS; number++) {
    char digits[12];
    sprintf(digits, "%d", number);
    call.correlation_id = amqp_cstring_bytes(digits);
    publish("", queue, 0, &call, amqp_cstring_bytes(digits));
  }
  for (int answers = 0; answers < CALLS;) {
    amqp_envelope_t delivery = next_delivery();
    amqp_basic_properties_t *properties = &delivery.message.properties;
    int number = atoi(text(properties->correlation_id)), value = atoi(text(delivery.message.body));
    if (delivery.channel == SECOND) { /* the serving side */
      char digits[12];
      sprintf(digits, "%d", number * number);
      const char *address = text(properties->reply_to);
      if (strncmp(address, "amq.rabbitmq.reply-to.", 22) != 0) fail("asked to reply to %s", address);
      amqp_basic_properties_t answer = {._flags = AMQP_BASIC_CORRELATION_ID_FLAG};
      answer.correlation_id = properties->correlation_id;
      sent("reply", amqp_basic_publish(connection, SECOND, amqp_empty_bytes, properties->reply_to, 0, 0, &answer,
                                       amqp_cstring_bytes(digits)));
    } else {
      if (number != answers || value != number * number) fail("answer %d: %d to call %d", answers, value, number);
      answers++;
    }
    amqp_destroy_envelope(&delivery);
  }
  hold("%d of %d answers over direct reply-to", CALLS, CALLS);
}

static int prove(const char *url, check each) {
  fflush(stdout);
  capability = each.capability;
  pid_t child = fork();
  if (child == 0) {
    alarm(SECONDS_EACH);
    connect_to(url);
    open_channel(FIRST);
    each.run();
    must("connection.close", amqp_connection_close(connection, AMQP_REPLY_SUCCESS));
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    const char *why = WTERMSIG(status) == SIGALRM ? "no end in time" : strsignal(WTERMSIG(status));
    printf("librabbitmq %s: %s FAILED: %s\n", amqp_version(), capability, why);
  }
  return status == 0 ? 0 : 1;
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: librabbitmq amqp://user:password@host:port/vhost\n");
    return 2;
  }
  check checks[] = {{"declare", declare},
                    {"confirms", confirms},
                    {"mandatory-return", mandatory_return},
                    {"consume-with-acks", consume_with_acks},
                    {"requeue", requeue},
                    {"rpc", rpc}};
  int failed = 0;
  for (size_t each = 0; each < sizeof checks / sizeof checks[0]; each++) failed += prove(arguments[1], checks[each]);
  return failed ? 1 : 0;
}
