// franz-go, a client written from the protocol up: classic groups, KIP-848, transactions, and kadm for administration.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"interop/proof"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const base = 1_700_000_000_000

var (
	broker = os.Args[1]
	ctx    = context.Background()
)

func main() {
	proof.All("franz-go", proof.VersionOf("github.com/twmb/franz-go"), []proof.Check{
		{Capability: "produce-consume", Run: produceConsume},
		{Capability: "compression", Run: compression},
		{Capability: "auto-create", Run: autoCreate},
		{Capability: "groups", Run: func() (string, error) { return groups("classic", kgo.Balancers(kgo.RangeBalancer())) }},
		{Capability: "cooperative", Run: func() (string, error) { return groups("classic") }},
		{Capability: "kip-848", Run: func() (string, error) {
			return groups("consumer", kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
		}},
		{Capability: "static-members", Run: staticMembers},
		{Capability: "resume", Run: resume},
		{Capability: "seek-and-times", Run: seekAndTimes},
		{Capability: "regex", Run: regex},
		{Capability: "large-messages", Run: largeMessages},
		{Capability: "admin", Run: admin},
		{Capability: "idempotence", Run: idempotence},
		{Capability: "transactions", Run: transactions},
	})
}

func client(options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(broker), kgo.RecordPartitioner(kgo.ManualPartitioner())}, options...)...)
}

func withAdmin(work func(*kadm.Client) error) error {
	plain, err := client()
	if err != nil {
		return err
	}
	defer plain.Close()
	return work(kadm.NewClient(plain))
}

func freshTopic(purpose string, partitions int32) (string, error) {
	topic := proof.FreshName(purpose)
	return topic, withAdmin(func(admin *kadm.Client) error {
		_, err := admin.CreateTopic(ctx, partitions, 1, nil, topic)
		return err
	})
}

func send(records []*kgo.Record, options ...kgo.Opt) error {
	producer, err := client(options...)
	if err != nil {
		return err
	}
	defer producer.Close()
	return producer.ProduceSync(ctx, records...).FirstErr()
}

func numbered(topic string, from, to, partitions int) []*kgo.Record {
	var records []*kgo.Record
	for number := from; number < to; number++ {
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(number % partitions), Value: []byte(strconv.Itoa(number))})
	}
	return records
}

// poll answers count records, after a last look that no more come.
func poll(consumer *kgo.Client, count int) ([]*kgo.Record, error) {
	var seen []*kgo.Record
	var failure error
	look := func(wait time.Duration) {
		limited, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		fetches := consumer.PollFetches(limited)
		for _, each := range fetches.Errors() {
			if !errors.Is(each.Err, context.DeadlineExceeded) {
				failure = each.Err
			}
		}
		seen = append(seen, fetches.Records()...)
	}
	err := proof.Eventually(fmt.Sprintf("%d records", count), func() bool {
		look(300 * time.Millisecond)
		return failure != nil || len(seen) >= count
	})
	look(300 * time.Millisecond)
	return seen, proof.FirstOf(failure, err, proof.Same("number of records", len(seen), count))
}

func readAll(topic string, partitions, count int, options ...kgo.Opt) ([]*kgo.Record, error) {
	offsets := map[int32]kgo.Offset{}
	for partition := range partitions {
		offsets[int32(partition)] = kgo.NewOffset().AtStart()
	}
	consumer, err := client(append(options, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}))...)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	return poll(consumer, count)
}

func valuesOf(records []*kgo.Record) []string {
	values := []string{}
	for _, record := range records {
		values = append(values, string(record.Value))
	}
	return values
}

func numbers(from, to int) []string {
	return valuesOf(numbered("", from, to, 1))
}

type plain struct {
	Partition int32
	Offset    int64
	Key       string
	Value     string
	At        int64
	Headers   string
}

func plainly(record *kgo.Record) plain {
	text := func(bytes []byte) string { return fmt.Sprintf("%q %t", bytes, bytes == nil) }
	var headers strings.Builder
	for _, header := range record.Headers {
		fmt.Fprintf(&headers, "%s=%s ", header.Key, text(header.Value))
	}
	return plain{record.Partition, record.Offset, text(record.Key), text(record.Value), record.Timestamp.UnixMilli(), headers.String()}
}

