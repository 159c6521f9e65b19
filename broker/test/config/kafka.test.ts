import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromYaml } from '../../src/config/file.ts'
import { fromOptions, SettingsError, settle } from '../../src/config/layer.ts'

const read = (text: string) => settle([fromYaml(text, 'box.yaml')])

function refusal(text: string): string {
  try {
    read(text)
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error))
    return error.message
  }
  throw new assert.AssertionError({ message: 'accepted' })
}

describe('the section kafka', () => {
  it('has listeners', () => {
    const { kafka } = read(`
tls_cert: c
tls_key: k
tls_ca: a
kafka:
  listeners:
    - { name: inside, port: 9093 }
    - { name: outside, host: 0.0.0.0, port: 0, tls: true, sasl: true, client_auth: required, advertised: 'kafka.example:443' }
`)
    assert.deepEqual(kafka.listeners, [
      { name: 'inside', port: 9093, host: null, tls: false, sasl: false, client_auth: 'none', advertised: null },
      {
        name: 'outside',
        port: 0,
        host: '0.0.0.0',
        tls: true,
        sasl: true,
        client_auth: 'required',
        advertised: { host: 'kafka.example', port: 443 },
      },
    ])
  })

  it('takes the properties of a Kafka broker by their names', () => {
    const { properties } = read(`
kafka:
  properties:
    num.partitions: 4
    group.initial.rebalance.delay.ms: 0
    auto.create.topics.enable: false
    log.retention.hours: 2
    log.roll.hours: 3
    log.roll.ms: 1000
    message.max.bytes: 2000000
`).kafka
    assert.deepEqual(properties, {
      numPartitions: 4,
      groupInitialRebalanceDelayMs: 0,
      autoCreateTopicsEnable: false,
      topicDefaults: { 'retention.ms': '7200000', 'segment.ms': '1000', 'max.message.bytes': '2000000' },
    })
  })

  it('can be given to startBroker', () => {
    const option = { anonymous: 'app', properties: { 'num.partitions': 3, 'auto.create.topics.enable': false } }
    const { kafka } = settle([fromOptions({ kafka: option })])
    assert.equal(kafka.anonymous, 'app')
    assert.deepEqual(kafka.properties, { numPartitions: 3, autoCreateTopicsEnable: false, topicDefaults: {} })
  })

  it('refuses a property that has no meaning here, by name', () => {
    assert.equal(
      refusal('kafka:\n  properties:\n    num.partition: 4\n'),
      'kafka.properties.num.partition: this is not allowed at box.yaml:3:20; no such property has a meaning here (did you mean num.partitions?)',
    )
    assert.match(refusal('kafka: { properties: { zookeeper.connect: x } }'), /no such property has a meaning here$/)
  })

  it('refuses a value that a property cannot have', () => {
    assert.equal(
      refusal('kafka:\n  properties:\n    num.partitions: none\n'),
      'kafka.properties.num.partitions: this is not allowed at box.yaml:3:21; allowed: a whole number from 1 to 2147483647',
    )
    assert.match(refusal('kafka: { properties: { auto.create.topics.enable: maybe } }'), /allowed: true or false$/)
  })

  it('refuses a listener that lacks something', () => {
    assert.match(refusal('kafka: { listeners: [{ name: a }] }'), /^kafka\.listeners\.0\.port: this is not allowed/)
    assert.equal(
      refusal('kafka: { listeners: [{ name: a, port: 1, tls: true }] }'),
      'kafka.listeners: a with tls needs tls_cert and tls_key',
    )
    assert.equal(
      refusal('kafka: { listeners: [{ name: a, port: 1, client_auth: requested }] }'),
      'kafka.listeners: a with client_auth needs tls\nkafka.listeners: a with client_auth needs tls_ca',
    )
    assert.match(refusal('kafka: { listeners: [{ name: a, port: 1, speed: 9 }] }'), /^kafka\.listeners\.0\.speed: this/)
  })
})
