/** The pages of groups: they show what consumers do, and where they go on after what is done in them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import type { Locator } from 'playwright-core'
import { fits, PHONE, said, startConsole, until } from './real-broker.ts'

const TOPIC = 'visits'
const GROUP = 'counters'
const RECORDS = 10

test('groups', async (t) => {
  const console = await startConsole(t)
  const { kafka, kafkaAddress } = console
  const admin = kafka.admin()
  await admin.connect()
  t.after(() => admin.disconnect())
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 2 }] })
  const committed = async (): Promise<string[]> => {
    const [{ partitions }] = await admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] })
    return partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset)
  }

  await t.test('say so when there are none', async () => {
    const page = await console.open('/groups')
    await page.getByText('No groups yet').waitFor()
  })

  const written = await write(kafka)

  await t.test('show their members, what each reads and why that changed', async () => {
    const first = await join(kafkaAddress, 'first-client')
    const page = await console.open('/groups')
    await page.getByRole('row', { name: new RegExp(`${GROUP}.*Stable`) }).waitFor()
    await page.getByRole('link', { name: GROUP }).click()
    await page.getByRole('heading', { level: 1, name: GROUP }).waitFor()
    await page
      .getByText(/first-client.*joined/)
      .first()
      .waitFor()

    const second = await join(kafkaAddress, 'second-client')
    await page
      .getByText(/second-client.*joined/)
      .first()
      .waitFor()
    await page.getByRole('tab', { name: /Members/ }).click()
    for (const client of ['first-client', 'second-client']) {
      const cells = page.getByRole('row', { name: new RegExp(client) }).getByRole('cell')
      await cells
        .nth(2)
        .filter({ hasText: /visits\s*[01]$/ })
        .waitFor()
    }
    await until(async () => String(await committed()) === '5,5')
    await second.disconnect()
    await page
      .getByText(/second-client.*left/)
      .first()
      .waitFor()

    await page.getByRole('button', { name: 'Reset offsets' }).click()
    const dialog = page.getByRole('dialog', { name: /cannot be reset now/ })
    await dialog.getByText('first-client').waitFor()
    await first.disconnect()
    await page.getByRole('dialog', { name: `Reset offsets of ${GROUP}` }).waitFor()
  })

  await t.test('show where they stand', async () => {
    assert.deepEqual(await committed(), ['5', '5'])
    await write(kafka)
    const page = await console.open(`/groups/%2F/${GROUP}`)
    for (const partition of [0, 1]) {
      const cells = page.getByRole('row', { name: new RegExp(`visits ${partition} `) }).getByRole('cell')
      await cells.nth(4).getByText('5', { exact: true }).waitFor()
      assert.deepEqual((await cells.allInnerTexts()).slice(1, 4), [String(partition), '5', '10'])
    }
  })

  const reset = async (choose: (dialog: Locator) => Promise<void>): Promise<void> => {
    const page = await console.open(`/groups/%2F/${GROUP}`)
    await page.getByRole('button', { name: 'Reset offsets' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Partition').getByRole('option', { name: '1' }).waitFor({ state: 'attached' })
    await choose(dialog)
    await dialog.getByRole('button', { name: 'Reset offsets' }).click()
    await said(page, /offsets? of counters reset/)
  }

  await t.test('go on from where they are set', async () => {
    await reset(async (dialog) => {
      await dialog.getByRole('row', { name: '0 5 0 10' }).waitFor()
    })
    assert.deepEqual(await committed(), ['0', '0'])
    await reset(async (dialog) => {
      await dialog.getByLabel('Partition').selectOption('1')
      await dialog.getByLabel('To', { exact: true }).selectOption('offset')
      await dialog.getByLabel('Offset', { exact: true }).fill('3')
      await dialog.getByRole('row', { name: '1 0 3 7' }).waitFor()
    })
    assert.deepEqual(await committed(), ['0', '3'])
    await reset(async (dialog) => {
      await dialog.getByLabel('To', { exact: true }).selectOption('shift')
      await dialog.getByLabel('By').fill('-2')
    })
    assert.deepEqual(await committed(), ['0', '1'])
    await reset(async (dialog) => {
      await dialog.getByLabel('To', { exact: true }).selectOption('latest')
    })
    assert.deepEqual(await committed(), ['10', '10'])
    await reset(async (dialog) => {
      await dialog.getByLabel('To', { exact: true }).selectOption('time')
      await dialog.getByLabel('Time', { exact: true }).fill(localTime(written - 60_000))
    })
    assert.deepEqual(await committed(), ['0', '0'])

    const consumer = kafka.consumer({ groupId: GROUP })
    await consumer.connect()
    await consumer.subscribe({ topic: TOPIC, fromBeginning: false })
    const offsets = new Set<string>()
    await new Promise<void>((resolve) => {
      void consumer.run({
        eachMessage: async ({ partition, message }) => {
          offsets.add(`${partition}:${message.offset}`)
          if (offsets.size === 2 * RECORDS) resolve()
        },
      })
    })
    await consumer.disconnect()
    assert.equal(offsets.has('1:0'), true)
  })

  await t.test('draw their lag over time', async () => {
    const page = await console.open(`/groups/%2F/${GROUP}`)
    const figure = page.getByRole('figure', { name: /Records behind, by partition/ })
    await figure.getByText('partition 1').waitFor()
    await page.getByRole('button', { name: 'In all' }).click()
    await page.getByRole('figure', { name: 'Records behind, over' }).getByText('all partitions').waitFor()
  })

  await t.test('can be read on a phone', async () => {
    const page = await console.open(`/groups/%2F/${GROUP}`, PHONE)
    await page.getByText('Partitions behind').waitFor()
    await fits(page)
  })

  await t.test('are deleted once they are empty', async () => {
    const consumer = await join(kafkaAddress, 'still-here')
    const page = await console.open(`/groups/%2F/${GROUP}`)
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page
      .getByRole('dialog', { name: /cannot be deleted now/ })
      .getByText('still-here')
      .waitFor()
    await consumer.disconnect()
    const dialog = page.getByRole('dialog', { name: `Delete ${GROUP}?` })
    await dialog.getByRole('textbox').fill(GROUP)
    await dialog.getByRole('button', { name: 'Delete group' }).click()
    await page.getByRole('heading', { level: 1, name: 'Groups' }).waitFor()
    const { groups } = await admin.listGroups()
    assert.equal(
      groups.some(({ groupId }) => groupId === GROUP),
      false,
    )
  })
})

/** Half of them to each partition. @returns when, ms since 1970 */
async function write(kafka: Kafka): Promise<number> {
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: RECORDS }, (_, n) => ({ value: `visit ${n}`, partition: n % 2 }))
  await producer.send({ topic: TOPIC, messages })
  await producer.disconnect()
  return Date.now()
}

/** A member that has read what there is for it, and committed that. */
async function join(address: string, clientId: string): Promise<Consumer> {
  const consumer = new Kafka({ brokers: [address], clientId, logLevel: logLevel.ERROR }).consumer({ groupId: GROUP })
  await consumer.connect()
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true })
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
  await consumer.run({ autoCommitThreshold: 1, eachMessage: async () => {} })
  await joined
  return consumer
}

/** As a field for times takes it. */
function localTime(ms: number): string {
  const time = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return time.toISOString().slice(0, 16)
}