func produceConsume() (string, error) {
	topic, err := freshTopic("produce", 3)
	if err != nil {
		return "", err
	}
	var sent []*kgo.Record
	var expected []plain
	for number := range 600 {
		record := &kgo.Record{Topic: topic, Partition: int32(number % 3), Timestamp: time.UnixMilli(base + int64(number))}
		if number%5 != 0 {
			record.Key = fmt.Appendf(nil, "key %d", number)
		}
		if number%7 != 0 {
			record.Value = fmt.Appendf(nil, "value %d ž", number)
		}
		if number%2 == 0 {
			record.Headers = []kgo.RecordHeader{{Key: "number", Value: fmt.Append(nil, number)}, {Key: "number", Value: []byte("again")}, {Key: "none"}}
		}
		sent = append(sent, record)
		seen := plainly(record)
		seen.Offset = int64(number / 3)
		expected = append(expected, seen)
	}
	if err := send(sent, kgo.ProducerLinger(5*time.Millisecond)); err != nil {
		return "", err
	}
	records, err := readAll(topic, 3, len(sent))
	var seen []plain
	for _, record := range records {
		seen = append(seen, plainly(record))
	}
	for _, list := range [][]plain{seen, expected} {
		sort.Slice(list, func(a, b int) bool {
			return list[a].Partition < list[b].Partition || list[a].Partition == list[b].Partition && list[a].Offset < list[b].Offset
		})
	}
	return "600 records in 3 partitions with keys, headers, timestamps, nulls", proof.FirstOf(err, proof.Same("records", seen, expected))
}

func compression() (string, error) {
	topic, err := freshTopic("compression", 1)
	if err != nil {
		return "", err
	}
	var expected []string
	codecs := []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}
	for kind, codec := range codecs {
		var records []*kgo.Record
		for number := range 100 {
			records = append(records, &kgo.Record{Topic: topic, Value: []byte(strings.Repeat(fmt.Sprintf("%d %d ", kind, number), 40))})
		}
		if err := send(records, kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(20*time.Millisecond)); err != nil {
			return "", err
		}
		expected = append(expected, valuesOf(records)...)
	}
	records, err := readAll(topic, 1, len(expected))
	return "5 codecs", proof.FirstOf(err, proof.Same("values", valuesOf(records), expected))
}

func autoCreate() (string, error) {
	topic := proof.FreshName("auto")
	if err := send([]*kgo.Record{{Topic: topic, Value: []byte("first")}}, kgo.AllowAutoTopicCreation()); err != nil {
		return "", err
	}
	records, err := readAll(topic, 1, 1)
	return "a topic made by producing to it", proof.FirstOf(err, proof.Same("values", valuesOf(records), []string{"first"}))
}

func idempotence() (string, error) {
	topic, err := freshTopic("idempotence", 1)
	if err != nil {
		return "", err
	}
	if err := send(numbered(topic, 0, 2000, 1), kgo.ProducerBatchMaxBytes(1024)); err != nil {
		return "", err
	}
	records, err := readAll(topic, 1, 2000)
	return "2000 records in order, in many batches", proof.FirstOf(err, proof.Same("values", valuesOf(records), numbers(0, 2000)))
}

