/**
 * Rows per second that one relay takes from an outbox in a real PostgreSQL to a real broker: published, confirmed from the
 * disk, deleted. Rows have a job's 200 B; without a key, and with a key each, of so many in turn.
 *   node bench/micro/outbox.ts [rows] [rounds] [keys]
 */
import type { MessagePublisher } from '../../client/src/index.ts'
import { startRelay } from '../../client/src/postgres/index.ts'
import { brokers } from '../../interop/client/jobs-brokers.ts'
import { OutboxBench, to } from '../../interop/client/outbox-bench.ts'

const [rows, rounds, keys] = [50_000, 3, 100].map((usual, index) => Number(process.argv[index + 2] ?? usual)) as [
  number,
  number,
  number,
]
const PER_TRANSACTION = 1000

const bench = await OutboxBench.start(brokers[0]!)
try {
  for (let round = 0; round < rounds; round++) {
    for (const [title, count] of [
      ['no keys', 0],
      [`${keys} keys`, keys],
    ] as const) {
      await bench.clear()
      const adding = await secondsOf(() => add(count))
      const relaying = await secondsOf(relay)
      console.log(`${title}: ${rate(adding)} rows/s added, ${rate(relaying)} rows/s relayed`)
    }
  }
} finally {
  await bench.stop()
}

async function add(keys: number): Promise<void> {
  const body = JSON.stringify({ file: 'a'.repeat(189) })
  for (let n = 0; n < rows; n += PER_TRANSACTION) {
    const messages = Array.from({ length: Math.min(PER_TRANSACTION, rows - n) }, (_, i) => {
      const headers = keys === 0 ? {} : { 'x-ordering-key': `key ${(n + i) % keys}` }
      return to('orders', body, { headers })
    })
    await bench.inTransaction((tx) => bench.outbox.add(tx, messages))
  }
}

/** Until the last row is confirmed and deleted. */
async function relay(): Promise<void> {
  const all = Promise.withResolvers<void>()
  let confirmed = 0
  const counting: MessagePublisher = {
    async publish(message) {
      await bench.box.publish(message)
      if (++confirmed === rows) all.resolve()
    },
  }
  const relay = await startRelay(bench.pool, counting)
  await all.promise
  await relay.stop()
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

function rate(seconds: number): string {
  return Math.round(rows / seconds).toLocaleString('en')
}
