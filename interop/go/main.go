// amqp091-go, the maintained Go client. One line per capability:
// "CLIENT VERSION: CAPABILITY ok (what was seen)" or "… FAILED: why". A failed or hanging capability does not keep
// the next one from being tried: each opens its own connection and has its own time.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	series      = 500
	secondsEach = 25
)

type check func(connection *amqp.Connection, channel *amqp.Channel) (string, error)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: interop amqp://user:password@host:port/")
		os.Exit(2)
	}
	checks := []struct {
		capability string
		run        check
	}{
		{"declare", declare},
		{"confirms", confirms},
		{"mandatory-return", mandatoryReturn},
		{"consume-with-acks", consumeWithAcks},
		{"requeue", requeue},
		{"rpc", rpc},
	}
	failed := 0
	for _, each := range checks {
		seen, err := withinTime(os.Args[1], each.run)
		if err != nil {
			failed++
			seen = "FAILED: " + strings.ReplaceAll(err.Error(), "\n", " | ")
		} else {
			seen = "ok (" + seen + ")"
		}
		fmt.Printf("amqp091-go %s: %s %s\n", libraryVersion(), each.capability, seen)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

func declare(connection *amqp.Connection, channel *amqp.Channel) (string, error) {
	exchange, inner, queue := freshName("exchange"), freshName("inner"), freshName("queue")
	_, noQueue := channel.QueueDeclare(queue, true, false, false, false, nil)
	err := errors.Join(
		noQueue,
		channel.ExchangeDeclare(exchange, "direct", true, false, false, false, nil),
		channel.ExchangeDeclare(inner, "fanout", true, false, true, false, nil),
		channel.ExchangeBind(inner, "to-all", exchange, false, nil),
		channel.QueueBind(queue, "", inner, false, nil),
		channel.QueueBind(queue, "to-one", exchange, false, nil),
		channel.Confirm(false),
	)
	if err != nil {
		return "", err
	}
	for _, key := range []string{"to-all", "to-one", "to-none"} {
		if err := publishConfirmed(channel, exchange, key, amqp.Publishing{Body: []byte(key)}); err != nil {
			return "", err
		}
	}
	state, err := channel.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err := errors.Join(err, same("messages routed", state.Messages, 2)); err != nil {
		return "", err
	}
	named, err := channel.QueueDeclare("", false, false, true, false, nil)
	if err != nil || !strings.HasPrefix(named.Name, "amq.gen-") {
		return "", fmt.Errorf("server-named queue is called %q, %w", named.Name, err)
	}
	refusals := []struct {
		code int
		text string
		ask  func(*amqp.Channel) error
	}{
		{406, "inequivalent arg 'durable'", func(c *amqp.Channel) error {
			_, err := c.QueueDeclare(queue, false, false, false, false, nil)
			return err
		}},
		{404, "no exchange 'interop.missing'", func(c *amqp.Channel) error {
			return c.QueueBind(queue, "", "interop.missing", false, nil)
		}},
		{403, "cannot publish to internal exchange", func(c *amqp.Channel) error {
			closed := c.NotifyClose(make(chan *amqp.Error, 1))
			if err := c.PublishWithContext(context.Background(), inner, "", false, false, amqp.Publishing{}); err != nil {
				return err
			}
			return <-closed
		}},
	}
	for _, refusal := range refusals {
		other, err := connection.Channel()
		if err != nil {
			return "", err
		}
		var closed *amqp.Error
		if err := refusal.ask(other); !errors.As(err, &closed) {
			return "", fmt.Errorf("expected %d %s, got %v", refusal.code, refusal.text, err)
		}
		if closed.Code != refusal.code || !strings.Contains(closed.Reason, refusal.text) {
			return "", fmt.Errorf("expected %d … %s …, got %d %s", refusal.code, refusal.text, closed.Code, closed.Reason)
		}
	}
	_, err = channel.QueueDelete(queue, false, false, false)
	err = errors.Join(err, channel.ExchangeDelete(inner, false, false), channel.ExchangeDelete(exchange, false, false))
	return "direct and internal exchange, exchange-to-exchange binding, server-named queue, refusals 403, 404, 406", err
}

func confirms(_ *amqp.Connection, channel *amqp.Channel) (string, error) {
	queue, err := declareQueue(channel, "confirms")
	if err := errors.Join(err, channel.Confirm(false)); err != nil {
		return "", err
	}
	promises := make([]*amqp.DeferredConfirmation, series)
	for number := range promises {
		message := amqp.Publishing{Body: numberedBody(number), DeliveryMode: amqp.Persistent}
		promises[number], err = channel.PublishWithDeferredConfirm("", queue, false, false, message)
		if err != nil {
			return "", err
		}
	}
	for number, promise := range promises {
		if err := same("delivery tag", promise.DeliveryTag, uint64(number+1)); err != nil {
			return "", err
		}
		if !promise.Wait() {
			return "", fmt.Errorf("message %d was not confirmed", number)
		}
	}
	count, err := channel.QueueDelete(queue, false, false, false)
	seen := fmt.Sprintf("%d of %d persistent messages confirmed and in the queue", series, series)
	return seen, errors.Join(err, same("messages in the queue", count, series))
}

func mandatoryReturn(_ *amqp.Connection, channel *amqp.Channel) (string, error) {
	if err := channel.Confirm(false); err != nil {
		return "", err
	}
	returns := channel.NotifyReturn(make(chan amqp.Return, 1))
	key := freshName("nowhere")
	message := amqp.Publishing{MessageId: "m1", Body: []byte("lost?"), Headers: amqp.Table{"try": int32(1)}}
	promise, err := channel.PublishWithDeferredConfirm("amq.direct", key, true, false, message)
	if err != nil {
		return "", err
	}
	if !promise.Wait() {
		return "", errors.New("not confirmed")
	}
	select { // the library hands frames over in order, so a return sent before the confirm is here by now
	case seen := <-returns:
		got := fmt.Sprint(seen.ReplyCode, seen.ReplyText, seen.RoutingKey, seen.MessageId, seen.Headers, string(seen.Body))
		want := fmt.Sprint(uint16(312), "NO_ROUTE", key, "m1", amqp.Table{"try": int32(1)}, "lost?")
		return "312 NO_ROUTE with the whole message, before its confirm", same("return", got, want)
	default:
		return "", errors.New("the confirm came without a return before it")
	}
}

func consumeWithAcks(connection *amqp.Connection, channel *amqp.Channel) (string, error) {
	queue, err := declareQueue(channel, "consume")
	if err != nil {
		return "", err
	}
	for number := 0; number < series; number++ {
		message := amqp.Publishing{Body: numberedBody(number), Headers: amqp.Table{"number": int64(number)}}
		if err := channel.PublishWithContext(context.Background(), "", queue, false, false, message); err != nil {
			return "", err
		}
	}
	if err := channel.Qos(20, 0, false); err != nil {
		return "", err
	}
	deliveries, err := channel.Consume(queue, "reader", false, false, false, false, nil)
	if err != nil {
		return "", err
	}
	for number := 0; number < series; number++ {
		delivery := <-deliveries
		err := errors.Join(
			same("header", delivery.Headers["number"], int64(number)),
			same("consumer tag", delivery.ConsumerTag, "reader"),
		)
		if err != nil || !bytes.Equal(delivery.Body, numberedBody(number)) {
			return "", fmt.Errorf("delivery %d is not message %d as sent: %.20q, %v", number, number, delivery.Body, err)
		}
		if number%10 == 9 {
			err = delivery.Ack(true)
		}
		if err != nil {
			return "", err
		}
	}
	if err := channel.Close(); err != nil {
		return "", err
	}
	left, err := deleteQueue(connection, queue)
	seen := fmt.Sprintf("%d of %d in order, acks for ten at a time, bodies up to 300 kB", series, series)
	return seen, errors.Join(err, same("messages left after the acks", left, 0))
}

func requeue(connection *amqp.Connection, channel *amqp.Channel) (string, error) {
	queue, err := declareQueue(channel, "requeue")
	if err := errors.Join(err, channel.Confirm(false), channel.Qos(1, 0, false)); err != nil {
		return "", err
	}
	for number := 0; number < 6; number++ {
		message := amqp.Publishing{Body: []byte(strconv.Itoa(number))}
		if err := publishConfirmed(channel, "", queue, message); err != nil {
			return "", err
		}
	}
	deliveries, err := channel.Consume(queue, "", false, false, false, false, nil)
	if err != nil {
		return "", err
	}
	var seen []string
	for delivery := range deliveries {
		label := string(delivery.Body)
		if delivery.Redelivered {
			label += " again"
		}
		seen = append(seen, label)
		if len(seen) == 8 {
			break
		}
		switch label {
		case "2":
			err = delivery.Nack(false, true)
		case "4":
			err = delivery.Reject(true)
		default:
			err = delivery.Ack(false)
		}
		if err != nil {
			return "", err
		}
	}
	want := []string{"0", "1", "2", "2 again", "3", "4", "4 again", "5"}
	if err := errors.Join(same("deliveries", seen, want), channel.Close()); err != nil {
		return "", err
	}
	other, err := connection.Channel()
	if err != nil {
		return "", err
	}
	last, found, err := other.Get(queue, false)
	if err != nil || !found || string(last.Body) != "5" || !last.Redelivered {
		return "", fmt.Errorf("after channel.close: found %v, %q, redelivered %v, %w", found, last.Body, last.Redelivered, err)
	}
	if err := last.Nack(false, false); err != nil {
		return "", err
	}
	left, err := deleteQueue(connection, queue)
	err = errors.Join(err, same("messages left after a nack without requeue", left, 0))
	return "nack, reject and channel.close give it back in place with redelivered=true", err
}

func rpc(connection *amqp.Connection, server *amqp.Channel) (string, error) {
	queue, err := server.QueueDeclare("", false, false, true, false, nil)
	if err != nil {
		return "", err
	}
	requests, err := server.Consume(queue.Name, "", true, true, false, false, nil)
	if err != nil {
		return "", err
	}
	go func() {
		for request := range requests {
			number, _ := strconv.Atoi(string(request.Body))
			answer := amqp.Publishing{CorrelationId: request.CorrelationId, Body: []byte(strconv.Itoa(number * number))}
			if !strings.HasPrefix(request.ReplyTo, "amq.rabbitmq.reply-to.") {
				answer.Body = []byte("asked to reply to " + request.ReplyTo)
			}
			_ = server.PublishWithContext(context.Background(), "", request.ReplyTo, false, false, answer)
		}
	}()
	caller, err := connection.Channel()
	if err != nil {
		return "", err
	}
	answers, err := caller.Consume("amq.rabbitmq.reply-to", "", true, false, false, false, nil)
	if err != nil {
		return "", err
	}
	const calls = 100
	for number := 0; number < calls; number++ {
		call := amqp.Publishing{
			ReplyTo: "amq.rabbitmq.reply-to", CorrelationId: strconv.Itoa(number), Body: []byte(strconv.Itoa(number)),
		}
		if err := caller.PublishWithContext(context.Background(), "", queue.Name, false, false, call); err != nil {
			return "", err
		}
	}
	for seen := 0; seen < calls; seen++ {
		answer, open := <-answers
		if !open {
			return "", fmt.Errorf("the channel was closed after %d answers", seen)
		}
		number, _ := strconv.Atoi(answer.CorrelationId)
		if err := same("answer to call "+answer.CorrelationId, string(answer.Body), strconv.Itoa(number*number)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d of %d answers over direct reply-to", calls, calls), nil
}

func publishConfirmed(channel *amqp.Channel, exchange, key string, message amqp.Publishing) error {
	promise, err := channel.PublishWithDeferredConfirm(exchange, key, false, false, message)
	if err != nil {
		return err
	}
	if !promise.Wait() {
		return fmt.Errorf("the message to %s %s was not confirmed", exchange, key)
	}
	return nil
}

func declareQueue(channel *amqp.Channel, purpose string) (string, error) {
	queue, err := channel.QueueDeclare(freshName(purpose), true, false, false, false, nil)
	return queue.Name, err
}

// deleteQueue tells how many messages the queue still held.
func deleteQueue(connection *amqp.Connection, queue string) (int, error) {
	channel, err := connection.Channel()
	if err != nil {
		return 0, err
	}
	return channel.QueueDelete(queue, false, false, false)
}
