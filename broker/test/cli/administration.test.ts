/** The commands that list, show, make, change and delete, each as a process against a broker on sockets. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import amqplib from 'amqplib'
import { command, type RunningBroker, startBroker } from './command.ts'

let broker: RunningBroker
const ends: (() => unknown)[] = []
before(async () => {
  broker = await startBroker({ after: (end: () => unknown) => void ends.push(end) } as never)
})
after(async () => {
  for (const end of ends.reverse()) await end()
})

/** Lines of a table, cells by the gaps between them. */
const cells = (table: string): string[][] =>
  table
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/).map((cell) => cell.trim()))

describe('queues', () => {
  it('are created with arguments from flags, shown, changed and deleted', async () => {
    const flags = ['--max-length', '10', '--message-ttl', '1h30m', '--max-length-bytes', '10MB', '--expires', '2d']
    const dead = ['--dead-letter-exchange', '', '--dead-letter-routing-key', 'dead', '--argument', 'x-max-priority=5']
    assert.equal(await broker.run('queues', 'create', 'q1', ...flags, ...dead), 'queue q1 created\n')
    const { arguments: args, durable } = await broker.get('queues/%2F/q1')
    assert.equal(durable, true)
    assert.deepEqual(args, {
      'x-message-ttl': 5_400_000,
      'x-expires': 172_800_000,
      'x-max-length': 10,
      'x-max-length-bytes': 10_000_000,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': 'dead',
      'x-max-priority': 5,
    })
    assert.match(await broker.run('queues', 'show', 'q1'), /^name +q1\nvhost +\/\ntype +classic\ndurable +true\n/)
    assert.match(await broker.fails(1, 'queues', 'create', 'q1', '--transient'), /inequivalent arg 'durable'.*'q1'/)
    await broker.run('queues', 'alter', 'q1', '--argument', 'x-max-length=20')
    assert.equal((await broker.get('queues/%2F/q1')).arguments['x-max-length'], 20)
    assert.deepEqual(await broker.json('queues', 'delete', 'q1'), { queue: 'q1', vhost: '/', deleted: true })
    assert.equal(await broker.fails(1, 'queues', 'show', 'q1'), 'signalbox: there is no queue q1 in vhost /\n')
  })

  it('are listed as a table: filtered, sorted, cut, by columns', async () => {
    for (const name of ['la', 'lb', 'lc']) await broker.put(`queues/%2F/${name}`)
    await broker.put('queues/%2F/other')
    const listed = cells(await broker.run('queues', 'list', '--filter', 'l'))
    assert.deepEqual(listed[0]?.slice(0, 4), ['name', 'type', 'durable', 'messages'])
    assert.deepEqual(
      listed.slice(1).map(([name]) => name),
      ['la', 'lb', 'lc'],
    )
    const sorted = ['--filter', '^l', '--regex', '--sort', 'name', '--reverse', '--columns', 'name,durable']
    const table = 'name  durable\nlc    false\nlb    false\n'
    const { stdout, stderr } = await command(['queues', 'list', ...sorted, '--limit', '2', '--url', broker.url])
    assert.deepEqual([stdout, stderr], [table, '2 of 3 shown\n'])
    assert.deepEqual(await broker.json('queues', 'list', ...sorted, '--limit', '1'), [{ name: 'lc', durable: false }])
    const whole = await broker.json('queues', 'list')
    assert.ok(whole.length >= 4 && 'messages_ready' in whole[0])
  })

  it('are paused and resumed', async () => {
    await broker.put('queues/%2F/paused')
    await broker.run('queues', 'pause', 'paused')
    assert.equal((await broker.get('queues/%2F/paused')).paused, true)
    await broker.run('queues', 'resume', 'paused')
    assert.equal((await broker.get('queues/%2F/paused')).paused, false)
  })

  it('with messages or consumers are spared where that is asked', async () => {
    const connection = await amqplib.connect(`amqp://127.0.0.1:${await broker.program.port()}`)
    const channel = await connection.createConfirmChannel()
    await channel.assertQueue('busy')
    channel.sendToQueue('busy', Buffer.from('1'))
    await channel.waitForConfirms()
    assert.match(await broker.fails(1, 'queues', 'delete', 'busy', '--if-empty'), /not empty/)
    await channel.consume('busy', () => {})
    assert.match(await broker.fails(1, 'queues', 'delete', 'busy', '--if-unused'), /in use/)
    await connection.close()
    await broker.run('queues', 'delete', 'busy')
  })
})