func seekAndTimes() (string, error) {
	topic, err := freshTopic("seek", 1)
	if err != nil {
		return "", err
	}
	records := numbered(topic, 0, 100, 1)
	for number, record := range records {
		record.Timestamp = time.UnixMilli(base + int64(number)*1000)
	}
	if err := send(records, kgo.ProducerBatchMaxBytes(512)); err != nil {
		return "", err
	}
	err = withAdmin(func(admin *kadm.Client) error {
		for asked, expected := range map[int64]int64{41_500: 42, 99_000: 99} {
			found, err := admin.ListOffsetsAfterMilli(ctx, base+asked, topic)
			if err != nil {
				return err
			}
			offset, _ := found.Lookup(topic, 0)
			if err := proof.Same("offset and time", []int64{offset.Offset, offset.Timestamp}, []int64{expected, base + expected*1000}); err != nil {
				return err
			}
		}
		start, errStart := admin.ListStartOffsets(ctx, topic)
		end, errEnd := admin.ListEndOffsets(ctx, topic)
		if err := proof.FirstOf(errStart, errEnd); err != nil {
			return err
		}
		return proof.Same("start and end", []int64{start[topic][0].Offset, end[topic][0].Offset}, []int64{0, 100})
	})
	if err != nil {
		return "", err
	}
	at := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(60)}}
	consumer, err := client(kgo.ConsumePartitions(at))
	if err != nil {
		return "", err
	}
	defer consumer.Close()
	from60, err := poll(consumer, 40)
	if err := proof.FirstOf(err, proof.Same("values from 60", valuesOf(from60), numbers(60, 100))); err != nil {
		return "", err
	}
	consumer.SetOffsets(map[string]map[int32]kgo.EpochOffset{topic: {0: {Epoch: -1, Offset: 95}}})
	from95, err := poll(consumer, 5)
	return "assign, seek, start and end, offsets for times", proof.FirstOf(err, proof.Same("values from 95", valuesOf(from95), numbers(95, 100)))
}

func largeMessages() (string, error) {
	topic, err := freshTopic("large", 1)
	if err != nil {
		return "", err
	}
	wide := []kgo.Opt{kgo.ProducerBatchMaxBytes(20_000_000), kgo.BrokerMaxWriteBytes(40_000_000), kgo.ProducerBatchCompression(kgo.NoCompression())}
	filled := func(bytes int) []*kgo.Record {
		return []*kgo.Record{{Topic: topic, Value: slices.Repeat([]byte{'x'}, bytes)}}
	}
	if err := send(filled(1_000_000), wide...); err != nil {
		return "", err
	}
	if refused := send(filled(1_100_000), wide...); !errors.Is(refused, kerr.MessageTooLarge) {
		return "", fmt.Errorf("1.1 MB was answered with %v", refused)
	}
	err = withAdmin(func(admin *kadm.Client) error {
		size := "9000000"
		altered, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &size}}, topic)
		if err != nil {
			return err
		}
		return altered[0].Err
	})
	if err := proof.FirstOf(err, send(filled(8_000_000), wide...)); err != nil {
		return "", err
	}
	records, err := readAll(topic, 1, 2)
	if err != nil {
		return "", err
	}
	sizes := []int{len(records[0].Value), len(records[1].Value)}
	return "1 MB taken, 1.1 MB refused, 8 MB taken after max.message.bytes was raised", proof.Same("sizes", sizes, []int{1_000_000, 8_000_000})
}

func transactions() (string, error) {
	topic, err := freshTopic("transactions", 2)
	if err != nil {
		return "", err
	}
	producer, err := client(kgo.TransactionalID(proof.FreshName("id")))
	if err != nil {
		return "", err
	}
	defer producer.Close()
	var expected []string
	for turn := range 12 {
		if err := producer.BeginTransaction(); err != nil {
			return "", err
		}
		keep := turn%3 != 1
		for partition := range 2 {
			value := fmt.Sprintf("%d %d %t", turn, partition, keep)
			if err := producer.ProduceSync(ctx, &kgo.Record{Topic: topic, Partition: int32(partition), Value: []byte(value)}).FirstErr(); err != nil {
				return "", err
			}
			if keep {
				expected = append(expected, value)
			}
		}
		if err := producer.EndTransaction(ctx, kgo.TransactionEndTry(keep)); err != nil {
			return "", err
		}
	}
	committed, err := readAll(topic, 2, len(expected), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return "", err
	}
	values := valuesOf(committed)
	sort.Strings(values)
	sort.Strings(expected)
	_, err = readAll(topic, 2, 24, kgo.FetchIsolationLevel(kgo.ReadUncommitted()))
	if err := proof.FirstOf(err, proof.Same("read_committed", values, expected)); err != nil {
		return "", err
	}
	processed, err := readProcessWrite()
	return "12 transactions over 2 partitions, a third of them aborted; " + processed, err
}

