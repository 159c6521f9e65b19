/** Probes, RabbitMQ's health checks and what the diagnostics say of requests. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createLogger } from '../../src/base/logger.ts'
import { fromOptions, settle } from '../../src/config/layer.ts'
import { probeRoutes } from '../../src/http/management/health-probes.ts'
import { startServer } from '../../src/server.ts'
import { BothWorlds, type Json, until } from './both-worlds.ts'

const certificate = join(import.meta.dirname, '../kafka/certificate')

const check = (worlds: BothWorlds, path: string, as?: string) =>
  worlds.ask('GET', `/health/checks/${path}`, undefined, as)

describe('probes', () => {
  it('answer without a login', async (test) => {
    const worlds = await BothWorlds.open(test)
    for (const path of ['live', 'ready']) {
      const response = await fetch(`http://${worlds.http}/health/${path}`)
      assert.equal(response.status, 200)
      assert.deepEqual(await response.json(), { status: 'ok' })
    }
  })

  it('say 503 when the broker takes no clients any more, and that it lives', async () => {
    const app = probeRoutes({ isStopping: () => true })
    assert.equal((await app.request('/health/ready')).status, 503)
    assert.equal((await app.request('/health/live')).status, 200)
  })
})

describe('health checks', () => {
  it('that find nothing wrong answer 200 with what they looked at', async (test) => {
    const worlds = await BothWorlds.open(test)
    const port = Number(worlds.amqpAddress.split(':').at(-1))
    const ok = { status: 'ok' }
    const alone = { status: 'ok', reason: 'single node cluster' }
    const answers: [path: string, body: object][] = [
      ['alarms', ok],
      ['local-alarms', ok],
      ['virtual-hosts', ok],
      ['node-is-mirror-sync-critical', alone],
      ['node-is-quorum-critical', alone],
      ['is-in-service', ok],
      ['ready-to-serve-clients', ok],
      ['metadata-store/initialized', ok],
      ['metadata-store/initialized/with-data', ok],
      ['quorum-queues-without-elected-leaders/all-vhosts/', ok],
      ['quorum-queues-without-elected-leaders/vhost/%2F/pattern/.*', ok],
      ['certificate-expiration/1/months', ok],
      ['below-node-connection-limit', { status: 'ok', limit: 'infinity', connections: 0 }],
      [`port-listener/${port}`, { status: 'ok', port }],
      ['protocol-listener/amqp', { status: 'ok', protocol: 'amqp' }],
      ['protocol-listener/kafka', { status: 'ok', protocol: 'kafka' }],
    ]
    for (const [path, body] of answers) assert.deepEqual(await check(worlds, path), { status: 200, body }, path)
  })

  it('say what is missing with 503, and what makes no sense with 400', async (test) => {
    const worlds = await BothWorlds.open(test)
    const { status, body } = await check(worlds, 'port-listener/1')
    assert.equal(status, 503)
    assert.deepEqual({ ...body, ports: [] }, { status: 'failed', reason: 'No active listener', missing: 1, ports: [] })
    assert.equal(body.ports.length, 3)
    const mqtt = await check(worlds, 'protocol-listener/mqtt')
    assert.deepEqual(mqtt, {
      status: 503,
      body: { status: 'failed', reason: 'No active listener', missing: 'mqtt', protocols: ['amqp', 'kafka', 'http'] },
    })
    const reasons: [path: string, reason: string][] = [
      ['port-listener/x', 'Invalid port'],
      ['certificate-expiration/x/days', 'Invalid expiration value.'],
      ['certificate-expiration/1/eons', 'Time unit not recognised. Supported units: days, weeks, months, years.'],
    ]
    for (const [path, reason] of reasons) {
      assert.deepEqual(await check(worlds, path), { status: 400, body: { error: 'bad_request', reason } })
    }
    assert.equal((await check(worlds, 'nothing')).status, 404)
  })

  it('find certificates that end before a date', async (test) => {
    const tls = { tlsCert: join(certificate, 'alice.pem'), tlsKey: join(certificate, 'alice-key.pem') }
    const worlds = await BothWorlds.open(test, { ...tls, httpsPort: 0 })
    assert.equal((await check(worlds, 'certificate-expiration/1/days')).status, 200)
    const { status, body } = await check(worlds, 'certificate-expiration/900/years')
    assert.equal(status, 503)
    assert.equal(body.reason, 'Certificates expiring')
    const [{ protocol, certfile, certfile_expires_on: on }] = body.expired
    assert.deepEqual([protocol, certfile], ['https', tls.tlsCert])
    assert.ok(Date.parse(on[0]) > Date.now())
  })

  it('want a login', async (test) => {
    const worlds = await BothWorlds.open(test)
    assert.equal((await check(worlds, 'alarms', 'guest:wrong')).status, 401)
  })

  it('name the alarm that is set', async (test) => {
    const worlds = await BothWorlds.open(test, { vmMemoryHighWatermark: 1_000_000 })
    const { node } = await worlds.get('/overview')
    for (const [path, where] of [
      ['alarms', 'in the cluster'],
      ['local-alarms', 'on the node'],
    ]) {
      assert.deepEqual(await check(worlds, path!), {
        status: 503,
        body: {
          status: 'failed',
          reason: `There are alarms in effect ${where}`,
          alarms: [{ node, resource: 'memory' }],
        },
      })
    }
    // Those who would let the memory go can come in.
    assert.equal((await fetch(`http://${worlds.http}/health/ready`)).status, 200)
  })
})

describe('the diagnostics', () => {
  async function logged(test: TestContext): Promise<{ http: string; lines: Json[] }> {
    const lines: Json[] = []
    const logger = createLogger('debug', { write: (line) => void lines.push(JSON.parse(line)) })
    const ports = { amqpPort: 0, amqpsPort: null, kafkaPort: 0, httpPort: 0, httpsPort: null }
    const server = await startServer({
      ...settle([fromOptions({ dataDir: null, ...ports })]),
      logger,
      version: 'test',
    })
    test.after(() => server.stop())
    return { http: server.addresses.http!, lines }
  }

  it('have a line for each request, and one that stays for each change: who, what, from where', async (test) => {
    const { http, lines } = await logged(test)
    const headers = { authorization: `Basic ${btoa('guest:guest')}`, 'content-type': 'application/json' }
    const read = await fetch(`http://${http}/api/whoami?secret=1`, { headers })
    const changed = await fetch(`http://${http}/api/vhosts/new`, {
      method: 'PUT',
      headers: { ...headers, 'x-request-id': 'proxy-7' },
      body: JSON.stringify({ description: 'secret' }),
    })
    assert.equal(changed.status, 201)
    assert.equal(changed.headers.get('x-request-id'), 'proxy-7')
    await until(() => lines.some(({ request }) => request === 'proxy-7'))
    const line = lines.find(({ path }) => path === '/api/whoami')
    assert.equal(line.level, 'debug')
    assert.equal(line.request, read.headers.get('x-request-id'))
    assert.deepEqual([line.method, line.status, line.user, line.peer], ['GET', 200, 'guest', '127.0.0.1'])
    const change = lines.find(({ request }) => request === 'proxy-7')
    assert.deepEqual(
      [change.level, change.method, change.path, change.status, change.user, change.peer],
      ['info', 'PUT', '/api/vhosts/new', 201, 'guest', '127.0.0.1'],
    )
    assert.ok(!JSON.stringify(lines).includes('secret'))
  })

  it('take no number of a request that could be more than one', async (test) => {
    const { http } = await logged(test)
    const response = await fetch(`http://${http}/health/live`, { headers: { 'x-request-id': 'a b"c' } })
    assert.match(response.headers.get('x-request-id')!, /^[0-9a-f]{8}-\d+$/)
  })
})
