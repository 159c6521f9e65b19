// sarama, the client of most older Go services: classic groups, idempotence, transactions, its cluster administration.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"interop/proof"

	"github.com/IBM/sarama"
)

const base = 1_700_000_000_000

var brokers = []string{os.Args[1]}

func main() {
	sarama.Logger = log.New(io.Discard, "", 0)
	proof.All("sarama", proof.VersionOf("github.com/IBM/sarama"), []proof.Check{
		{Capability: "produce-consume", Run: produceConsume},
		{Capability: "compression", Run: compression},
		{Capability: "auto-create", Run: autoCreate},
		{Capability: "groups", Run: groups},
		{Capability: "resume", Run: resume},
		{Capability: "seek-and-times", Run: seekAndTimes},
		{Capability: "large-messages", Run: largeMessages},
		{Capability: "admin", Run: admin},
		{Capability: "idempotence", Run: idempotence},
		{Capability: "transactions", Run: transactions},
	})
}

func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	return config
}

func withAdmin(work func(sarama.ClusterAdmin) error) error {
	admin, err := sarama.NewClusterAdmin(brokers, settings())
	if err != nil {
		return err
	}
	defer admin.Close()
	return work(admin)
}

func freshTopic(purpose string, partitions int32) (string, error) {
	topic := proof.FreshName(purpose)
	return topic, withAdmin(func(admin sarama.ClusterAdmin) error {
		return admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}, false)
	})
}

func send(config *sarama.Config, messages []*sarama.ProducerMessage) error {
	producer, err := sarama.NewSyncProducer(brokers, config)
	if err != nil {
		return err
	}
	return proof.FirstOf(producer.SendMessages(messages), producer.Close())
}

func numbered(topic string, from, to int, partitions int32) []*sarama.ProducerMessage {
	var messages []*sarama.ProducerMessage
	for number := from; number < to; number++ {
		messages = append(messages, &sarama.ProducerMessage{
			Topic: topic, Partition: int32(number) % partitions, Value: sarama.StringEncoder(strconv.Itoa(number)),
		})
	}
	return messages
}

func numbers(from, to int) []string {
	values := []string{}
	for number := from; number < to; number++ {
		values = append(values, strconv.Itoa(number))
	}
	return values
}

// read answers count messages of a partition from an offset on.
func read(config *sarama.Config, topic string, partition int32, from int64, count int) ([]*sarama.ConsumerMessage, error) {
	consumer, err := sarama.NewConsumer(brokers, config)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	stream, err := consumer.ConsumePartition(topic, partition, from)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	var seen []*sarama.ConsumerMessage
	late := time.After(20 * time.Second)
	for len(seen) < count {
		select {
		case message := <-stream.Messages():
			seen = append(seen, message)
		case <-late:
			return seen, fmt.Errorf("%d of %d messages came", len(seen), count)
		}
	}
	select {
	case message := <-stream.Messages():
		return seen, fmt.Errorf("one more than %d came: %s", count, message.Value)
	case <-time.After(300 * time.Millisecond):
		return seen, nil
	}
}

func valuesOf(messages []*sarama.ConsumerMessage) []string {
	values := []string{}
	for _, message := range messages {
		values = append(values, string(message.Value))
	}
	return values
}

func expectValues(config *sarama.Config, topic string, from int64, expected []string) error {
	messages, err := read(config, topic, 0, from, len(expected))
	return proof.FirstOf(err, proof.Same("values", valuesOf(messages), expected))
}

