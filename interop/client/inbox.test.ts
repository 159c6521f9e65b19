/** The inbox with a real PostgreSQL: one effect for each message, whoever handles it, and however often it comes. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Pool } from 'pg'
import { type Connection, createInbox } from '../../client/src/postgres/index.ts'
import { PostgresServer } from './postgres.ts'

const inbox = createInbox()
let postgres: PostgresServer
let pool: Pool

before(async () => {
  postgres = await PostgresServer.start()
  pool = new Pool({ connectionString: postgres.url, max: 20 })
  pool.on('error', () => {})
  await Promise.all([inbox.migrate(pool), inbox.migrate(pool), inbox.migrate(pool)])
  await pool.query('CREATE TABLE effects (name text)')
})

after(async () => {
  await pool?.end()
  await postgres?.stop()
})

beforeEach(() => pool.query('TRUNCATE effects, signalbox_inbox'))

const effect = async (tx: Connection, name = 'paid'): Promise<string> => {
  await tx.query('INSERT INTO effects VALUES ($1)', [name])
  return name
}

const effects = async (): Promise<number> => Number((await pool.query('SELECT count(*) FROM effects')).rows[0].count)

describe('the inbox', () => {
  it('has an effect once, and tells its result again', async () => {
    const once = () =>
      inbox.once(pool, 'm1', 'billing', async (tx) => {
        await effect(tx)
        return { invoice: 7, lines: ['a'] }
      })
    assert.deepEqual(await once(), { handled: true, result: { invoice: 7, lines: ['a'] } })
    assert.deepEqual(await once(), { handled: false, result: { invoice: 7, lines: ['a'] } })
    assert.equal(await effects(), 1)
  })

  it('has no result where the effect has none', async () => {
    assert.deepEqual(await inbox.once(pool, 'm1', 'billing', async () => {}), { handled: true, result: undefined })
    assert.deepEqual(await inbox.once(pool, 'm1', 'billing', async () => {}), { handled: false, result: undefined })
  })

  it('has one effect for each consumer', async () => {
    for (const consumer of ['billing', 'mail']) await inbox.once(pool, 'm1', consumer, effect)
    assert.equal(await effects(), 2)
  })

  it('forgets what failed', async () => {
    const failing = inbox.once(pool, 'm1', 'billing', async (tx) => {
      await effect(tx)
      throw new Error('no credit')
    })
    await assert.rejects(failing, /no credit/)
    assert.equal(await effects(), 0)
    assert.equal((await inbox.once(pool, 'm1', 'billing', effect)).handled, true)
    assert.equal(await effects(), 1)
  })

  it('has one effect where many handle the message at once', async () => {
    const all = await Promise.all(Array.from({ length: 15 }, () => inbox.once(pool, 'm1', 'billing', effect)))
    assert.equal(all.filter(({ handled }) => handled).length, 1)
    assert.deepEqual(new Set(all.map(({ result }) => result)), new Set(['paid']))
    assert.equal(await effects(), 1)
  })

  it('hands a message on to who waits for it, when the first fails', async () => {
    const [begun, fail] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const first = inbox.once(pool, 'm1', 'billing', async (tx) => {
      await effect(tx, 'first')
      begun.resolve()
      await fail.promise
    })
    await begun.promise
    const second = inbox.once(pool, 'm1', 'billing', (tx) => effect(tx, 'second'))
    fail.reject(new Error('gone'))
    await assert.rejects(first, /gone/)
    assert.deepEqual(await second, { handled: true, result: 'second' })
    assert.deepEqual((await pool.query('SELECT name FROM effects')).rows, [{ name: 'second' }])
  })

  it('has no effect when the connection is lost on the way', async () => {
    const lost = inbox.once(pool, 'm1', 'billing', async (tx) => {
      await effect(tx)
      const { rows } = await tx.query('SELECT pg_backend_pid() AS pid')
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
      await tx.query('SELECT 1')
    })
    await assert.rejects(lost)
    assert.equal(await effects(), 0)
    assert.equal((await inbox.once(pool, 'm1', 'billing', effect)).handled, true)
  })

  it('is a handler of whatever bears an id', async () => {
    const handle = inbox.handler(pool, 'billing', async ({ data }: { id: string; data: string }, tx) =>
      effect(tx, data),
    )
    assert.equal(await handle({ id: 'j1', data: 'one' }), 'one')
    assert.equal(await handle({ id: 'j1', data: 'two' }), 'one')
    assert.equal(await effects(), 1)
    await assert.rejects(handle({ id: '', data: 'three' }), TypeError)
  })

  it('notes within a transaction of its caller', async () => {
    const tx = await pool.connect()
    for (const [end, first] of [
      ['ROLLBACK', true],
      ['COMMIT', true],
      ['COMMIT', false],
    ] as const) {
      await tx.query('BEGIN')
      assert.equal(await inbox.note(tx, { messageId: 'm1' }, 'billing'), first)
      await tx.query(end)
    }
    tx.release()
  })

  it('prunes notes by their age', async () => {
    for (const id of ['old', 'new']) await inbox.once(pool, id, 'billing', effect)
    await pool.query(`UPDATE signalbox_inbox SET handled_at = now() - interval '2 hours' WHERE message_id = 'old'`)
    await pool.query(
      `INSERT INTO signalbox_inbox SELECT 'many', n::text, now() - interval '3 hours' FROM generate_series(1, 12000) AS n`,
    )
    assert.equal(await inbox.prune(pool, 3_600_000), 12_001)
    assert.equal((await inbox.once(pool, 'new', 'billing', effect)).handled, false)
    assert.equal((await inbox.once(pool, 'old', 'billing', effect)).handled, true)
  })
})
