/** Consumer groups of both protocols: listed, looked into, offsets reset, deleted. */
import { Hono } from 'hono'
import { z } from 'zod'
import type { Group } from '../../broker/group/group.ts'
import { resetOffsets } from '../../broker/operations/reset-offsets.ts'
import { StreamRefusal } from '../../broker/stream-refusal.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { answerList } from '../lists/answer-list.ts'
import type { ListSource } from '../lists/list-source.ts'
import type { Env } from '../login/authentication.ts'
import { groupRow, memberCount, wholeGroup } from './group-rows.ts'
import { maySee, setVersion, topicFor, visibleScope } from './topic-access.ts'

const RESET = z.object({
  topic: z.string(),
  partition: z.int().nonnegative().optional(),
  to: z.union([
    z.literal('earliest'),
    z.literal('latest'),
    z.strictObject({ offset: z.int().nonnegative() }),
    z.strictObject({ time: z.int().nonnegative() }),
    z.strictObject({ shift: z.int() }),
  ]),
})

export function groupRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  return new Hono<Env>()
    .get('/groups', (c) => answerList(c, http, source(http, c.var.caller, c.var.caller.seenVhosts())))
    .get('/groups/:vhost', (c) => {
      return answerList(c, http, source(http, c.var.caller, [c.var.caller.seenVhost(c.req.param('vhost'))]))
    })
    .get('/groups/:vhost/:group', (c) => {
      const { caller } = c.var
      const vhost = caller.seenVhost(c.req.param('vhost'))
      const id = c.req.param('group')
      if (!maySee(caller, vhost, 'group', id)) caller.rights(vhost).requireAs('describe', 'group', id)
      const group = existing(vhost, id)
      return c.json(wholeGroup(http, vhost, group, (topic) => maySee(caller, vhost, 'topic', topic)))
    })
    .post('/groups/:vhost/:group/reset-offsets', async (c) => {
      const { caller } = c.var
      const { topic: name, partition, to } = await jsonBody(c, RESET)
      const id = c.req.param('group')
      const { vhost, topic } = topicFor(caller, 'read', c.req.param('vhost'), name)
      caller.rights(vhost).requireAs('read', 'group', id)
      const partitions = partition === undefined ? topic.partitions : topic.partitions.slice(partition, partition + 1)
      if (partitions.length === 0) throw notFound('partition_not_found')
      return c.json({ offsets: await resetOffsets(vhost.streams, id, topic, partitions, to, broker.clock.now()) })
    })
    .delete('/groups/:vhost/:group', (c) => {
      const { caller } = c.var
      const vhost = caller.vhost(c.req.param('vhost'))
      const id = c.req.param('group')
      caller.rights(vhost).requireAs('delete', 'group', id)
      const group = existing(vhost, id)
      if (!group.isEmpty) throw new StreamRefusal('non-empty-group', `The group '${id}' is not empty.`)
      caller.act(() => vhost.streams.groups.delete(group))
      return c.body(null, 204)
    })
}

function existing(vhost: Vhost, id: string): Group {
  const group = vhost.streams.groups.get(id)
  if (group === undefined) throw notFound('group_not_found')
  return group
}

function source(http: HttpContext, caller: Caller, vhosts: readonly Vhost[]): ListSource<Group> {
  return {
    kind: 'groups',
    scope: visibleScope(caller, vhosts),
    *all() {
      for (const vhost of vhosts) {
        for (const group of vhost.streams.groups.all()) if (maySee(caller, vhost, 'group', group.id)) yield group
      }
    },
    setVersion: () => setVersion(http, vhosts, ({ groups }) => groups.version),
    name: ({ id }) => id,
    columns: {
      name: ({ id }) => id,
      vhost: ({ vhost }) => vhost,
      type: ({ kind }) => kind,
      state: ({ state }) => state,
      members: (group) => memberCount(group),
      topics: ({ offsets }) => offsets.topics.size,
      lag: (group) => http.stats.groups.value(group, 'lag'),
      'lag_details.rate': (group) => http.stats.groups.rate(group, 'lag'),
    },
    describe: (group) => groupRow(http, group),
  }
}