describe('exchanges and bindings', () => {
  it('are created, listed, shown and deleted', async () => {
    await broker.run(
      'exchanges',
      'create',
      'news',
      '--type',
      'topic',
      '--alternate-exchange',
      'amq.fanout',
      '--internal',
    )
    const { type, internal, durable, arguments: args } = await broker.get('exchanges/%2F/news')
    assert.deepEqual([type, internal, durable, args], ['topic', true, true, { 'alternate-exchange': 'amq.fanout' }])
    assert.match(
      await broker.run('exchanges', 'list', '--all-vhosts'),
      /^vhost +name +type .*\n(.*\n)*\/ +news +topic +true +false +true\n/,
    )
    assert.match(await broker.fails(1, 'exchanges', 'create', 'bad', '--type', 'none'), /unknown exchange type 'none'/)
    await broker.put('queues/%2F/bound')
    for (const key of ['a.#', 'b.#']) await broker.run('bindings', 'create', 'news', 'bound', '--key', key)
    await broker.run('bindings', 'create', 'news', 'amq.fanout', '--to-exchange', '--key', 'c')
    assert.match(await broker.fails(1, 'exchanges', 'delete', 'news', '--if-unused'), /in use/)
    const shown = await broker.json('bindings', 'show', 'news', 'bound')
    assert.deepEqual(shown.map((one: { routing_key: string }) => one.routing_key).sort(), ['a.#', 'b.#'])
    const several = await broker.fails(1, 'bindings', 'delete', 'news', 'bound')
    assert.match(several, /2 such bindings:\n.*--key 'a\.#'\n.*--key 'b\.#'\n/)
    await broker.run('bindings', 'delete', 'news', 'bound', '--key', 'a.#')
    await broker.run('bindings', 'delete', 'news', 'bound')
    assert.match(
      await broker.fails(1, 'bindings', 'delete', 'news', 'bound'),
      /there is no such binding of bound to news/,
    )
    await broker.run('bindings', 'delete', 'news', 'amq.fanout', '--to-exchange')
    await broker.run('exchanges', 'delete', 'news', '--if-unused')
  })

  it('have arguments that tell one binding from another', async () => {
    await broker.put('queues/%2F/headed')
    for (const colour of ['red', 'blue']) {
      await broker.run(
        'bindings',
        'create',
        'amq.headers',
        'headed',
        '--argument',
        'x-match=all',
        '--argument',
        `colour=${colour}`,
      )
    }
    const red = ['--argument', 'colour=red', '--argument', 'x-match=all']
    const deleted = await broker.json('bindings', 'delete', 'amq.headers', 'headed', ...red)
    assert.deepEqual(deleted.arguments, { 'x-match': 'all', colour: 'red' })
    const [left] = await broker.get('bindings/%2F/e/amq.headers/q/headed')
    assert.equal(left.arguments.colour, 'blue')
  })
})