// readProcessWrite is a group session: the offsets of what was read go with what was written.
func readProcessWrite() (string, error) {
	from, errFrom := freshTopic("from", 1)
	to, errTo := freshTopic("to", 1)
	if err := proof.FirstOf(errFrom, errTo, send(numbered(from, 0, 100, 1))); err != nil {
		return "", err
	}
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(broker), kgo.TransactionalID(proof.FreshName("id")), kgo.ConsumerGroup(proof.FreshName("group")),
		kgo.ConsumeTopics(from), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets(),
	)
	if err != nil {
		return "", err
	}
	defer session.Close()
	for done := 0; done < 100; {
		fetches := session.PollFetches(ctx)
		if err := session.Begin(); err != nil {
			return "", err
		}
		for _, record := range fetches.Records() {
			session.Produce(ctx, &kgo.Record{Topic: to, Value: append([]byte("done "), record.Value...)}, nil)
		}
		committed, err := session.End(ctx, kgo.TryCommit)
		if err != nil {
			return "", err
		}
		if committed {
			done += fetches.NumRecords()
		}
	}
	records, err := readAll(to, 1, 100, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	expected := []string{}
	for _, number := range numbers(0, 100) {
		expected = append(expected, "done "+number)
	}
	return "100 records read, processed and written", proof.FirstOf(err, proof.Same("processed", valuesOf(records), expected))
}

// member of a group that polls by itself and commits what it has read when it leaves.
type member struct {
	client *kgo.Client
	lock   sync.Mutex
	seen   []*kgo.Record
	held   map[int32]bool
	gained int
	ended  chan struct{}
}

func join(group string, options ...kgo.Opt) (*member, error) {
	one := &member{held: map[int32]bool{}, ended: make(chan struct{})}
	change := func(present bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, of *kgo.Client, changed map[string][]int32) {
			if !present {
				_ = of.CommitUncommittedOffsets(ctx)
			}
			one.lock.Lock()
			defer one.lock.Unlock()
			for _, partitions := range changed {
				for _, partition := range partitions {
					one.held[partition] = present
				}
			}
			if present {
				one.gained++
			}
		}
	}
	all := append([]kgo.Opt{
		kgo.ConsumerGroup(group), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(change(true)), kgo.OnPartitionsRevoked(change(false)), kgo.OnPartitionsLost(change(false)),
		kgo.HeartbeatInterval(500 * time.Millisecond),
	}, options...)
	var err error
	if one.client, err = client(all...); err != nil {
		return nil, err
	}
	go func() {
		defer close(one.ended)
		for {
			fetches := one.client.PollFetches(ctx)
			if fetches.IsClientClosed() {
				return
			}
			one.lock.Lock()
			one.seen = append(one.seen, fetches.Records()...)
			one.lock.Unlock()
		}
	}()
	return one, nil
}

func (one *member) partitions() []int32 {
	one.lock.Lock()
	defer one.lock.Unlock()
	held := []int32{}
	for partition, present := range one.held {
		if present {
			held = append(held, partition)
		}
	}
	slices.Sort(held)
	return held
}

func (one *member) values() []string {
	one.lock.Lock()
	defer one.lock.Unlock()
	return valuesOf(one.seen)
}

func (one *member) leave() error {
	err := one.client.CommitUncommittedOffsets(ctx)
	one.client.Close()
	<-one.ended
	return err
}

