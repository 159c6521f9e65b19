/** How every command behaves: exit codes, what goes where, where it finds the broker, and when it is interrupted or cut off. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { command, follow, type RunningBroker, startBroker } from './command.ts'
import { temporaryFolder } from './process.ts'
import { printedBy, terminals } from './terminals.ts'

const START = join(import.meta.dirname, '../../start.js')
/** An escape sequence begins with it. */
const ESCAPE = '\u001b'

let broker: RunningBroker
const ends: (() => unknown)[] = []
before(async () => {
  broker = await startBroker({ after: (end: () => unknown) => void ends.push(end) } as never)
})
after(async () => {
  for (const end of ends.reverse()) await end()
})

/** A shell's exit code and both its outputs. */
function shell(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const env = { PATH, NODE_COMPILE_CACHE, SIGNALBOX: `${process.execPath} ${START}`, SIGNALBOX_URL: broker.url }
  const child = spawn('bash', ['--norc', '-o', 'pipefail', '-c', script], { env })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

/** A server that answers nothing. */
async function silentServer(test: TestContext): Promise<{ url: string; asked: Promise<void> }> {
  let ask = (): void => {}
  const asked = new Promise<void>((resolve) => (ask = resolve))
  const server = createServer(() => ask()).listen(0, '127.0.0.1')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

describe('status', () => {
  it('is one look at a broker', async () => {
    const text = await broker.run('status')
    assert.match(
      text,
      /^broker +signalbox@\S+ at http:\S+\nversion +Signalbox \d.*\nlisteners +amqp 127\.0\.0\.1:\d+, /,
    )
    assert.match(
      text,
      /\nalarms +none\nobjects +0 connections, .*\nmessages +0 \(0 ready, 0 unacknowledged\)\nrates +publish /,
    )
    assert.match(text, /\n\nNothing needs attention\.\n$/)
    const { overview, nodes, attention } = await broker.json('status')
    assert.deepEqual([overview.node, attention], [nodes[0].name, []])
  })
})

describe('a broker that cannot be asked', () => {
  it('is told with its address and what to do', async () => {
    const { code, stdout, stderr } = await command(['status', '--url', 'http://127.0.0.1:9'])
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^signalbox: http:\/\/127\.0\.0\.1:9 cannot be reached|no broker listens/)
    const free = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => free.once('listening', resolve))
    const { port } = free.address() as AddressInfo
    await new Promise((resolve) => free.close(resolve))
    const refused = await command(['status', '--url', `http://127.0.0.1:${port}`])
    const hint = 'start one with `signalbox start`, or name another with --url'
    assert.equal(refused.stderr, `signalbox: no broker listens at http://127.0.0.1:${port}: ${hint}\n`)
  })

  it('is told when the login is refused, the address is none, or another program answers', async (test) => {
    const wrong = await broker.fails(1, 'status', '--password', 'hush')
    assert.match(wrong, /^signalbox: http:\S+ does not take the login of guest: see --user and --password/)
    assert.doesNotMatch(wrong, /hush/)
    assert.match(
      (await command(['status', '--url', 'ftp://x'])).stderr,
      /ftp:\/\/x is no address of a broker's HTTP port/,
    )
    for (const bad of ['ftp://anna:hush@x', 'http://anna:hu@sh@[x']) {
      const { code, stderr } = await command(['status', '--url', bad])
      assert.equal(code, 1)
      assert.match(stderr, /^signalbox: (ftp|http):\/\/\[?x is no address/)
    }
    const percent = await command(['status', '--url', broker.url.replace('//', '//anna:50%@')])
    assert.match(percent.stderr, /does not take the login of anna/)
    const other = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
    test.after(() => other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    assert.match((await command(['vhosts', 'list', '--url', url])).stderr, /is no Signalbox/)
  })
})

describe('wrong usage', () => {
  for (const [words, said] of [
    [['stats'], /^signalbox: unknown command 'stats'\n\(Did you mean status\?\)\n/],
    [
      ['queues', 'lst'],
      /^signalbox: unknown command 'lst'\n\(Did you mean list\?\)\n\(signalbox queues --help tells more\)\n$/,
    ],
    [['queues', 'show'], /^signalbox: missing required argument 'queue'\n/],
    [['queues', 'show', 'a', 'b'], /^signalbox: too many arguments/],
    [['queues', 'list', '--limit', 'x'], /A whole number is needed/],
    [['queues', 'list', '--lmit', '1'], /unknown option '--lmit'\n\(Did you mean --limit\?\)/],
    [['queues', 'create', 'x', '--durable', '--transient'], /cannot be used with option '--transient'/],
    [['queues'], /^Usage: signalbox queues .*\n[\s\S]*create/],
  ] as const) {
    it(`${words.join(' ')} is exit code 2 and said on stderr`, async () => {
      assert.match(await broker.fails(2, ...words), said)
    })
  }

  it('of a virtual host that is not there is said, and of a field', async () => {
    for (const words of [['queues', 'list'], ['bindings', 'list'], ['permissions', 'list'], ['export']]) {
      assert.equal(await broker.fails(1, ...words, '-p', 'nowhere'), 'signalbox: there is no vhost nowhere\n')
    }
    const asked = await command(['exchanges', 'list', '--columns', 'name,nope', '--url', broker.url])
    assert.deepEqual([asked.code, asked.stderr], [0, 'none of them has nope\n'])
    assert.match(await broker.fails(1, 'permissions', 'set', 'x', '', '', ''), /there is no vhost \/, or no user x\n/)
    assert.doesNotMatch(await broker.fails(1, 'policies', 'set', 'p', '[', '--definition', 'expires=1'), /: \n/)
  })

  it('is a name that no address carries, whatever else it may mean there', async () => {
    for (const words of [
      ['queues', 'delete', ''],
      ['vhosts', 'delete', '..'],
      ['queues', 'list', '-p', ''],
      ['purge', '.', '--yes'],
    ]) {
      assert.match(await broker.fails(1, ...words), /^signalbox: '\.{0,2}' is no name that can be asked for by HTTP\n$/)
    }
  })

  it('help is no mistake, and needs no broker', async () => {
    for (const words of [['help'], ['help', 'queues'], ['queues', 'create', '--help']]) {
      const { code, stdout, stderr } = await command(words)
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, /^Usage: signalbox .*\n[\s\S]*--url <url>/)
    }
  })
})

describe('flags', () => {
  it('of the login come from the environment and the address too, before or after the command', async () => {
    await broker.put('users/env', { tags: 'administrator', password: 'pässword' })
    const env = { SIGNALBOX_URL: broker.url, SIGNALBOX_USER: 'env', SIGNALBOX_PASSWORD: 'pässword' }
    assert.equal((await command(['users', 'list'], env)).code, 0)
    assert.equal((await command(['--json', '--user', 'guest', 'users', 'list', '--password', 'guest'], env)).code, 0)
    const within = broker.url.replace('//', '//env:p%C3%A4ssword@')
    assert.equal((await command(['vhosts', 'list', '--url', within])).code, 0)
    const asked = await command(
      ['vhosts', 'list', '--url', broker.url, '-u', 'env', '--password', '-'],
      {},
      'pässword\r\n',
    )
    assert.deepEqual([asked.code, asked.stderr], [0, ''])
  })

  it('do not keep a broker from starting', async (test) => {
    const env = { SIGNALBOX_URL: 'http://x', SIGNALBOX_USER: 'x', SIGNALBOX_PASSWORD: 'x' }
    const ports = ['--amqp-port', '0', '--kafka-port', 'off', '--http-port', 'off']
    const running = follow(['start', '--data-dir', join(temporaryFolder(test), 'data'), ...ports], env)
    await running.prints(/^signalbox ready amqp=127\.0\.0\.1:\d+ kafka=off http=off\n/)
    running.interrupt()
    assert.deepEqual(await running.finished.then(({ code, stderr }) => [code, stderr]), [0, ''])
  })
})

describe('output', () => {
  for (const { kind, skip, start } of terminals) {
    it(`has colours on ${kind}, and none with NO_COLOR`, { skip }, async () => {
      const words = [START, 'vhosts', 'list', '--url', broker.url]
      assert.ok((await printedBy(start(words))).startsWith(`${ESCAPE}[1mname`))
      assert.match(await printedBy(start(words, { NO_COLOR: '1' })), /^name {2}/)
    })
  }

  it('has none elsewhere, unless FORCE_COLOR asks for them', async () => {
    const listed = async (env = {}): Promise<string> =>
      (await command(['vhosts', 'list', '--url', broker.url], env)).stdout
    assert.match(await listed(), /^name {2}/)
    assert.ok((await listed({ FORCE_COLOR: '1' })).startsWith(`${ESCAPE}[1mname`))
    assert.match(await listed({ FORCE_COLOR: '0' }), /^name {2}/)
  })

  it('is whole on a terminal that does not know how wide it is', async () => {
    const { start } = terminals.at(-1)!
    const said = await printedBy(start([START, 'vhosts', 'list', '--url', broker.url], { SAYS_COLUMNS: '0' }))
    assert.match(said, /protected_from_deletion/)
    assert.doesNotMatch(said, /too narrow/)
  })

  it('may be cut off: `| head` is no error', async () => {
    const queues = Array.from({ length: 3000 }, (_, at) => ({
      name: `many-${at}`,
      vhost: '/',
      durable: false,
      auto_delete: false,
      arguments: {},
    }))
    const many = await command(['import', '-', '--url', broker.url], {}, JSON.stringify({ queues }))
    assert.equal(many.stdout, 'imported 3000 queues\n')
    const { code, stdout, stderr } = await shell('$SIGNALBOX queues list | head -n 1')
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^name +type .*\n$/)
    const limited = await broker.json('queues', 'list', '--filter', 'many-', '--limit', '1200', '--columns', 'name')
    assert.equal(new Set(limited.map((one: { name: string }) => one.name)).size, 1200, 'pages of 500 are joined')
  })

  it('never lets a name steer the terminal', async () => {
    await broker.put(`queues/%2F/${encodeURIComponent(`evil${ESCAPE}[2J\nname`)}`)
    assert.match(
      await broker.run('queues', 'list', '--filter', 'evil', '--columns', 'name'),
      /^name\nevil\\x1b\[2J\\x0aname\n$/,
    )
  })
})

describe('an interrupt', () => {
  it('ends what waits, with exit code 1', async (test) => {
    const { url, asked } = await silentServer(test)
    const waiting = follow(['status', '--url', url])
    await asked
    waiting.interrupt()
    assert.deepEqual(await waiting.finished, { code: 1, stdout: '', stderr: 'signalbox: interrupted\n' })
  })
})

describe('definitions', () => {
  it('go out and come in, to a file of one’s own or through a pipe', async (test) => {
    const folder = temporaryFolder(test)
    const file = join(folder, 'all.json')
    await broker.run('queues', 'create', 'carried', '--argument', 'x-max-priority=3')
    assert.match(await broker.run('export', file), /all\.json: \d+ users?, 1 vhost, .*queues?/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.match(readFileSync(file, 'utf8'), /"password_hash"/)
    const piped = JSON.parse(await broker.run('export'))
    assert.deepEqual(piped, JSON.parse(readFileSync(file, 'utf8')))
    const other = await startBroker(test)
    assert.match(await other.run('import', file), /^imported \d+ users?, 1 vhost, /)
    assert.equal((await other.get('queues/%2F/carried')).arguments['x-max-priority'], 3)
    assert.deepEqual(await other.json('import', file).then(({ skipped }) => skipped), [])
  })

  it('are tried first, which changes nothing', async (test) => {
    const file = join(temporaryFolder(test), 'try.json')
    await broker.put('queues/%2F/tried')
    const queue = (name: string, vhost = '/') => ({ name, vhost, durable: false, auto_delete: false, arguments: {} })
    writeFileSync(file, JSON.stringify({ queues: [queue('tried'), queue('to-be')] }))
    const lines = ["create   queue 'to-be' in vhost '/'", "leave    queue 'tried' in vhost '/'"]
    const sums = '1 created, 0 changed, 1 left as they are, 0 refused'
    assert.equal(await broker.run('import', file, '--dry-run'), `${[...lines, sums].join('\n')}\n`)
    writeFileSync(file, JSON.stringify({ queues: [queue('lost', 'nowhere')] }))
    const refused = await command(['import', file, '--dry-run', '--json', '--url', broker.url])
    assert.deepEqual([refused.code, refused.stderr], [1, 'signalbox: 1 would be refused\n'])
    const told = JSON.parse(refused.stdout)
    assert.deepEqual(told.skipped, ["queue 'lost' in vhost 'nowhere' (queues[0]): no vhost 'nowhere'"])
    assert.equal(await broker.fails(1, 'queues', 'show', 'to-be'), 'signalbox: there is no queue to-be in vhost /\n')
  })

  it('that are many go in parts, with their places in the file and integers as they are', async (test) => {
    const folder = temporaryFolder(test)
    const [file, out] = [join(folder, 'many.json'), join(folder, 'out.json')]
    await broker.put('vhosts/parts')
    const entries = Array.from({ length: 2100 }, (_, at) => `{"name": "part-${at}", "vhost": "parts"}`)
    entries[2050] = '{"name": "lost", "vhost": "nowhere"}'
    const exact = '9007199254740993'
    const bound = `"source": "amq.headers", "vhost": "parts", "destination": "part-0", "destination_type": "queue"`
    const bindings = `[{${bound}, "routing_key": "", "arguments": {"id": ${exact}}}]`
    const written = (queues: string[]) => writeFileSync(file, `{"bindings": ${bindings}, "queues": [${queues.join()}]}`)
    written([...entries, '{"name": 3}'])
    assert.match(await broker.fails(1, 'import', file), /queues\[2100\]\.vhost/)
    assert.deepEqual(await broker.get('queues/parts'), [], 'what is mistyped changes nothing')
    written(entries)
    const said = await broker.fails(1, 'import', file)
    assert.match(
      said,
      /left out: queue 'lost' .*\(queues\[2050\]\): no vhost 'nowhere'\n.*2100 imported, 1 left out\n$/,
    )
    assert.equal((await broker.get('queues/parts')).length, 2099)
    await broker.run('export', out, '--vhost', 'parts')
    assert.ok(readFileSync(out, 'utf8').includes(exact))
    await broker.run('vhosts', 'delete', 'parts')
  })

  it('of one virtual host go into another', async (test) => {
    const file = join(temporaryFolder(test), 'one.json')
    await broker.put('vhosts/from')
    await broker.put('vhosts/to')
    await broker.put('queues/from/inner')
    await broker.run('export', file, '--vhost', 'from')
    await broker.run('import', file, '--vhost', 'to')
    assert.equal((await broker.get('queues/to/inner')).name, 'inner')
  })

  it('that a RabbitMQ refuses are refused in its words', async (test) => {
    // As 3.10.8 words an exchange of a type that it has not.
    const reason = ['amqp_error', 'command_invalid', [...Buffer.from("unknown exchange type 'x-schedule'")], 'none']
    const server = createServer((_, response) => {
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: 'bad_request', reason }))
    }).listen(0, '127.0.0.1')
    test.after(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const file = join(temporaryFolder(test), 'schedules.json')
    writeFileSync(file, '{"exchanges": []}')
    const { code, stderr } = await command(['import', file, '--url', `http://127.0.0.1:${port}`])
    const said = "signalbox: amqp_error, command_invalid, unknown exchange type 'x-schedule', none\n"
    assert.deepEqual([code, stderr], [1, said])
  })

  it('that go in parts tell how far they came where the broker goes away', async (test) => {
    let parts = 0
    const server = createServer((call, answer) => {
      call.resume().on('end', () => {
        if (call.method === 'GET') answer.end('{"signalbox_version":"1"}')
        else if (call.url!.includes('dry_run')) answer.end('{"created":[],"changed":[],"unchanged":[],"skipped":[]}')
        else if (parts++ === 0) answer.writeHead(204).end()
        else call.socket.destroy()
      })
    }).listen(0, '127.0.0.1')
    test.after(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const queues = JSON.stringify({ queues: Array.from({ length: 1500 }, (_, at) => ({ name: `q${at}`, vhost: '/' })) })
    const { code, stderr } = await command(['import', '-', '--url', url], {}, queues)
    assert.equal(code, 1)
    assert.match(stderr, /importing: 1000 of 1500 definitions had gone\n.* cannot be reached/)
  })

  it('that are left out or none are told, with exit code 1', async (test) => {
    const file = join(temporaryFolder(test), 'bad.json')
    writeFileSync(
      file,
      JSON.stringify({
        queues: [
          { name: 'k', vhost: 'nowhere' },
          { name: 'kk', vhost: '/' },
        ],
      }),
    )
    const said = await broker.fails(1, 'import', file)
    assert.equal(
      said,
      "signalbox: left out: queue 'k' in vhost 'nowhere' (queues[0]): no vhost 'nowhere'\nsignalbox: 1 imported, 1 left out\n",
    )
    assert.equal(await broker.fails(1, 'import', file, '--vhost', 'gone'), 'signalbox: there is no vhost gone\n')
    writeFileSync(file, '{"queues"')
    assert.match(await broker.fails(1, 'import', file), /bad\.json is no JSON/)
    for (const value of ['null', '7', '[]', '"queues"']) {
      writeFileSync(file, value)
      assert.match(
        await broker.fails(1, 'import', file),
        /bad\.json holds no definitions: those are one JSON object\n$/,
      )
    }
    assert.match(await broker.fails(1, 'import', `${file}.none`), /cannot be read: ENOENT/)
    assert.match(await broker.fails(1, 'export', '/nowhere/x.json'), /cannot be written: ENOENT/)
  })
})
