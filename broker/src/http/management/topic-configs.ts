/** The settings of a topic: described with where they come from, altered as Kafka's incremental request does. */
import { Hono } from 'hono'
import { z } from 'zod'
import { type ConfigChange, withChanges } from '../../broker/topic/config-changes.ts'
import { TOPIC_CONFIGS } from '../../broker/topic/config-table.ts'
import { sourcedConfigs } from '../../broker/topic/sourced-configs.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'
import { topicFor } from './topic-access.ts'

/** Settings are texts; numbers and booleans are taken as what they look like. */
export const configValue = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const CHANGES = z.record(z.string(), configValue.nullable())

export function topicConfigRoutes(_http: HttpContext): Hono<Env> {
  return new Hono<Env>()
    .get('/topics/:vhost/:topic/configs', (c) => {
      const { vhost, topic } = topicFor(c.var.caller, 'describe-configs', c.req.param('vhost'), c.req.param('topic'))
      const { defaults } = vhost.streams.topics
      return c.json(
        sourcedConfigs(topic.overrides, defaults, topic.limits).map(({ row, sources }) => ({
          name: row.name,
          value: sources[0]?.value ?? row.default,
          default: defaults.valueOf(row),
          source: sources[0]?.source ?? 'default',
          type: row.type,
          doc: row.doc,
        })),
      )
    })
    .patch('/topics/:vhost/:topic/configs', async (c) => {
      const { caller } = c.var
      const wanted = await jsonBody(c, CHANGES)
      const { vhost, topic } = topicFor(caller, 'alter-configs', c.req.param('vhost'), c.req.param('topic'))
      const { topics } = vhost.streams
      const changes = Object.entries(wanted).map(
        ([name, value]): ConfigChange => ({ name, operation: value === null ? 'delete' : 'set', value }),
      )
      const values = withChanges(topic.overrides, changes, TOPIC_CONFIGS, (name) =>
        topics.defaults.valueOf(TOPIC_CONFIGS.get(name)!),
      )
      caller.act(() => topics.alterConfigs(topic, values))
      return c.body(null, 204)
    })
}