func produceConsume() (string, error) {
	topic, err := freshTopic("produce", 3)
	if err != nil {
		return "", err
	}
	var sent []*sarama.ProducerMessage
	expected := map[int32][]string{}
	for number := range 300 {
		message := &sarama.ProducerMessage{Topic: topic, Partition: int32(number % 3), Timestamp: time.UnixMilli(base + int64(number))}
		key, value, header := "", "", ""
		if number%5 != 0 {
			key = fmt.Sprintf("key %d", number)
			message.Key = sarama.StringEncoder(key)
		}
		if number%7 != 0 {
			value = fmt.Sprintf("value %d ž", number)
			message.Value = sarama.StringEncoder(value)
		}
		if number%2 == 0 {
			header = strconv.Itoa(number)
			message.Headers = []sarama.RecordHeader{{Key: []byte("number"), Value: []byte(header)}}
		}
		sent = append(sent, message)
		expected[message.Partition] = append(expected[message.Partition],
			fmt.Sprint(number/3, key, number%5 == 0, value, number%7 == 0, base+number, header))
	}
	if err := send(settings(), sent); err != nil {
		return "", err
	}
	for partition := range int32(3) {
		messages, err := read(settings(), topic, partition, sarama.OffsetOldest, 100)
		seen := []string{}
		for _, each := range messages {
			header := ""
			for _, one := range each.Headers {
				header += string(one.Value)
			}
			seen = append(seen, fmt.Sprint(each.Offset, string(each.Key), each.Key == nil, string(each.Value), each.Value == nil, each.Timestamp.UnixMilli(), header))
		}
		if err := proof.FirstOf(err, proof.Same("records", seen, expected[partition])); err != nil {
			return "", err
		}
	}
	return "300 records in 3 partitions with keys, headers, timestamps, nulls", nil
}

func compression() (string, error) {
	topic, err := freshTopic("compression", 1)
	if err != nil {
		return "", err
	}
	var expected []string
	kinds := []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD}
	for _, kind := range kinds {
		config := settings()
		config.Producer.Compression = kind
		var messages []*sarama.ProducerMessage
		for number := range 100 {
			value := strings.Repeat(fmt.Sprintf("%s %d ", kind, number), 40)
			messages = append(messages, &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)})
			expected = append(expected, value)
		}
		if err := send(config, messages); err != nil {
			return "", err
		}
	}
	return "5 codecs", expectValues(settings(), topic, sarama.OffsetOldest, expected)
}

func autoCreate() (string, error) {
	topic := proof.FreshName("auto")
	err := send(settings(), []*sarama.ProducerMessage{{Topic: topic, Value: sarama.StringEncoder("first")}})
	return "a topic made by producing to it", proof.FirstOf(err, expectValues(settings(), topic, sarama.OffsetOldest, []string{"first"}))
}

// member of a group that marks and keeps what it is given.
type member struct {
	group    sarama.ConsumerGroup
	lock     sync.Mutex
	seen     []string
	assigned int
	cancel   context.CancelFunc
	ended    chan struct{}
}

func join(group, topic string) (*member, error) {
	joined, err := sarama.NewConsumerGroup(brokers, group, settings())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	one := &member{group: joined, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(one.ended)
		for ctx.Err() == nil {
			_ = joined.Consume(ctx, []string{topic}, one)
		}
	}()
	return one, nil
}

func (one *member) Setup(session sarama.ConsumerGroupSession) error {
	one.set(func() {
		one.assigned = 0
		for _, partitions := range session.Claims() {
			one.assigned += len(partitions)
		}
	})
	return nil
}

func (one *member) Cleanup(session sarama.ConsumerGroupSession) error {
	session.Commit()
	return nil
}

func (one *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		one.set(func() { one.seen = append(one.seen, string(message.Value)) })
		session.MarkMessage(message, "")
	}
	return nil
}

func (one *member) set(change func()) {
	one.lock.Lock()
	defer one.lock.Unlock()
	change()
}

func (one *member) state() (values []string, assigned int) {
	one.lock.Lock()
	defer one.lock.Unlock()
	return slices.Clone(one.seen), one.assigned
}

func (one *member) has(partitions int) func() bool {
	return func() bool {
		_, assigned := one.state()
		return assigned == partitions
	}
}

func (one *member) leave() error {
	one.cancel()
	<-one.ended
	return one.group.Close()
}

