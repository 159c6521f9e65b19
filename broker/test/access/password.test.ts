import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { checkPasswordHash, hashPassword, type PasswordHash, passwordFits } from '../../src/broker/access/password.ts'
import { Refusal } from '../../src/broker/refusal.ts'

// The first is the worked example of RabbitMQ's page on passwords; the others were made by hashlib of Python from salt 908DC60A.
const rows: [password: string, hash: PasswordHash][] = [
  [
    'test12',
    {
      passwordHash: 'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR',
      hashingAlgorithm: 'rabbit_password_hashing_sha256',
    },
  ],
  [
    'test12',
    {
      passwordHash: 'kI3GChuNuIYf8lRbCCxZjgjKwsY19ns6+uFO0zcXRBGA/XGJPYD8OWMy7EB8TaOmAzjP2azv84GbINYwX2cDWb4DHnc=',
      hashingAlgorithm: 'rabbit_password_hashing_sha512',
    },
  ],
  ['test12', { passwordHash: 'kI3GChNpte2FApYFXScl+0dIluk=', hashingAlgorithm: 'rabbit_password_hashing_md5' }],
]

suite('password', () => {
  for (const [password, hash] of rows) {
    test(hash.hashingAlgorithm, () => {
      checkPasswordHash(hash)
      assert.equal(passwordFits(password, hash), true)
      assert.equal(passwordFits(`${password} `, hash), false)
      assert.equal(passwordFits('', hash), false)
    })
  }

  test('a hash made here fits its password only, and has a salt', () => {
    const [a, b] = [hashPassword('päss'), hashPassword('päss')]
    assert.notEqual(a.passwordHash, b.passwordHash)
    assert.equal(passwordFits('päss', a), true)
    assert.equal(passwordFits('pass', a), false)
  })

  test('nothing fits no user and an empty hash', () => {
    const empty: PasswordHash = { passwordHash: '', hashingAlgorithm: 'rabbit_password_hashing_sha256' }
    for (const password of ['', 'x']) {
      assert.equal(passwordFits(password, undefined), false)
      assert.equal(passwordFits(password, empty), false)
    }
    assert.equal(passwordFits('', hashPassword('')), false, 'an empty password is none')
  })

  test('a hash of another length is refused', () => {
    for (const passwordHash of ['AAAA', hashPassword('x').passwordHash.slice(0, -4)]) {
      assert.throws(
        () => checkPasswordHash({ passwordHash, hashingAlgorithm: 'rabbit_password_hashing_sha256' }),
        (error) => error instanceof Refusal && error.code === 'precondition-failed' && /36 bytes/.test(error.message),
      )
    }
  })
})
