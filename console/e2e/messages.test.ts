/** The pages of messages: what they show is what clients sent, and what is done in them is what clients then receive. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ConfirmChannel, GetMessage } from 'amqplib'
import type { Page } from 'playwright-core'
import { fits, PHONE, said, startConsole } from './real-broker.ts'

test('messages', async (t) => {
  const console = await startConsole(t)
  const channel = await console.amqp.createConfirmChannel()
  const step = (name: string, act: (queue: string, t: TestContext) => Promise<void>): Promise<void> =>
    t.test(name, async (t) => {
      const queue = name.replaceAll(' ', '-')
      await channel.assertQueue(queue)
      await act(queue, t)
    })

  await step('are looked at without being taken', async (queue) => {
    const json = { order: 7, items: [{ sku: 'SB-1' }] }
    await send(channel, queue, JSON.stringify(json), { contentType: 'application/json', headers: { tenant: 'acme' } })
    await send(channel, queue, 'plain words')
    await send(channel, queue, Buffer.from([0, 1, 2, 255, 80, 75]))
    const page = await console.open(`/queues/%2F/${queue}/messages`)
    await row(page, '{"order":7').click()
    const detail = page.getByRole('complementary', { name: 'Message' })
    await detail.getByText('"SB-1"').waitFor()
    await detail.getByText('acme').waitFor()
    await detail.getByRole('button', { name: /"items"/ }).click()
    await detail.getByText('"SB-1"').waitFor({ state: 'detached' })
    await row(page, 'plain words').click()
    await detail.getByText('plain words').waitFor()
    await row(page, '00 01 02 ff').click()
    await detail.getByText('000000 00 01 02 ff 50 4b').waitFor()

    for (const expected of [JSON.stringify(json), 'plain words']) {
      const message = await take(channel, queue)
      assert.equal(message.content.toString(), expected)
      assert.equal(message.fields.redelivered, false)
    }
  })

  await step('are searched, and it is said how far', async (queue) => {
    for (let n = 0; n < 300; n++) channel.sendToQueue(queue, Buffer.from(n === 250 ? 'the needle' : `hay ${n}`))
    await channel.waitForConfirms()
    const page = await console.open(`/queues/%2F/${queue}/messages`)
    await page.getByLabel('Text in the body').fill('needle')
    await page.getByRole('button', { name: 'Look' }).click()
    await page.getByText('1 match in 300 messages scanned').waitFor()
    await row(page, 'the needle').click()
    await page.waitForURL(({ searchParams: at }) => at.get('text') === 'needle' && at.get('at') === '250')
    await page.reload()
    await page.getByRole('complementary', { name: 'Message' }).getByText('the needle').waitFor()
    await console.open(`/queues/%2F/${queue}/messages?from=offset:298`)
    await page.getByText('2 messages, all there are').waitFor()
  })

  await step('show their whole body when it is asked for', async (queue) => {
    await send(channel, queue, `${'x'.repeat(50_000)} the end`)
    const page = await console.open(`/queues/%2F/${queue}/messages?at=0`)
    const detail = page.getByRole('complementary', { name: 'Message' })
    await detail.getByRole('button', { name: 'Load all' }).click()
    await detail.getByText('the end').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      detail.getByRole('button', { name: 'Download the body' }).click(),
    ])
    const chunks: Buffer[] = []
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
    assert.equal(Buffer.concat(chunks).length, 50_008)
  })

  await step('that are held are shown with who holds them', async (queue) => {
    await send(channel, queue, 'held')
    const holder = await console.amqp.createChannel()
    const held = new Promise((resolve) => void holder.consume(queue, resolve, { consumerTag: 'the-holder' }))
    await held
    const page = await console.open(`/queues/%2F/${queue}/messages?tab=unacked`)
    const line = page.getByRole('row', { name: /the-holder/ })
    await line.getByText('guest').waitFor()
    await line.getByRole('button', { name: '0' }).click()
    await page.getByRole('button', { name: /unacknowledged.*held/ }).waitFor()
    await holder.close()
  })

  await step('are published as the form says', async (queue) => {
    const page = await console.open(`/queues/%2F/${queue}/messages?tab=publish`)
    await page.getByLabel('Body', { exact: true }).fill('{"from":"the console"}')
    await page.getByRole('button', { name: 'Add header' }).click()
    await page.getByLabel('Header name').fill('attempt')
    await page.getByLabel('Type of attempt').selectOption('number')
    await page.getByLabel('Value of attempt').fill('3')
    await page.getByLabel('Content type').fill('application/json')
    await page.getByLabel('Priority').fill('5')
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await said(page, 'Published.')
    const { content, properties } = await take(channel, queue)
    assert.equal(content.toString(), '{"from":"the console"}')
    assert.equal(properties.headers?.attempt, 3)
    assert.deepEqual([properties.contentType, properties.priority, properties.deliveryMode], ['application/json', 5, 2])

    await page.goto(`${console.url}/messages?publish=amq.direct&vhost=%2F`)
    await page.getByLabel('Routing key').fill('nobody.takes.it')
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await said(page, 'no queue took it')
  })

  await step('that are chosen are moved, and no others', async (queue) => {
    await channel.assertQueue(`${queue}-to`)
    for (const body of ['first', 'second', 'third']) await send(channel, queue, body)
    const page = await console.open(`/queues/%2F/${queue}/messages`)
    await page.getByLabel('Choose message 1').check()
    await page.getByRole('button', { name: 'Move 1' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Queue' }).fill(`${queue}-to`)
    await dialog.getByRole('button', { name: 'Move', exact: true }).click()
    await said(page, '1 message moved.')
    assert.equal((await take(channel, `${queue}-to`)).content.toString(), 'second')
    assert.equal((await take(channel, queue)).content.toString(), 'first')
    assert.equal((await take(channel, queue)).content.toString(), 'third')
    assert.equal(await channel.get(queue), false)
  })

  await step('that died are sent back, edited', async (queue) => {
    await channel.assertExchange('graveyard', 'fanout')
    await channel.assertQueue('graves')
    await channel.bindQueue('graves', 'graveyard', '')
    await channel.assertQueue(`${queue}-work`, { deadLetterExchange: 'graveyard' })
    await send(channel, `${queue}-work`, 'broken body', { headers: { tenant: 'acme', attempt: 1 } })
    channel.reject(await take(channel, `${queue}-work`, false), false)
    const page = await console.open('/queues/%2F/graves/messages')
    await row(page, 'broken body').click()
    await page.getByText('rejected by a consumer').waitFor()
    await page.getByLabel('Choose message 0').check()
    await page.getByRole('button', { name: 'Redrive 1' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Edit on the way').check()
    await dialog.getByLabel('Value of attempt').fill('2')
    await dialog.getByRole('button', { name: 'Remove tenant' }).click()
    await dialog.getByLabel('Body', { exact: true }).fill('mended body')
    await dialog.getByRole('button', { name: 'Redrive' }).click()
    await said(page, '1 message sent back.')
    const { content, properties } = await take(channel, `${queue}-work`)
    assert.equal(content.toString(), 'mended body')
    assert.equal(properties.headers?.attempt, 2)
    assert.equal('tenant' in properties.headers!, false)
    assert.equal((properties.headers!['x-death'] as unknown[]).length, 1, 'its history is kept')
    assert.equal((await channel.checkQueue('graves')).messageCount, 0)
  })

  await step('stay where they are for who may only read', async (queue) => {
    await channel.assertQueue(`${queue}-to`)
    await send(channel, queue, 'not yours')
    await console.ask('/users/reader', { password: 'a secret', tags: 'management' })
    await console.ask('/permissions/%2F/reader', { configure: '', write: '', read: '.*' })
    const page = await console.open(`/queues/%2F/${queue}/messages`, undefined, ['reader', 'a secret'])
    await page.getByRole('button', { name: 'Move' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Queue' }).fill(`${queue}-to`)
    await dialog.getByRole('button', { name: 'Move', exact: true }).click()
    await said(page, /access to .* refused for user 'reader'/)
    assert.equal((await channel.checkQueue(`${queue}-to`)).messageCount, 0)
    assert.equal((await take(channel, queue)).content.toString(), 'not yours')
  })

  await step('can be read on a phone', async (queue) => {
    await send(channel, queue, 'on the phone', { headers: { tenant: 'acme' } })
    const page = await console.open(`/queues/%2F/${queue}/messages`, PHONE)
    await row(page, 'on the phone').click()
    await page.getByRole('dialog', { name: 'Message 0' }).getByText('acme').waitFor()
    await fits(page)
  })

  await t.test('of topics are read, published and replayed', async () => {
    const admin = console.kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'clicks', numPartitions: 2 }] })
    await admin.disconnect()
    const producer = console.kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: 10 }, (_, n) => ({ key: `user-${n}`, value: `{"n":${n}}`, partition: n % 2 }))
    await producer.send({ topic: 'clicks', messages })
    await producer.disconnect()

    const page = await console.open('/topics/%2F/clicks/messages?partition=1&from=offset:3')
    await page.getByText('2 records, all there are').waitFor()
    await page.getByRole('button', { name: /1:3.*user-7/ }).waitFor()

    await channel.assertQueue('replayed')
    await page.getByRole('button', { name: 'Replay into a queue' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Queue' }).fill('replayed')
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click()
    await said(page, '2 records copied into replayed.')
    assert.deepEqual(
      [(await take(channel, 'replayed')).fields.routingKey, (await take(channel, 'replayed')).content.toString()],
      ['user-7', '{"n":9}'],
    )

    await page.getByRole('tab', { name: 'Publish' }).click()
    // The tab that is left has a key and a partition, too.
    const form = page.getByRole('tabpanel', { name: 'Publish' })
    await form.getByLabel(/^Key/).fill('from-here')
    await form.getByLabel(/^Partition/).fill('1')
    await form.getByLabel('Body', { exact: true }).fill('published by hand')
    await form.getByRole('button', { name: 'Publish', exact: true }).click()
    await said(page, 'Published to partition 1 at offset 5.')
    const consumer = console.kafka.consumer({ groupId: 'reads-it' })
    await consumer.connect()
    await consumer.subscribe({ topic: 'clicks', fromBeginning: true })
    const found = await new Promise<string[]>((resolve) => {
      void consumer.run({
        eachMessage: async ({ partition, message: { offset, key, value } }) => {
          if (partition === 1 && offset === '5') resolve([String(key), String(value)])
        },
      })
    })
    await consumer.disconnect()
    assert.deepEqual(found, ['from-here', 'published by hand'])
  })
})

const row = (page: Page, text: string) => page.getByRole('listitem').getByRole('button').filter({ hasText: text })

async function send(
  channel: ConfirmChannel,
  queue: string,
  body: string | Buffer,
  options: object = {},
): Promise<void> {
  channel.sendToQueue(queue, Buffer.from(body as string), options)
  await channel.waitForConfirms()
}

async function take(channel: ConfirmChannel, queue: string, ack = true): Promise<GetMessage> {
  const message = await channel.get(queue)
  assert.ok(message, `a message in ${queue}`)
  if (ack) channel.ack(message)
  return message
}
