/** rabbitmqadmin, the script that comes with RabbitMQ's package, through all its commands. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { expectSame, freshName, proveAll } from '../../node/proof.ts'
import { addresses, expectWords, tool } from './command-line.ts'

const { http, amqp } = addresses()
const [user, password] = [decodeURIComponent(http.username), decodeURIComponent(http.password)]
const at = (vhost: string, name = user, secret = password) => [
  ...['rabbitmqadmin', '-H', http.hostname, '-P', http.port, '-u', name, '-p', secret, '-V', vhost],
]
const vhost = freshName('rabbitmqadmin')
const admin = tool(at(vhost))
const version = (await tool(['rabbitmqadmin'])('--version'))[0]!.split(' ').at(-1)!
const directory = await mkdtemp(join(tmpdir(), 'rabbitmqadmin-'))
process.on('exit', () => void rm(directory, { recursive: true, force: true }))

/** A list as its rows, by the columns' names. */
async function rows(...words: string[]): Promise<Record<string, string>[]> {
  const [head, ...lines] = await admin('-f', 'tsv', ...words)
  const names = head!.split('\t')
  return lines.map((line) => Object.fromEntries(line.split('\t').map((cell, place) => [names[place]!, cell])))
}

const json = async (...words: string[]) => JSON.parse((await admin('-f', 'raw_json', ...words)).join('\n'))

