import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  type ScramCredentials,
  ScramLogin,
  type ScramMechanism,
  scramFromSalted,
  scramOf,
} from '../../src/broker/access/scram.ts'
import { scramFinal } from './scram-client.ts'

const finding = (mechanism: ScramMechanism, users: Readonly<Record<string, ScramCredentials>>) => (name: string) =>
  users[name]?.[mechanism]

function login(mechanism: ScramMechanism, name: string, password: string, users: Record<string, ScramCredentials>) {
  const scram = new ScramLogin(mechanism, finding(mechanism, users))
  const bare = `n=${name},r=fyko+d2lbbFgONRv9qkxdawL`
  const challenge = scram.step(`n,,${bare}`)
  assert.equal(challenge.kind, 'challenge')
  const end = scram.step(scramFinal(mechanism, password, bare, (challenge as { message: string }).message))
  return { scram, challenge, end }
}

describe('SCRAM', () => {
  it('is the exchange of RFC 7677 §3', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
    const salted = pbkdf2Sync('pencil', salt, 4096, 32, 'sha256')
    const credential = scramFromSalted('SCRAM-SHA-256', salt, salted, 4096)
    const scram = new ScramLogin('SCRAM-SHA-256', () => credential, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0')
    assert.deepEqual(scram.step('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'), {
      kind: 'challenge',
      message: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    })
    const proof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
    assert.deepEqual(scram.step(`c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=${proof}`), {
      kind: 'done',
      message: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    })
  })

  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    it(`${mechanism} lets in who knows the password, and nobody else`, () => {
      const users = { alice: scramOf('wonder'), 'a,b=c': scramOf('wonder') }
      assert.equal(login(mechanism, 'alice', 'wonder', users).end.kind, 'done')
      assert.equal(login(mechanism, 'alice', 'Wonder', users).end.kind, 'refused')
      const escaped = login(mechanism, 'a=2Cb=3Dc', 'wonder', users)
      assert.deepEqual([escaped.end.kind, escaped.scram.name], ['done', 'a,b=c'])
    })

    it(`${mechanism} challenges a name that does not exist as if it did`, () => {
      const one = login(mechanism, 'nobody', 'wonder', {})
      const again = login(mechanism, 'nobody', 'wonder', {})
      const saltOf = (step: object): string => /s=([^,]*),i=4096$/.exec((step as { message: string }).message)![1]
      assert.equal(saltOf(one.challenge), saltOf(again.challenge))
      assert.equal(Buffer.from(saltOf(one.challenge), 'base64').length, 20)
      assert.deepEqual(one.end, { kind: 'refused', reason: 'invalid credentials' })
    })
  }

  it('refuses what is malformed, bound to a channel, or for somebody else', () => {
    const first = [
      '',
      'n,,',
      'p=tls-unique,,n=a,r=b',
      'n,,m=x,n=a,r=b',
      'n,a=other,n=a,r=b',
      'n,,n=a=b,r=c',
      'n,,n=,r=c',
    ]
    for (const message of first) {
      const scram = new ScramLogin('SCRAM-SHA-256', () => undefined)
      assert.equal(scram.step(message).kind, 'refused', message)
    }
    for (const final of ['', 'c=biws,r=xyz,p=AAAA', 'c=biws', 'c=eSws,r=bmore,p=AAAA', 'c=biws,r=bmore,p=AAAA']) {
      const scram = new ScramLogin('SCRAM-SHA-256', () => undefined, 'more')
      assert.equal(scram.step('n,,n=a,r=b').kind, 'challenge')
      assert.equal(scram.step(final).kind, 'refused', final)
    }
  })
})
