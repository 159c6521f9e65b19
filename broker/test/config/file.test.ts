import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromYaml } from '../../src/config/file.ts'
import { SettingsError, settle } from '../../src/config/layer.ts'

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

const HASH = 'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR'

describe('the config file', () => {
  it('may be empty', () => {
    assert.equal(read('').amqpPort, 5672)
    assert.equal(read('# nothing\n').amqpPort, 5672)
  })
  it('reads settings, users and vhosts', () => {
    const result = read(`
amqp_port: off
disk_free_limit: 1GiB
vhosts: [staging, /]
loopback_users: []
default_pass: 0123
users:
  alice:
    password: no
    tags: [administrator]
    permissions:
      /: { configure: '', write: .*, read: ^orders }
  bob:
    password_hash: ${HASH}
    hashing_algorithm: rabbit_password_hashing_sha256
`)
    assert.equal(result.amqpPort, null)
    assert.equal(result.diskFreeLimit, 2 ** 30)
    assert.deepEqual(result.vhosts, ['staging', '/'])
    assert.deepEqual(result.loopbackUsers, [])
    assert.equal(result.defaultPass, '0123')
    assert.deepEqual(result.users, {
      alice: {
        password: 'no',
        tags: ['administrator'],
        permissions: { '/': { configure: '', write: '.*', read: '^orders' } },
      },
      bob: {
        password_hash: HASH,
        hashing_algorithm: 'rabbit_password_hashing_sha256',
        tags: [],
        permissions: {},
      },
    })
  })

  const rows: [what: string, text: string, message: RegExp][] = [
    [
      'an unknown key',
      'host: h\namqp_prot: 1\n',
      /^amqp_prot at box\.yaml:2:1 is no setting \(did you mean amqp_port\?\)$/,
    ],
    ['a key like nothing else', 'zzzzzz: 1\n', /^zzzzzz at box\.yaml:1:1 is no setting$/],
    [
      'a flag instead of a key',
      'amqp-port: 1\n',
      /^amqp-port at box\.yaml:1:1 is no setting \(did you mean amqp_port\?\)$/,
    ],
    [
      'a bad value',
      '\namqp_port:  70000\n',
      /^amqp_port: "70000" is not allowed at box\.yaml:2:13; allowed: a port from 0/,
    ],
    ['an empty value', 'frame_max:\n', /^frame_max: "" is not allowed at box\.yaml:1:11; allowed: a number/],
    ['a list where one value goes', 'host: [a]\n', /^host: this is not allowed at box\.yaml:1:7; allowed: a host name/],
    ['a key twice', 'host: a\nhost: b\n', /^box\.yaml:2:1: Map keys must be unique$/],
    ['no YAML', 'host: "a\n', /^box\.yaml:2:1: Missing closing "quote/],
    ['no map', '- a\n', /^box\.yaml: the file must be a map of settings/],
    [
      'a user without a password',
      'users:\n  alice:\n    tags: [x]\n',
      /^users\.alice: this is not allowed at box\.yaml:3:5; allowed: users by name/,
    ],
    [
      'a mistyped key of a user',
      'users:\n  alice:\n    pasword: secret\n',
      /^users\.alice\.pasword: this is not allowed at box\.yaml:3:14; allowed: users by name/,
    ],
    [
      'an unknown hash',
      'users:\n  a: { password_hash: x, hashing_algorithm: rot13 }\n',
      /^users\.a\.hashing_algorithm: this is not allowed at box\.yaml:2:45; allowed: users by name/,
    ],
  ]
  for (const [what, text, message] of rows) it(`refuses ${what}`, () => assert.match(refusal(text), message))

  it('tells all unknown keys at once', () => {
    assert.equal(refusal('aaa: 1\nbbb: 1\n').split('\n').length, 2)
  })
  it('keeps secrets to itself', () => {
    assert.doesNotMatch(refusal('users:\n  alice:\n    password: [hunter2]\n'), /hunter2/)
  })
})
