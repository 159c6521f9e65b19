/** Topics: listed, made, widened, deleted, their records deleted. The rules and texts are those of Kafka's admin requests. */
import { Hono } from 'hono'
import { z } from 'zod'
import { StreamRefusal } from '../../broker/stream-refusal.ts'
import { deleteRecords } from '../../broker/topic/delete-records.ts'
import { addedPartitions } from '../../broker/topic/new-topic.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { answerList } from '../lists/answer-list.ts'
import type { ListSource } from '../lists/list-source.ts'
import { rowOptions } from '../lists/row-options.ts'
import type { Env } from '../login/authentication.ts'
import { streamSeries } from '../stats/stream-series.ts'
import { maySee, seenTopic, setVersion, topicFor, visibleScope } from './topic-access.ts'
import { configValue } from './topic-configs.ts'
import { bytesOf, cleanupPolicy, recordsOf, topicRow, wholeTopic } from './topic-rows.ts'

const PARTITIONS_OF_DEFAULT = -1
/** No partition is assigned by hand here. */
const NO_NODE = -1

const NEW_TOPIC = z.object({
  partitions: z.int().optional(),
  configs: z.record(z.string(), configValue).optional(),
})
const COUNT = z.object({ count: z.int() })
const DELETED = z.object({ partition: z.int().nonnegative(), before: z.union([z.int(), z.literal('end')]) })

export function topicRoutes(http: HttpContext): Hono<Env> {
  streamSeries(http)
  return new Hono<Env>()
    .get('/topics', (c) => answerList(c, http, source(http, c.var.caller, c.var.caller.seenVhosts())))
    .get('/topics/:vhost', (c) => {
      return answerList(c, http, source(http, c.var.caller, [c.var.caller.seenVhost(c.req.param('vhost'))]))
    })
    .get('/topics/:vhost/:topic', (c) => {
      const { caller } = c.var
      const { vhost, topic } = seenTopic(caller, c.req.param('vhost'), c.req.param('topic'))
      return c.json(
        wholeTopic(http, vhost, topic, rowOptions(c).rates, (group) => maySee(caller, vhost, 'group', group)),
      )
    })
    .put('/topics/:vhost/:topic', async (c) => {
      const { caller } = c.var
      const { partitions = PARTITIONS_OF_DEFAULT, configs = {} } = await jsonBody(c, NEW_TOPIC)
      const vhost = caller.vhost(c.req.param('vhost'))
      const name = c.req.param('topic')
      caller.rights(vhost).requireAs('create', 'topic', name)
      const wanted = {
        name,
        partitions,
        replicationFactor: -1,
        assignments: [],
        configs: Object.entries(configs).map(([config, value]) => ({ name: config, value })),
      }
      const { topics } = vhost.streams
      caller.act(() => topics.create(topics.check(wanted, NO_NODE)))
      return c.body(null, 201)
    })
    .delete('/topics/:vhost/:topic', (c) => {
      const { caller } = c.var
      const { vhost, topic } = topicFor(caller, 'delete', c.req.param('vhost'), c.req.param('topic'))
      caller.act(() => vhost.streams.topics.delete(topic))
      return c.body(null, 204)
    })
    .post('/topics/:vhost/:topic/partitions', async (c) => {
      const { caller } = c.var
      const { count } = await jsonBody(c, COUNT)
      const { vhost, topic } = topicFor(caller, 'alter', c.req.param('vhost'), c.req.param('topic'))
      caller.act(() => vhost.streams.topics.addPartitions(topic, addedPartitions(topic, count)))
      return c.body(null, 204)
    })
    .post('/topics/:vhost/:topic/delete-records', async (c) => {
      const { partition: index, before } = await jsonBody(c, DELETED)
      const { vhost, topic } = topicFor(c.var.caller, 'delete', c.req.param('vhost'), c.req.param('topic'))
      const partition = topic.partitions[index]
      if (partition === undefined) throw notFound('partition_not_found')
      const error = deleteRecords(topic, partition, before === 'end' ? partition.log.highWatermark : before)
      if (error !== null) throw new StreamRefusal(error, DELETE_TEXTS[error] ?? error)
      await new Promise<void>((resolve) => vhost.streams.topics.whenKept(resolve))
      return c.json({ partition: index, start_offset: partition.log.startOffset })
    })
}

const DELETE_TEXTS: Readonly<Record<string, string>> = {
  'offset-out-of-range': 'The requested offset is not within the range of offsets of the partition.',
  'policy-violation': 'Records of a topic that is only compacted cannot be deleted.',
  'invalid-topic-exception': 'Records of an internal topic cannot be deleted.',
}

function source(http: HttpContext, caller: Caller, vhosts: readonly Vhost[]): ListSource<Topic> {
  const { topics: series } = streamSeries(http)
  return {
    kind: 'topics',
    scope: visibleScope(caller, vhosts),
    *all() {
      for (const vhost of vhosts) {
        for (const topic of vhost.streams.topics.all()) if (maySee(caller, vhost, 'topic', topic.name)) yield topic
      }
    },
    setVersion: () => setVersion(http, vhosts, ({ topics }) => topics.version),
    name: ({ name }) => name,
    columns: {
      name: ({ name }) => name,
      vhost: ({ vhost }) => vhost,
      partitions: ({ partitions }) => partitions.length,
      durability: ({ config }) => config.durability,
      cleanup_policy: (topic) => cleanupPolicy(topic),
      retention_ms: ({ config }) => config.retentionMs,
      retention_bytes: ({ config }) => config.retentionBytes,
      bytes: (topic) => bytesOf(topic),
      records: (topic) => recordsOf(topic),
      'message_stats.publish': (topic) => series.value(topic, 'publish'),
      'message_stats.publish_details.rate': (topic) => series.rate(topic, 'publish'),
      'message_stats.bytes_in': (topic) => series.value(topic, 'bytes_in'),
      'message_stats.bytes_in_details.rate': (topic) => series.rate(topic, 'bytes_in'),
    },
    describe: (topic, { rates }) => topicRow(http, topic, rates),
  }
}