func groups() (string, error) {
	topic, err := freshTopic("groups", 4)
	if err != nil {
		return "", err
	}
	group := proof.FreshName("group")
	first, err := join(group, topic)
	if err := proof.FirstOf(err, proof.Eventually("all 4 partitions", first.has(4))); err != nil {
		return "", err
	}
	second, err := join(group, topic)
	if err != nil {
		return "", err
	}
	err = proof.Eventually("2 partitions each", func() bool { return first.has(2)() && second.has(2)() })
	if err := proof.FirstOf(err, send(settings(), numbered(topic, 0, 400, 4))); err != nil {
		return "", err
	}
	all := func() []string {
		ofFirst, _ := first.state()
		ofSecond, _ := second.state()
		return append(ofFirst, ofSecond...)
	}
	err = proof.Eventually("the first round", func() bool { return len(all()) >= 400 })
	ofSecond, _ := second.state()
	err = proof.FirstOf(err, proof.Same("share of the second", len(ofSecond), 200), second.leave(),
		proof.Eventually("all 4 partitions again", first.has(4)), send(settings(), numbered(topic, 400, 800, 4)),
		proof.Eventually("the second round", func() bool { return len(all()) >= 800 }), first.leave())
	if err != nil {
		return "", err
	}
	seen := all()
	slices.SortFunc(seen, func(a, b string) int { return 1000*(len(a)-len(b)) + strings.Compare(a, b) })
	if err := proof.Same("values", seen, numbers(0, 800)); err != nil {
		return "", err
	}
	err = withAdmin(func(admin sarama.ClusterAdmin) error {
		offsets, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0, 1, 2, 3}})
		if err != nil {
			return err
		}
		sum := int64(0)
		for partition := range int32(4) {
			sum += offsets.GetBlock(topic, partition).Offset
		}
		return proof.Same("sum of committed offsets", sum, int64(800))
	})
	return "a second member joins and leaves; 800 records, each once; offsets committed", err
}

func resume() (string, error) {
	topic, err := freshTopic("resume", 1)
	if err := proof.FirstOf(err, send(settings(), numbered(topic, 0, 100, 1))); err != nil {
		return "", err
	}
	group := proof.FreshName("resume")
	client, err := sarama.NewClient(brokers, settings())
	if err != nil {
		return "", err
	}
	defer client.Close()
	offsets, err := sarama.NewOffsetManagerFromClient(group, client)
	if err != nil {
		return "", err
	}
	managed, err := offsets.ManagePartition(topic, 0)
	if err != nil {
		return "", err
	}
	managed.MarkOffset(7, "by hand")
	if err := proof.FirstOf(managed.Close(), offsets.Close()); err != nil {
		return "", err
	}
	one, err := join(group, topic)
	if err != nil {
		return "", err
	}
	err = proof.Eventually("93 records", func() bool { seen, _ := one.state(); return len(seen) >= 93 })
	seen, _ := one.state()
	return "a new member goes on at the committed offset", proof.FirstOf(err, proof.Same("values", seen, numbers(7, 100)), one.leave())
}

func seekAndTimes() (string, error) {
	topic, err := freshTopic("seek", 1)
	if err != nil {
		return "", err
	}
	messages := numbered(topic, 0, 100, 1)
	for number, message := range messages {
		message.Timestamp = time.UnixMilli(base + int64(number)*1000)
	}
	client, err := sarama.NewClient(brokers, settings())
	if err := proof.FirstOf(err, send(settings(), messages)); err != nil {
		return "", err
	}
	defer client.Close()
	for asked, expected := range map[int64]int64{base + 41_500: 42, sarama.OffsetOldest: 0, sarama.OffsetNewest: 100} {
		found, err := client.GetOffset(topic, 0, asked)
		if err := proof.FirstOf(err, proof.Same(fmt.Sprintf("offset for %d", asked), found, expected)); err != nil {
			return "", err
		}
	}
	return "from an offset; offsets for times, oldest and newest", expectValues(settings(), topic, 60, numbers(60, 100))
}

func largeMessages() (string, error) {
	topic, err := freshTopic("large", 1)
	if err != nil {
		return "", err
	}
	config := settings()
	config.Producer.MaxMessageBytes = 20_000_000
	one := func(size int) []*sarama.ProducerMessage {
		return []*sarama.ProducerMessage{{Topic: topic, Value: sarama.ByteEncoder(bytes.Repeat([]byte{'x'}, size))}}
	}
	if err := send(config, one(1_000_000)); err != nil {
		return "", err
	}
	var refused sarama.ProducerErrors
	if err := send(config, one(1_100_000)); !errors.As(err, &refused) || !errors.Is(refused[0].Err, sarama.ErrMessageSizeTooLarge) {
		return "", fmt.Errorf("1.1 MB was answered with %v", err)
	}
	err = withAdmin(func(admin sarama.ClusterAdmin) error {
		size := "9000000"
		entries := map[string]sarama.IncrementalAlterConfigsEntry{
			"max.message.bytes": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &size},
		}
		return admin.IncrementalAlterConfig(sarama.TopicResource, topic, entries, false)
	})
	if err := proof.FirstOf(err, send(config, one(8_000_000))); err != nil {
		return "", err
	}
	messages, err := read(settings(), topic, 0, sarama.OffsetOldest, 2)
	if err != nil {
		return "", err
	}
	sizes := []int{len(messages[0].Value), len(messages[1].Value)}
	return "1 MB taken, 1.1 MB refused, 8 MB taken after max.message.bytes was raised", proof.Same("sizes", sizes, []int{1_000_000, 8_000_000})
}