await proveAll('rabbitmqadmin', version, {
  async vhosts() {
    await admin('declare', 'vhost', `name=${vhost}`, 'tracing=false')
    await admin('declare', 'permission', `vhost=${vhost}`, `user=${user}`, 'configure=.*', 'write=.*', 'read=.*')
    const names = (await rows('list', 'vhosts', 'name')).map(({ name }) => name)
    if (!names.includes(vhost)) throw new Error(`${vhost} is not among ${names}`)
    return `one among ${names.length}`
  },

  async declare() {
    await admin('declare', 'exchange', 'name=x', 'type=topic')
    await admin('declare', 'exchange', 'name=inner', 'type=fanout', 'durable=false', 'internal=true')
    await admin('declare', 'queue', 'name=q', 'durable=true', 'arguments={"x-max-length": 100}')
    await admin('declare', 'queue', 'name=quorum', 'queue_type=quorum')
    await admin('declare', 'queue', 'name=stream', 'queue_type=stream')
    await admin('declare', 'binding', 'source=x', 'destination=q', 'routing_key=a.*')
    await admin('declare', 'binding', 'source=x', 'destination=inner', 'destination_type=exchange', 'routing_key=#')
    const again = await admin.refused('declare', 'queue', 'name=q', 'durable=true', 'arguments={"x-max-length": 5}')
    expectWords('a queue declared otherwise', again, 'inequivalent arg', 'x-max-length')
    expectWords(
      'an exchange of no type',
      await admin.refused('declare', 'exchange', 'name=y', 'type=cow'),
      'exchange type',
    )
    return '2 exchanges, 3 queues, 2 bindings; what contradicts is refused'
  },

  async list() {
    const queues = await rows('list', 'queues', 'name', 'durable', 'arguments.x-max-length', 'node')
    expectSame(
      'queues',
      queues.map(({ name }) => name),
      ['q', 'quorum', 'stream'],
    )
    expectSame('arguments', queues[0]!['arguments.x-max-length'], '100')
    const down = await rows('--sort', 'name', '--sort-reverse', 'list', 'queues', 'name')
    expectSame(
      'queues backwards',
      down.map(({ name }) => name),
      ['stream', 'quorum', 'q'],
    )
    const exchanges = await rows('list', 'exchanges', 'name', 'type')
    const named = exchanges.filter(({ name }) => !name!.startsWith('amq.')).map((one) => `${one.name}:${one.type}`)
    for (const one of [':direct', 'inner:fanout', 'x:topic']) {
      if (!named.includes(one)) throw new Error(`no exchange ${one} among ${named}`)
    }
    const bindings = await rows('list', 'bindings', 'source', 'destination', 'routing_key')
    const made = bindings.filter(({ source }) => source === 'x').map(({ destination }) => destination)
    expectSame('bindings', made.sort(), ['inner', 'q'])
    for (const noun of [
      'users',
      'vhosts',
      'connections',
      'channels',
      'consumers',
      'nodes',
      'permissions',
      'parameters',
    ]) {
      await admin('list', noun)
    }
    for (const noun of ['policies', 'operator_policies', 'vhost_limits']) await admin('list', noun)
    for (const form of ['table', 'long', 'pretty_json', 'kvp', 'bash']) {
      expectWords(`as ${form}`, (await admin('-f', form, 'list', 'queues', 'name')).join('\n'), 'quorum')
    }
    expectWords(
      'overview',
      (await admin('-f', 'long', 'show', 'overview')).join('\n'),
      'rabbitmq_version',
      'cluster_name',
    )
    return '14 kinds of things, in 7 forms'
  },

  async 'publish-get'() {
    expectWords('publish', (await admin('publish', 'exchange=x', 'routing_key=a.b', 'payload=one')).join(), 'published')
    const properties = 'properties={"delivery_mode": 2, "content_type": "text/plain"}'
    await admin('publish', 'exchange=x', 'routing_key=a.c', 'payload=two', properties)
    const nowhere = await admin('publish', 'exchange=amq.direct', 'routing_key=none', 'payload=x')
    expectWords('nowhere', nowhere.join(), 'NOT routed')
    const [first] = await rows('get', 'queue=q', 'ackmode=ack_requeue_true')
    expectSame('looked at', [first!.payload, first!.routing_key, first!.message_count], ['one', 'a.b', '1'])
    await admin('get', 'queue=q', 'ackmode=ack_requeue_false', 'count=1', `payload_file=${directory}/payload`)
    expectSame('as a file', await readFile(`${directory}/payload`, 'utf8'), 'one')
    const [second] = await json('get', 'queue=q', 'ackmode=reject_requeue_false', 'encoding=base64')
    expectSame('second', [second.payload, second.payload_encoding], [btoa('two'), 'base64'])
    const { delivery_mode, content_type } = second.properties
    expectSame('its properties', [delivery_mode, content_type], [2, 'text/plain'])
    return 'whole, once, with properties; what goes nowhere is told'
  },

  async purge() {
    for (const payload of ['1', '2', '3']) await admin('publish', 'exchange=x', 'routing_key=a.b', `payload=${payload}`)
    await admin('purge', 'queue', 'name=q')
    expectSame('left', (await rows('get', 'queue=q', 'ackmode=ack_requeue_true')).length, 0)
    return '3 messages gone'
  },

  async connections() {
    const inVhost = Object.assign(new URL(amqp), { pathname: `/${encodeURIComponent(vhost)}` })
    const connection = await connect(inVhost.href, { clientProperties: { connection_name: vhost } })
    const closed = new Promise<Error | undefined>((resolve) => {
      connection.on('error', () => undefined)
      connection.on('close', resolve)
    })
    const channel = await connection.createChannel()
    await channel.assertQueue(vhost, { autoDelete: true })
    await channel.consume(vhost, () => undefined)
    const found = await until(async () => {
      const all = (await json('list', 'connections', 'name', 'client_properties')) as {
        name: string
        client_properties: Record<string, string>
      }[]
      return all.find(({ client_properties }) => client_properties?.connection_name === vhost)
    })
    const all = await rows('list', 'connections', 'name', 'user', 'protocol', 'channels', 'state')
    const row = all.find(({ name }) => name === found.name)!
    expectSame('connection', [row.user, row.protocol, row.state], [user, 'AMQP 0-9-1', 'running'])
    await until(async () => (await rows('list', 'channels', 'name')).find(({ name }) => name!.startsWith(found.name)))
    await until(async () => {
      const consumers = await json('list', 'consumers', 'queue')
      return consumers.find(({ queue }: { queue: { name: string } }) => queue.name === vhost)
    })
    await admin('close', 'connection', `name=${found.name}`)
    expectWords('closed with', String(await closed), '320', 'CONNECTION_FORCED')
    return 'seen with its channel and consumer, and closed'
  },

  async users() {
    const name = freshName('user')
    await admin('declare', 'user', `name=${name}`, 'password=first', 'tags=management,policymaker')
    await admin('declare', 'permission', `vhost=${vhost}`, `user=${name}`, 'configure=^own', 'write=.*', 'read=.*')
    const seen = (await json('list', 'users')).find((one: { name: string }) => one.name === name)
    expectSame('tags', [seen.tags].flat().join(), 'management,policymaker')
    const own = tool(at(vhost, name, 'first'))
    await own('declare', 'queue', 'name=own.q')
    expectWords('another name', await own.refused('declare', 'queue', 'name=other.q'), 'Access refused')
    expectWords('wrong password', await tool(at(vhost, name, 'x')).refused('list', 'queues'), 'Access refused')
    await admin('delete', 'permission', `vhost=${vhost}`, `user=${name}`)
    await own.refused('declare', 'queue', 'name=own.q2')
    await admin('delete', 'user', `name=${name}`)
    await own.refused('list', 'queues')
    return 'what each may is what was permitted'
  },

  async policies() {
    const policy = ['name=limit', 'pattern=^lim', 'definition={"max-length": 1}', 'apply-to=queues', 'priority=2']
    await admin('declare', 'policy', ...policy)
    await admin('declare', 'operator_policy', 'name=bound', 'pattern=^lim', 'definition={"expires": 3600000}')
    await admin('declare', 'queue', 'name=limited')
    for (const payload of ['old', 'new']) await admin('publish', 'routing_key=limited', `payload=${payload}`)
    const [kept] = await until(async () => {
      const all = await rows('get', 'queue=limited', 'ackmode=ack_requeue_true', 'count=2')
      return all.length > 0 ? all : undefined
    })
    expectSame('kept', [kept!.payload, kept!.message_count], ['new', '0'])
    const [row] = await rows('list', 'policies', 'name', 'pattern', 'priority', 'apply-to')
    expectSame('listed', row, { name: 'limit', pattern: '^lim', priority: '2', 'apply-to': 'queues' })
    expectSame('of operators', (await rows('list', 'operator_policies', 'name'))[0]!.name, 'bound')
    await admin('declare', 'vhost_limit', `vhost=${vhost}`, 'name=max-queues', 'value=5')
    expectWords('over the limit', await admin.refused('declare', 'queue', 'name=more'), 'queue limit')
    await admin('delete', 'vhost_limit', `vhost=${vhost}`, 'name=max-queues')
    await admin('delete', 'policy', 'name=limit')
    await admin('delete', 'operator_policy', 'name=bound')
    await admin('declare', 'queue', 'name=more')
    return 'hold for what they match; limits, too'
  },

  async 'export-import'() {
    const [before, after] = [join(directory, 'before.json'), join(directory, 'after.json')]
    await tool(at(vhost).slice(0, -2))('export', before)
    const all = JSON.parse(await readFile(before, 'utf8'))
    if (!all.queues.some((queue: { vhost: string }) => queue.vhost === vhost)) throw new Error('no queue was exported')
    await admin('export', before)
    const alone = JSON.parse(await readFile(before, 'utf8'))
    expectSame('queues', alone.queues.length, (await rows('list', 'queues', 'name')).length)
    const names: string[] = alone.queues.map(({ name }: { name: string }) => name)
    for (const name of names) await admin('delete', 'queue', `name=${name}`)
    await admin('import', before)
    await admin('export', after)
    const sorted = (file: { queues: object[]; bindings: object[] }) =>
      [file.queues, file.bindings].map((list) => list.map((one) => JSON.stringify(one)).sort())
    expectSame('after the way back', sorted(JSON.parse(await readFile(after, 'utf8'))), sorted(alone))
    await writeFile(before, '{"queues": [{"name": ')
    await admin.refused('import', before)
    return `${names.length} queues taken away and brought back`
  },

  async delete() {
    await admin('delete', 'binding', 'source=x', 'destination=q', 'destination_type=queue', 'properties_key=a.%2A')
    await admin('delete', 'exchange', 'name=inner')
    await admin('delete', 'queue', 'name=q')
    expectWords('gone', await admin.refused('delete', 'queue', 'name=q'), 'Not found')
    await admin('delete', 'vhost', `name=${vhost}`)
    await tool(at('/'))('list', 'queues')
    return 'binding, exchange, queue, virtual host'
  },
})

/** What shows with the next statistics. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const late = Date.now() + 15_000; Date.now() < late; await new Promise((next) => setTimeout(next, 300))) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error('did not show within 15 s')
}
