import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromYaml } from '../../src/config/file.ts'
import { fromEnvironment, fromFlags, fromOptions, SettingsError, settle } from '../../src/config/layer.ts'
import { defaults, settingNames, settings } from '../../src/config/schema.ts'
import { fileKey, flag, variable } from '../../src/config/spelling.ts'

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error))
    return error.message
  }
  throw new assert.AssertionError({ message: 'accepted' })
}

describe('which layer wins', () => {
  const file = fromYaml('amqp_port: 1\nheartbeat: 10\nchannel_max: 7\n', 'a.yaml')
  const environment = fromEnvironment({ SIGNALBOX_AMQP_PORT: '2', SIGNALBOX_HEARTBEAT: '20', PATH: '/bin' })
  const flags = fromFlags({ amqpPort: '3' })
  it('takes flags before environment before file before defaults', () => {
    const result = settle([flags, environment, file])
    assert.equal(result.amqpPort, 3)
    assert.equal(result.heartbeat, 20)
    assert.equal(result.channelMax, 7)
    assert.equal(result.frameMax, 131072)
  })
  it('gives every default without any layer', () => assert.deepEqual(settle([]), defaults))
  it('checks a value that another layer overrides', () => {
    const message = refusal(() => settle([flags, fromEnvironment({ SIGNALBOX_AMQP_PORT: 'x' })]))
    assert.match(message, /^SIGNALBOX_AMQP_PORT: "x" is not allowed at the environment; allowed: a port/)
  })
})

describe('spellings', () => {
  it('follow from one name', () => {
    assert.equal(fileKey('vmMemoryHighWatermark'), 'vm_memory_high_watermark')
    assert.equal(flag('dataDir'), '--data-dir')
    assert.equal(variable('defaultPass'), 'SIGNALBOX_DEFAULT_PASS')
  })
})

describe('values', () => {
  const rows: [name: keyof typeof settings, written: string, value: unknown][] = [
    ['amqpPort', '0', 0],
    ['amqpPort', 'off', null],
    ['amqpPort', '65535', 65535],
    ['diskFreeLimit', '50MB', 50_000_000],
    ['diskFreeLimit', '50MiB', 52_428_800],
    ['diskFreeLimit', '1 GB', 1_000_000_000],
    ['diskFreeLimit', '2G', 2_147_483_648],
    ['vmMemoryHighWatermark', '0.4', 0.4],
    ['vmMemoryHighWatermark', '1', 1],
    ['vmMemoryHighWatermark', '300MiB', 314_572_800],
    ['maxMessageSize', '16777216', 16_777_216],
    ['loopbackUsers', 'none', []],
    ['loopbackUsers', 'guest, bob', ['guest', 'bob']],
    ['defaultPass', ' 0123 ', ' 0123 '],
    ['durability', 'written', 'written'],
    ['kafkaPort', 'off', null],
    ['kafkaPort', '9093', 9093],
    ['kafkaAdvertised', 'broker.example:9092', { host: 'broker.example', port: 9092 }],
    ['kafkaAdvertised', '[::1]:9092', { host: '::1', port: 9092 }],
    ['kafkaSasl', 'true', true],
    ['httpPort', 'off', null],
  ]
  for (const [name, written, value] of rows) {
    it(`${fileKey(name)}: ${written}`, () => assert.deepEqual(settle([fromFlags({ [name]: written })])[name], value))
  }
  const refused: [name: keyof typeof settings, written: string][] = [
    ['amqpPort', '65536'],
    ['amqpPort', '-1'],
    ['amqpPort', '1.5'],
    ['amqpPort', ''],
    ['frameMax', '4095'],
    ['channelMax', '0'],
    ['heartbeat', '1m'],
    ['maxMessageSize', '513MiB'],
    ['diskFreeLimit', '5 parsecs'],
    ['vmMemoryHighWatermark', '0'],
    ['durability', 'Synced'],
    ['logLevel', 'loud'],
    ['httpPort', '65536'],
    ['httpsPort', 'https'],
    ['kafkaAdvertised', 'broker.example'],
    ['kafkaAdvertised', 'broker.example:0'],
    ['kafkaAdvertised', '::1:9092'],
    ['kafkaSasl', 'yes'],
  ]
  for (const [name, written] of refused) {
    it(`refuses ${flag(name)} ${written}`, () => {
      const message = refusal(() => settle([fromFlags({ [name]: written })]))
      assert.equal(message, `${flag(name)}: "${written}" is not allowed; allowed: ${settings[name].allowed}`)
    })
  }
  it('needs a certificate for HTTPS', () => {
    assert.equal(
      refusal(() => settle([fromFlags({ httpsPort: '15671' })])),
      'https_port needs tls_cert and tls_key',
    )
  })
  it('has a default that its own type accepts as shown', () => {
    for (const name of settingNames) {
      const { shown, initial } = settings[name]
      if (initial === null || 'fileOnly' in settings[name]) continue
      assert.deepEqual(settle([fromFlags({ [name]: shown })])[name], initial, name)
    }
  })
})

describe('TLS', () => {
  it('opens 5671 when both files are given', () => {
    assert.equal(settle([fromFlags({ tlsCert: 'c', tlsKey: 'k' })]).amqpsPort, 5671)
  })
  it('keeps the port that was asked for, also off', () => {
    assert.equal(settle([fromFlags({ tlsCert: 'c', tlsKey: 'k', amqpsPort: '0' })]).amqpsPort, 0)
    assert.equal(settle([fromFlags({ tlsCert: 'c', tlsKey: 'k', amqpsPort: 'off' })]).amqpsPort, null)
  })
  it('refuses half of it', () => {
    assert.equal(
      refusal(() => settle([fromFlags({ tlsCert: 'c' })])),
      'tls_cert and tls_key go together: tls_key is missing',
    )
    assert.equal(
      refusal(() => settle([fromFlags({ amqpsPort: '1' })])),
      'amqps_port needs tls_cert and tls_key',
    )
  })
})

describe('environment', () => {
  it('refuses a variable that names no setting, and guesses', () => {
    assert.equal(
      refusal(() => fromEnvironment({ SIGNALBOX_AMQP_PROT: '1' })),
      'SIGNALBOX_AMQP_PROT in the environment is no setting (did you mean SIGNALBOX_AMQP_PORT?)',
    )
  })
  it('leaves alone what Kubernetes says about a service of this name', () => {
    const links = {
      SIGNALBOX_SERVICE_HOST: '10.0.0.1',
      SIGNALBOX_SERVICE_PORT_AMQP: '5672',
      SIGNALBOX_PORT: 'tcp://10.0.0.1:5672',
      SIGNALBOX_PORT_5672_TCP_ADDR: '10.0.0.1',
    }
    assert.deepEqual(fromEnvironment(links), {})
  })
})

describe('options of startBroker', () => {
  it('take values of the types of the settings', () => {
    const result = settle([
      fromOptions({ dataDir: null, amqpPort: null, vhosts: ['a'], heartbeat: 5, tlsCert: undefined }),
    ])
    assert.equal(result.dataDir, null)
    assert.equal(result.amqpPort, null)
    assert.deepEqual(result.vhosts, ['a'])
    assert.equal(result.heartbeat, 5)
  })
  it('refuse an unknown one', () => {
    assert.equal(
      refusal(() => fromOptions({ amqpport: 1 })),
      'amqpport is no option (did you mean amqpPort?)',
    )
  })
})