func admin() (string, error) {
	topic := proof.FreshName("admin")
	retention := "123456"
	err := withAdmin(func(admin sarama.ClusterAdmin) error {
		detail := &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": &retention}}
		if err := admin.CreateTopic(topic, detail, false); err != nil {
			return err
		}
		if err := admin.CreateTopic(topic, detail, false); !errors.Is(err, sarama.ErrTopicAlreadyExists) {
			return fmt.Errorf("created again: %v", err)
		}
		if err := admin.CreatePartitions(topic, 3, nil, false); err != nil {
			return err
		}
		err := proof.Eventually("3 partitions", func() bool {
			topics, err := admin.DescribeTopics([]string{topic})
			return err == nil && len(topics[0].Partitions) == 3
		})
		if err != nil {
			return err
		}
		entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{"retention.ms"}})
		if err := proof.FirstOf(err, proof.Same("number of entries", len(entries), 1), proof.Same("retention.ms", entries[0].Value, retention)); err != nil {
			return err
		}
		messages := numbered(topic, 0, 10, 1)
		if err := proof.FirstOf(send(settings(), messages), admin.DeleteRecords(topic, map[int32]int64{0: 4})); err != nil {
			return err
		}
		if err := expectValues(settings(), topic, sarama.OffsetOldest, numbers(4, 10)); err != nil {
			return err
		}
		found, controller, err := admin.DescribeCluster()
		if err := proof.FirstOf(err, proof.Same("brokers", len(found), 1), proof.Same("controller", controller, found[0].ID())); err != nil {
			return err
		}
		if err := admin.DeleteTopic(topic); err != nil {
			return err
		}
		return proof.Eventually("the topic is gone", func() bool {
			topics, err := admin.ListTopics()
			_, there := topics[topic]
			return err == nil && !there
		})
	})
	return "topics, partitions, configs, records, cluster", err
}

func idempotence() (string, error) {
	topic, err := freshTopic("idempotence", 1)
	if err != nil {
		return "", err
	}
	config := settings()
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	config.Producer.Flush.MaxMessages = 20
	err = send(config, numbered(topic, 0, 1000, 1))
	return "1000 records in order", proof.FirstOf(err, expectValues(settings(), topic, sarama.OffsetOldest, numbers(0, 1000)))
}

func transactions() (string, error) {
	topic, err := freshTopic("transactions", 1)
	if err != nil {
		return "", err
	}
	config := settings()
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	config.Producer.Transaction.ID = proof.FreshName("id")
	producer, err := sarama.NewSyncProducer(brokers, config)
	if err != nil {
		return "", err
	}
	defer producer.Close()
	var expected, all []string
	for turn := range 9 {
		keep := turn%3 != 1
		value := fmt.Sprintf("%d %t", turn, keep)
		err := producer.BeginTxn()
		if err == nil {
			_, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)})
		}
		if err != nil {
			return "", err
		}
		all = append(all, value)
		if keep {
			expected = append(expected, value)
			err = producer.CommitTxn()
		} else {
			err = producer.AbortTxn()
		}
		if err != nil {
			return "", err
		}
	}
	committed, uncommitted := settings(), settings()
	committed.Consumer.IsolationLevel = sarama.ReadCommitted
	err = expectValues(committed, topic, sarama.OffsetOldest, expected)
	return "9 transactions, a third of them aborted", proof.FirstOf(err, expectValues(uncommitted, topic, sarama.OffsetOldest, all))
}