describe('topics and groups', () => {
  it('are created, altered, reset, shown and deleted', async () => {
    await broker.run('topics', 'create', 'visits', '--partitions', '2', '--config', 'retention.ms=60000')
    assert.match(await broker.fails(1, 'topics', 'create', 'visits'), /already exists/)
    assert.match(await broker.fails(1, 'topics', 'create', 'bad', '--config', 'no.such=1'), /no\.such/)
    await broker.run(
      'topics',
      'alter',
      'visits',
      '--partitions',
      '3',
      '--config',
      'cleanup.policy=compact',
      '--unset',
      'retention.ms',
    )
    const topic = await broker.get('topics/%2F/visits')
    assert.deepEqual([topic.partitions, topic.cleanup_policy, topic.partition_list.length], [3, 'compact', 3])
    assert.match(
      await broker.run('topics', 'show', 'visits'),
      /^name +visits\n[\s\S]*\n\npartition +start_offset[\s\S]*\n +2 +0 +0/,
    )
    assert.match(await broker.run('topics', 'configs', 'visits'), /\ncleanup\.policy +compact +topic +delete +list\n/)
    assert.match(await broker.fails(2, 'topics', 'alter', 'visits'), /--partitions, --config or --unset is needed/)

    const to = (...place: string[]): string[] => ['groups', 'reset-offsets', 'readers', '--topic', 'visits', ...place]
    assert.match(await broker.run(...to('--to-datetime', '-1h')), /^topic +partition +offset\nvisits +0 +0\n/)
    assert.deepEqual(await broker.json(...to('--to-offset', '0', '--partition', '1')), [
      { topic: 'visits', partition: 1, offset: 0 },
    ])
    assert.match(await broker.fails(2, ...to()), /one of --to-earliest, .*--shift-by is needed/)
    assert.match(await broker.fails(2, ...to('--to-latest', '--shift-by', '-1')), /cannot be used with/)
    assert.match(await broker.run('groups', 'list'), /^name .*\nreaders +classic +Empty +0 +1 +0\n/)
    assert.match(await broker.run('groups', 'show', 'readers'), /\ntopic +partition +committed[\s\S]*visits +2 +0/)
    assert.match(await broker.fails(1, 'groups', 'create', 'readers', '--topic', 'visits'), /readers is there already/)
    await broker.run('groups', 'delete', 'readers')
    assert.match(await broker.fails(1, 'groups', 'show', 'readers'), /there is no/)
    await broker.run('topics', 'delete', 'visits')
    assert.match(await broker.fails(1, 'topics', 'delete', 'visits'), /visits|topic/)
  })
})

describe('a group', () => {
  it('is created with its offsets, for the members that come', async () => {
    for (const topic of ['told', 'told-too']) await broker.run('topics', 'create', topic)
    await command(['publish', '--lines', '--topic', 'told', '--url', broker.url], {}, '1\n2\n3\n')
    const create = (...words: string[]) => ['groups', 'create', ...words, '--topic', 'told']
    assert.match(
      await broker.run(...create('at-end', '--topic', 'told-too')),
      /^group +at-end created\n\ntopic +partition/,
    )
    const { type, state, offsets } = await broker.get('groups/%2F/at-end')
    assert.deepEqual([type, state], ['classic', 'Empty'])
    const places = offsets.map(({ topic, committed }: Record<string, unknown>) => [topic, committed])
    assert.deepEqual(places.sort(), [
      ['told', 3],
      ['told-too', 0],
    ])
    for (const [from, offset] of [
      ['earliest', 0],
      ['-1h', 0],
      ['2', 2],
      ['+1h', 3],
    ] as const) {
      const made = await broker.json(...create(`from${from}`, '--from', from))
      assert.deepEqual(made.offsets, [{ topic: 'told', partition: 0, offset }])
    }
    assert.match(await broker.fails(2, ...create('x', '--from', 'soon')), /A moment is written as/)
    assert.match(await broker.fails(2, ...create('x', '--from', '-3')), /An offset is 0 or more/)
    assert.match(await broker.fails(2, 'groups', 'create', 'x'), /'--topic <topic>' not specified/)
    assert.match(await broker.fails(1, ...create('half', '--topic', 'none')), /there is no topic none in vhost/)
    assert.match(await broker.fails(1, 'groups', 'show', 'half'), /there is no/, 'half of it is not made')
  })
})