func groups(protocol string, options ...kgo.Opt) (string, error) {
	topic, err := freshTopic("groups", 4)
	if err != nil {
		return "", err
	}
	group := proof.FreshName("group")
	options = append(options, kgo.ConsumeTopics(topic))
	first, err := join(group, options...)
	if err != nil {
		return "", err
	}
	if err := proof.Eventually("all 4 partitions", func() bool { return len(first.partitions()) == 4 }); err != nil {
		return "", err
	}
	second, err := join(group, options...)
	if err != nil {
		return "", err
	}
	err = proof.Eventually("2 partitions each", func() bool { return len(first.partitions()) == 2 && len(second.partitions()) == 2 })
	if err := proof.FirstOf(err, send(numbered(topic, 0, 400, 4))); err != nil {
		return "", err
	}
	described, err := protocolOf(group)
	if err := proof.FirstOf(err, proof.Same("protocol", described, protocol)); err != nil {
		return "", err
	}
	total := func() int { return len(first.values()) + len(second.values()) }
	err = proof.Eventually("the first round", func() bool { return total() >= 400 })
	if err := proof.FirstOf(err, proof.Same("share of the second", len(second.values()), 200), second.leave()); err != nil {
		return "", err
	}
	err = proof.Eventually("all 4 partitions again", func() bool { return len(first.partitions()) == 4 })
	if err := proof.FirstOf(err, send(numbered(topic, 400, 800, 4))); err != nil {
		return "", err
	}
	err = proof.Eventually("the second round", func() bool { return total() >= 800 })
	if err := proof.FirstOf(err, first.leave()); err != nil {
		return "", err
	}
	seen := append(first.values(), second.values()...)
	sort.Slice(seen, func(a, b int) bool {
		return len(seen[a]) < len(seen[b]) || len(seen[a]) == len(seen[b]) && seen[a] < seen[b]
	})
	if err := proof.Same("values", seen, numbers(0, 800)); err != nil {
		return "", err
	}
	err = withAdmin(func(admin *kadm.Client) error {
		offsets, err := admin.FetchOffsets(ctx, group)
		if err != nil {
			return err
		}
		sum := int64(0)
		offsets.Each(func(each kadm.OffsetResponse) { sum += each.At })
		return proof.Same("sum of committed offsets", sum, int64(800))
	})
	return "a second member joins and leaves; 800 records, each once; offsets committed", err
}

func protocolOf(group string) (string, error) {
	asker, err := client()
	if err != nil {
		return "", err
	}
	defer asker.Close()
	request := kmsg.NewPtrListGroupsRequest()
	answer, err := request.RequestWith(ctx, asker)
	if err != nil {
		return "", err
	}
	for _, each := range answer.Groups {
		if each.Group == group {
			return strings.ToLower(each.GroupType), nil
		}
	}
	return "not listed", nil
}

func staticMembers() (string, error) {
	topic, err := freshTopic("static", 2)
	if err != nil {
		return "", err
	}
	group := proof.FreshName("static")
	first, errFirst := join(group, kgo.ConsumeTopics(topic), kgo.InstanceID("one"))
	second, errSecond := join(group, kgo.ConsumeTopics(topic), kgo.InstanceID("two"))
	if err := proof.FirstOf(errFirst, errSecond); err != nil {
		return "", err
	}
	err = proof.Eventually("one partition each", func() bool { return len(first.partitions()) == 1 && len(second.partitions()) == 1 })
	if err != nil {
		return "", err
	}
	held := second.partitions()
	if err := second.leave(); err != nil {
		return "", err
	}
	again, err := join(group, kgo.ConsumeTopics(topic), kgo.InstanceID("two"))
	if err != nil {
		return "", err
	}
	err = proof.Eventually("its partition back", func() bool { return slices.Equal(again.partitions(), held) })
	if err := proof.FirstOf(err, proof.Same("partitions of the other", len(first.partitions()), 1), again.leave(), first.leave()); err != nil {
		return "", err
	}
	return "a member that comes back under its name has its partition", nil
}

func resume() (string, error) {
	topic, err := freshTopic("resume", 1)
	if err != nil {
		return "", err
	}
	group := proof.FreshName("resume")
	if err := send(numbered(topic, 0, 100, 1)); err != nil {
		return "", err
	}
	err = withAdmin(func(admin *kadm.Client) error {
		offsets := kadm.Offsets{}
		offsets.Add(kadm.Offset{Topic: topic, Partition: 0, At: 7, LeaderEpoch: -1, Metadata: "by hand"})
		return admin.CommitAllOffsets(ctx, group, offsets)
	})
	if err != nil {
		return "", err
	}
	one, err := join(group, kgo.ConsumeTopics(topic))
	if err != nil {
		return "", err
	}
	err = proof.Eventually("93 records", func() bool { return len(one.values()) >= 93 })
	if err := proof.FirstOf(err, proof.Same("values", one.values(), numbers(7, 100))); err != nil {
		return "", err
	}
	err = withAdmin(func(admin *kadm.Client) error {
		offsets, err := admin.FetchOffsets(ctx, group)
		if err != nil {
			return err
		}
		found, _ := offsets.Lookup(topic, 0)
		return proof.Same("committed", fmt.Sprint(found.At, found.Metadata), "7by hand")
	})
	return "a new member goes on at the committed offset; offset with metadata read back", proof.FirstOf(err, one.leave())
}

