/** The pages of topics: what is done in them is what Kafka's clients, and queues, then find. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Consumer, Kafka } from 'kafkajs'
import type { Page } from 'playwright-core'
import { nextOf } from './amqp-clients.ts'
import { fits, PHONE, said, startConsole } from './real-broker.ts'

const TOPIC = 'meters'
const CONFIG_OF_TOPICS = 2

test('topics', async (t) => {
  const console = await startConsole(t)
  const { kafka } = console
  const admin = kafka.admin()
  await admin.connect()
  t.after(() => admin.disconnect())
  const channel = await console.amqp.createConfirmChannel()
  const configOf = async (name: string): Promise<string | undefined> => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: CONFIG_OF_TOPICS, name: TOPIC, configNames: [name] }],
    })
    return resources[0]!.configEntries[0]?.configValue
  }

  await t.test('are made as the form says', async () => {
    const page = await console.open('/topics')
    await page.getByText('No topics yet').waitFor()
    await page.getByRole('button', { name: 'New topic' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill(TOPIC)
    await dialog.getByLabel('Partitions').fill('2')
    await dialog.getByText('Written', { exact: true }).click()
    await dialog.getByLabel('Cleanup').selectOption('delete')
    await dialog.getByLabel('Keeps records for').selectOption('hours')
    await dialog.getByLabel('How many').fill('36')
    await dialog.getByRole('button', { name: 'Add setting' }).click()
    await dialog.getByLabel('Name', { exact: true }).nth(1).fill('max.message.bytes')
    await dialog.getByLabel('Value').fill('200000')
    await dialog.getByRole('button', { name: 'Make topic' }).click()
    await page.getByRole('heading', { level: 1, name: TOPIC }).waitFor()
    await page.getByText('1 d 12 h').waitFor()

    const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] })
    assert.equal(topics[0]!.partitions.length, 2)
    assert.equal(await configOf('retention.ms'), String(36 * 3_600_000))
    assert.equal(await configOf('max.message.bytes'), '200000')
    assert.equal(await configOf('durability'), 'written')
  })

  await t.test('are refused in the broker’s words', async () => {
    const page = await console.open('/topics')
    await page.getByRole('button', { name: 'New topic' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('not a name')
    await dialog.getByRole('button', { name: 'Make topic' }).click()
    await said(page, /Topic name is invalid|illegal|contains/i)
    await dialog.waitFor()
  })

  await t.test('take a record by hand, where it is wanted', async () => {
    const page = await console.open(`/topics/%2F/${TOPIC}`)
    await page.getByRole('button', { name: 'Publish' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: /^Key/ }).fill('meter-7')
    await dialog.getByLabel('Partition').selectOption('1')
    await dialog.getByLabel('Value', { exact: true }).fill('{"kwh":12}')
    await dialog.getByRole('button', { name: 'Add header' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('site')
    await dialog.getByLabel('Value', { exact: true }).nth(1).fill('north')
    await dialog.getByRole('button', { name: 'Publish' }).click()
    await said(page, 'Published to partition 1 at offset 0')

    const { message, partition } = await firstRecord(kafka, TOPIC)
    assert.equal(partition, 1)
    assert.equal(String(message.key), 'meter-7')
    assert.equal(String(message.value), '{"kwh":12}')
    assert.equal(String(message.headers?.site), 'north')
  })

  await t.test('show what was written, where it lies and who reads it', async () => {
    await write(kafka, 40)
    const page = await console.open(`/topics/%2F/${TOPIC}`)
    await page.getByRole('link', { name: 'reads-first' }).first().waitFor()
    await page.getByRole('tab', { name: /Partitions/ }).click()
    for (const { partition, low, high } of await admin.fetchTopicOffsets(TOPIC)) {
      const cells = page
        .getByRole('row')
        .nth(partition + 1)
        .getByRole('cell')
      await cells.nth(2).getByText(high, { exact: true }).waitFor()
      assert.deepEqual((await cells.allInnerTexts()).slice(1, 4), [low, high, String(Number(high) - Number(low))])
    }
    await page.getByRole('tab', { name: /Groups/ }).click()
    await page
      .getByRole('row', { name: /reads-first/ })
      .getByText('Empty')
      .waitFor()
    await page.getByRole('link', { name: 'Messages', exact: true }).last().click()
    await page.waitForURL('**/topics/%2F/meters/messages')
  })

  await t.test('have settings that are changed and reset in place', async () => {
    const page = await console.open(`/topics/%2F/${TOPIC}?tab=settings`)
    await page.getByRole('button', { name: 'Change retention.ms' }).click()
    await page.getByLabel('retention.ms', { exact: true }).fill('7200000')
    await page.getByText('2 h.').waitFor()
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await said(page, 'retention.ms is set')
    assert.equal(await configOf('retention.ms'), '7200000')

    await page.getByRole('button', { name: 'Change retention.ms' }).click()
    await page.getByLabel('retention.ms', { exact: true }).fill('soon')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await said(page, /Invalid value soon/)
    await page.getByRole('button', { name: 'Cancel' }).click()

    await page.getByRole('button', { name: 'Reset max.message.bytes' }).click()
    await said(page, 'max.message.bytes is as without it')
    assert.equal(await configOf('max.message.bytes'), '1048588')
  })

  await t.test('get more partitions', async () => {
    const page = await console.open(`/topics/%2F/${TOPIC}`)
    await choose(page, 'Add partitions…')
    await page.getByLabel('Partitions in all').fill('4')
    await page.getByRole('dialog').getByRole('button', { name: 'Add partitions' }).click()
    await said(page, `${TOPIC} has 4 partitions`)
    const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] })
    assert.equal(topics[0]!.partitions.length, 4)
  })

  await t.test('lose records before an offset, and no others', async () => {
    const before = await admin.fetchTopicOffsets(TOPIC)
    const page = await console.open(`/topics/%2F/${TOPIC}`)
    await choose(page, 'Delete records…')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Before offset').fill('1000')
    await dialog.getByText(/The partition has offsets 0 to/).waitFor()
    assert.equal(await dialog.getByRole('button', { name: 'Delete records' }).isDisabled(), true)
    await dialog.getByLabel('Before offset').fill('5')
    await dialog.getByRole('button', { name: 'Delete 5 offsets' }).click()
    await said(page, 'Partition 0 now starts at offset 5')
    const after = await admin.fetchTopicOffsets(TOPIC)
    assert.deepEqual(
      after.map(({ partition, low, high }) => [partition, low, high]),
      before.map(({ partition, low, high }) => [partition, partition === 0 ? '5' : low, high]),
    )
  })

  await t.test('feed queues that are bound, which the page shows', async () => {
    await channel.assertQueue('billing')
    const page = await console.open(`/topics/%2F/${TOPIC}?tab=bindings`)
    await page.getByText('Nothing is routed from here').waitFor()
    await page.getByRole('button', { name: 'Bind', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Queue', { exact: true }).fill('billing')
    await dialog.getByLabel('Routing key').fill('meter-7')
    await dialog.getByRole('button', { name: 'Bind' }).click()
    await page.getByRole('cell', { name: 'meter-7', exact: true }).waitFor()
    await write(kafka, 1, 'meter-7')
    await page.getByRole('heading', { name: 'Feed' }).waitFor()
    await page.getByText('up to date').waitFor()
    assert.equal((await nextOf(channel, 'billing')).content.toString(), 'value 0')
  })

  await t.test('can be read on a phone', async () => {
    const page = await console.open('/topics', PHONE)
    for (const address of ['/topics', '/topics/%2F/meters', '/topics/%2F/meters?tab=settings']) {
      await page.goto(console.url + address)
      await page
        .getByText(address.endsWith('settings') ? 'cleanup.policy' : TOPIC, { exact: true })
        .first()
        .waitFor()
      await fits(page)
    }
  })

  await t.test('of a transaction that hangs are freed', async () => {
    await admin.createTopics({ topics: [{ topic: 'ledger' }] })
    const producer = kafka.producer({ transactionalId: 'payments-1', maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'ledger', messages: [{ key: 'a', value: 'half done' }] })
    const page = await console.open('/transactions')
    const row = page.getByRole('row', { name: /payments-1/ })
    await row.getByRole('link', { name: 'ledger' }).waitFor()
    const held = await page.context().newPage()
    await held.goto('/topics/%2F/ledger?tab=partitions')
    await held.getByText('1 record held').waitFor()
    await held.close()
    await row.getByRole('button', { name: /Actions/ }).click()
    await page.getByRole('menuitem', { name: 'Abort…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Abort transaction' }).click()
    await page.getByText('No transaction is open').waitFor()
    await assert.rejects(transaction.commit())
    await producer.disconnect()

    const writer = kafka.producer()
    await writer.connect()
    await writer.send({ topic: 'ledger', messages: [{ key: 'b', value: 'whole' }] })
    await writer.disconnect()
    assert.equal(String((await firstRecord(kafka, 'ledger')).message.value), 'whole')
  })

  await t.test('are deleted by whoever types their name', async () => {
    const page = await console.open(`/topics/%2F/${TOPIC}`)
    await choose(page, 'Delete…')
    const dialog = page.getByRole('dialog')
    assert.equal(await dialog.getByRole('button', { name: 'Delete topic' }).isDisabled(), true)
    await dialog.getByRole('textbox').fill(TOPIC)
    await dialog.getByRole('button', { name: 'Delete topic' }).click()
    await page.getByRole('heading', { level: 1, name: 'Topics' }).waitFor()
    assert.equal((await admin.listTopics()).includes(TOPIC), false)
  })
})

/** From the menu behind More. */
async function choose(page: Page, action: string): Promise<void> {
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

async function write(kafka: Kafka, count: number, key?: string): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: count }, (_, n) => ({
    key: key ?? `meter-${n}`,
    value: `value ${n}`,
    ...(key === undefined ? { partition: n % 2 } : {}),
  }))
  await producer.send({ topic: TOPIC, messages })
  await producer.disconnect()
}

type Record = Parameters<NonNullable<Parameters<Consumer['run']>[0]>['eachMessage'] & {}>[0]

/** What a consumer of committed records reads first. */
async function firstRecord(kafka: Kafka, topic: string): Promise<Record> {
  const consumer = kafka.consumer({ groupId: 'reads-first' })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const record = await new Promise<Record>((resolve) => {
    void consumer.run({ eachMessage: async (one) => resolve(one) })
  })
  await consumer.disconnect()
  return record
}