describe('users and permissions', () => {
  it('are created, changed and deleted, and no password or hash is ever shown', async () => {
    const said: string[] = []
    const created = await command(
      ['users', 'create', 'anna', '--new-password', '-', '--tags', 'management', '--url', broker.url],
      {},
      's3cret\n',
    )
    assert.equal(created.stdout, 'user anna created\n')
    said.push(created.stdout, created.stderr)
    said.push(await broker.fails(1, 'users', 'create', 'anna', '--new-password', 's3cret'))
    assert.match(await broker.fails(2, 'users', 'create', 'eve'), /a password is needed/)
    const as = (...words: string[]) =>
      command([...words, '--url', broker.url, '-u', 'anna', '--password', '-'], {}, 's3cret\n')
    assert.equal((await as('whatever')).code, 2)
    const refused = await as('queues', 'create', 'hers')
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /^signalbox: User not authorised to access virtual host\n$/)
    assert.match(
      (await as('status')).stdout,
      /\nseen +nothing: anna has permissions in no virtual host\nnot seen +listeners/,
    )
    await broker.run('permissions', 'set', 'anna', '^hers', '.*', '')
    const status = (await as('status')).stdout
    assert.match(status, /\nseen +virtual hosts \/\nnot seen +.*anna has the tag management; monitoring sees all\n/)
    assert.doesNotMatch(status, /^(listeners|memory)/m)
    assert.deepEqual(await broker.get('permissions/%2F/anna'), {
      user: 'anna',
      vhost: '/',
      configure: '^hers',
      write: '.*',
      read: '',
    })
    assert.equal((await as('queues', 'create', 'hers')).code, 0)
    assert.match(
      (await as('queues', 'create', 'theirs')).stderr,
      /access to queue 'theirs' in vhost '\/' refused for user 'anna'/,
    )
    assert.match(await broker.run('permissions', 'list', '--of', 'anna'), /^user +vhost .*\nanna +\/ +\^hers +\.\*\n$/)
    await broker.run('permissions', 'set-topic', 'anna', 'amq.topic', '^a', '.*')
    assert.match(await broker.run('permissions', 'list-topic'), /\nanna +\/ +amq\.topic +\^a +\.\*\n/)
    await broker.run('permissions', 'clear-topic', 'anna', 'amq.topic')
    await broker.run('permissions', 'clear', 'anna')
    assert.match(await broker.fails(1, 'permissions', 'show', 'anna'), /not found/)

    await broker.run('users', 'set-tags', 'anna', 'monitoring', 'policymaker')
    assert.equal((await as('status')).code, 0, 'the password is the same')
    await broker.run('users', 'set-password', 'anna', '--new-password', 'n3w')
    said.push((await as('status')).stderr)
    assert.match(said.at(-1)!, /does not take the login of anna: see --user and --password/)
    assert.deepEqual(await broker.json('users', 'show', 'anna'), {
      name: 'anna',
      tags: ['monitoring', 'policymaker'],
      limits: {},
    })
    said.push(await broker.run('users', 'list'), await broker.run('users', 'list', '--json'))
    said.push(await broker.run('users', 'list', '--columns', 'name,password_hash'))
    assert.doesNotMatch(said.join(), /s3cret|n3w|hash(?!,|\n|ing)\W*[A-Za-z0-9+/]{20}/)
    await broker.run('users', 'delete', 'anna')
    assert.equal(await broker.fails(1, 'users', 'show', 'anna'), 'signalbox: there is no user anna\n')
  })
})

