/** Transactions of Kafka's producers: which are open, since when, and what they hold up. One that hangs can be aborted. */
import { Hono } from 'hono'
import type { Transaction } from '../../broker/transaction/transaction.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'
import { maySee } from './topic-access.ts'

export function transactionRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  return new Hono<Env>()
    .get('/transactions', (c) => {
      const { caller } = c.var
      return c.json(caller.seenVhosts().flatMap((vhost) => rows(caller, vhost, broker.clock.now())))
    })
    .get('/transactions/:vhost', (c) => {
      const { caller } = c.var
      return c.json(rows(caller, caller.seenVhost(c.req.param('vhost')), broker.clock.now()))
    })
    .delete('/transactions/:vhost/:id', async (c) => {
      const { caller } = c.var
      const vhost = caller.vhost(c.req.param('vhost'))
      const id = c.req.param('id')
      caller.rights(vhost).requireAs('write', 'transactional-id', id)
      const { transactions } = vhost.streams
      const transaction = transactions.get(id)
      if (transaction === undefined) throw notFound('transaction_not_found')
      await new Promise<void>((resolve) => caller.act(() => transactions.abort(transaction, resolve)))
      return c.body(null, 204)
    })
}

/** Those that have begun and are not over, the oldest first. */
function rows(caller: Caller, vhost: Vhost, nowMs: number): object[] {
  const sees = (id: string): boolean =>
    caller.is('monitoring') || caller.rights(vhost).allows('describe', 'transactional-id', id)
  return [...vhost.streams.transactions.all()]
    .filter((one) => one.isOpen && sees(one.transactionalId))
    .sort((a, b) => a.startMs - b.startMs)
    .map((transaction) => row(caller, vhost, transaction, nowMs))
}

function row(caller: Caller, vhost: Vhost, one: Transaction, nowMs: number): object {
  return {
    transactional_id: one.transactionalId,
    vhost: vhost.name,
    state: one.status,
    producer_id: one.producerId,
    producer_epoch: one.producerEpoch,
    started: one.startMs,
    age: nowMs - one.startMs,
    timeout: one.timeoutMs,
    partitions: [...one.parts]
      .filter(([topic]) => maySee(caller, vhost, 'topic', topic))
      .flatMap(([topic, { indexes }]) => [...indexes.keys()].map((partition) => ({ topic, partition }))),
    groups: [...one.groups].filter((group) => maySee(caller, vhost, 'group', group)),
  }
}