func regex() (string, error) {
	stem := proof.FreshName("regex")
	topics := []string{stem + ".a", stem + ".b", stem + ".c"}
	err := withAdmin(func(admin *kadm.Client) error {
		_, err := admin.CreateTopics(ctx, 1, 1, nil, topics...)
		return err
	})
	if err != nil {
		return "", err
	}
	for _, topic := range topics {
		if err := send([]*kgo.Record{{Topic: topic, Value: []byte(topic)}}); err != nil {
			return "", err
		}
	}
	pattern := "^" + strings.ReplaceAll(stem, ".", "\\.") + "\\.[ab]$"
	one, err := join(proof.FreshName("regex"), kgo.ConsumeRegex(), kgo.ConsumeTopics(pattern))
	if err != nil {
		return "", err
	}
	err = proof.Eventually("two records", func() bool { return len(one.values()) >= 2 })
	values := one.values()
	sort.Strings(values)
	return "two of three topics match", proof.FirstOf(err, proof.Same("values", values, topics[:2]), one.leave())
}

func admin() (string, error) {
	topic, group := proof.FreshName("admin"), proof.FreshName("admin")
	retention := "123456"
	err := withAdmin(func(admin *kadm.Client) error {
		if _, err := admin.CreateTopic(ctx, 2, 1, map[string]*string{"retention.ms": &retention}, topic); err != nil {
			return err
		}
		if _, err := admin.CreateTopic(ctx, 2, 1, nil, topic); !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("created again: %v", err)
		}
		if err := partitionsBecome(admin, topic, 2); err != nil {
			return err
		}
		if grown, err := admin.CreatePartitions(ctx, 1, topic); err != nil || grown.Error() != nil {
			return fmt.Errorf("create partitions: %v %v", err, grown.Error())
		}
		if err := partitionsBecome(admin, topic, 3); err != nil {
			return err
		}
		configs, err := admin.DescribeTopicConfigs(ctx, topic)
		if err != nil {
			return err
		}
		for _, each := range configs[0].Configs {
			if each.Key == "retention.ms" && each.MaybeValue() != retention {
				return fmt.Errorf("retention.ms is %s", each.MaybeValue())
			}
		}
		if err := send([]*kgo.Record{{Topic: topic, Partition: 1, Value: []byte("a")}, {Topic: topic, Partition: 1, Value: []byte("b")}}); err != nil {
			return err
		}
		before := kadm.Offsets{}
		before.Add(kadm.Offset{Topic: topic, Partition: 1, At: 1, LeaderEpoch: -1})
		deleted, err := admin.DeleteRecords(ctx, before)
		if err != nil {
			return err
		}
		if err := proof.Same("low watermark", deleted[topic][1].LowWatermark, int64(1)); err != nil {
			return err
		}
		if err := admin.CommitAllOffsets(ctx, group, before); err != nil {
			return err
		}
		lags, err := admin.Lag(ctx, group)
		if err != nil {
			return err
		}
		lag, _ := lags[group].Lag.Lookup(topic, 1)
		if err := proof.Same("lag", lag.Lag, int64(1)); err != nil {
			return err
		}
		dirs, err := admin.DescribeAllLogDirs(ctx, nil)
		if err != nil || len(dirs.Sorted()) == 0 {
			return fmt.Errorf("log dirs: %v %v", err, dirs)
		}
		if _, err := admin.DeleteGroup(ctx, group); err != nil {
			return err
		}
		if _, err := admin.DeleteTopic(ctx, topic); err != nil {
			return err
		}
		return proof.Eventually("the topic is gone", func() bool {
			listed, err := admin.ListTopics(ctx)
			return err == nil && !listed.Has(topic)
		})
	})
	return "topics, partitions, configs, records, offsets and lag, log folders", err
}

func partitionsBecome(admin *kadm.Client, topic string, count int) error {
	return proof.Eventually(fmt.Sprintf("%d partitions", count), func() bool {
		listed, err := admin.ListTopics(ctx, topic)
		return err == nil && len(listed[topic].Partitions) == count
	})
}