describe('vhosts and policies', () => {
  it('are created, listed, shown and deleted', async () => {
    await broker.run(
      'vhosts',
      'create',
      'staging',
      '--description',
      'to try',
      '--tags',
      'a,b',
      '--default-queue-type',
      'quorum',
    )
    assert.match(await broker.run('vhosts', 'list'), /\nstaging +to try +a, b +quorum +0 /)
    await broker.run('queues', 'create', 'there', '-p', 'staging')
    assert.equal((await broker.get('queues/staging/there')).type, 'quorum')
    assert.match(await broker.run('queues', 'list', '--all-vhosts'), /\nstaging +there +quorum /)
    await broker.run('vhosts', 'delete', 'staging')
    assert.equal(await broker.fails(1, 'vhosts', 'show', 'staging'), 'signalbox: there is no vhost staging\n')

    const settings = ['--definition', 'max-length=100', '--definition', '{"message-ttl": 5}']
    await broker.run('policies', 'create', 'p', '^pol', ...settings, '--apply-to', 'queues', '--priority', '3')
    assert.match(await broker.run('policies', 'list'), /\np +\^pol +queues +3 +max-length=100 message-ttl=5\n/)
    await broker.put('queues/%2F/policed')
    assert.equal((await broker.get('queues/%2F/policed')).policy, 'p')
    await broker.run('policies', 'create', 'o', '^pol', '--definition', 'max-length=10', '--operator')
    assert.equal((await broker.get('queues/%2F/policed')).effective_policy_definition['max-length'], 10)
    assert.match(await broker.run('policies', 'list-operator'), /\no +\^pol +all +0 +max-length=10\n/)
    await broker.run('policies', 'delete', 'o', '--operator')
    await broker.run('policies', 'delete', 'p')
    assert.equal(await broker.fails(1, 'policies', 'show', 'p'), 'signalbox: there is no policy p in vhost /\n')
    assert.match(await broker.fails(1, 'policies', 'create', 'x', '[', '--definition', 'max-length=1'), /\S/)
    assert.match(
      await broker.fails(2, 'policies', 'create', 'x', '.', '--definition', '{"a"'),
      /This is no JSON object/,
    )
  })
})

describe('schedules', () => {
  it('are created with a queue, tick, run, and are deleted', async () => {
    await broker.put('queues/%2F/ticked')
    await broker.run(
      'schedules',
      'create',
      'nightly',
      '--cron',
      '0 3 * * *',
      '--timezone',
      'Europe/Berlin',
      '--payload',
      'now',
      '--property',
      'content_type=text/plain',
      '--to',
      'ticked',
    )
    assert.match(
      await broker.run('schedules', 'list'),
      /\nnightly +0 3 \* \* \* +Europe\/Berlin +\d{4}-\d\d-\d\dT0[12]:00:00\.000Z +0\n/,
    )
    const [{ name, schedule }] = await broker.json('schedules', 'list')
    assert.deepEqual([name, schedule.fired], ['nightly', 0])
    assert.deepEqual(await broker.json('schedules', 'run', 'nightly'), { schedule: 'nightly', routed: true })
    const connection = await amqplib.connect(`amqp://127.0.0.1:${await broker.program.port()}`)
    const message = await (await connection.createChannel()).get('ticked')
    assert.ok(message)
    assert.deepEqual(
      [message.content.toString(), message.properties.contentType, message.fields.exchange],
      ['now', 'text/plain', 'nightly'],
    )
    await connection.close()
    assert.match(await broker.run('schedules', 'show', 'nightly'), /\nwhen +0 3 \* \* \*\n/)
    assert.match(await broker.fails(1, 'schedules', 'delete', 'amq.topic'), /of type topic and no schedule/)
    assert.match(await broker.fails(1, 'schedules', 'create', 'bad', '--cron', 'x'), /x-cron/)
    assert.match(await broker.fails(2, 'schedules', 'create', 'bad'), /--cron or --every is needed/)
    const again = ['schedules', 'create', 'nightly', '--every', '1h']
    assert.match(await broker.run(...again), /schedule nightly is as wanted/)
    assert.match(await broker.run('schedules', 'show', 'nightly'), /\nwhen +(?!0 3)/)
    const toNobody = ['schedules', 'create', 'bad', '--every', '1h', '--to', 'nobody']
    assert.equal(await broker.fails(1, ...toNobody), 'signalbox: there is no queue nobody in vhost /\n')
    assert.match(await broker.fails(1, 'schedules', 'show', 'bad'), /there is no exchange bad/)
    await broker.run('schedules', 'delete', 'nightly')
    assert.deepEqual(await broker.json('schedules', 'list'), [])
  })
})
