import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Access, type AccessKind } from '../../src/broker/access/access.ts'
import { hashPassword } from '../../src/broker/access/password.ts'
import { Refusal, type RefusalCode } from '../../src/broker/refusal.ts'

function refused(code: RefusalCode, message: string | RegExp, action: () => unknown): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof Refusal)
    assert.equal(error.code, code)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  })
}

const user = (name: string, tags: string[] = []) => ({ name, tags, ...hashPassword(`${name}!`) })

suite('access', () => {
  test('logs in by name and password', () => {
    const access = new Access()
    access.putUser(user('ada', ['monitoring']))
    assert.deepEqual(access.authenticate('ada', 'ada!', false)?.tags, ['monitoring'])
    assert.equal(access.authenticate('ada', 'wrong', false), null)
    assert.equal(access.authenticate('ada', '', false), null)
    assert.equal(access.authenticate('bob', 'ada!', false), null)
    assert.equal(access.deleteUser('ada'), true)
    assert.equal(access.deleteUser('ada'), false)
    assert.equal(access.authenticate('ada', 'ada!', false), null)
    refused('precondition-failed', /name cannot be empty/, () => access.putUser(user('')))
  })

  test('guest comes from loopback only, unless the setting says otherwise', () => {
    const access = new Access()
    access.addAdministrator('guest', 'guest', '/')
    access.addAdministrator('ops', 'ops', '/')
    assert.equal(access.authenticate('guest', 'guest', true)?.name, 'guest')
    assert.equal(access.authenticate('guest', 'guest', false), null)
    assert.equal(access.authenticate('ops', 'ops', false)?.name, 'ops')
    const open = new Access({ loopbackUsers: [] })
    open.addAdministrator('guest', 'guest', '/')
    assert.equal(open.authenticate('guest', 'guest', false)?.name, 'guest')
  })

  test('permissions are per vhost and operation', () => {
    const access = new Access()
    access.putUser(user('u'))
    assert.equal(access.mayEnter('u', '/'), false)
    access.setPermissions({ user: 'u', vhost: '/', configure: '', write: '^(q|amq\\.default)$', read: '^q' })
    assert.equal(access.mayEnter('u', '/'), true)
    assert.equal(access.mayEnter('u', 'other'), false)
    const asked = (['configure', 'write', 'read'] as const).map((operation) => [
      access.permits('u', '/', operation, 'q'),
      access.permits('u', '/', operation, 'queue'),
      access.permits('u', '/', operation, ''),
      access.permits('u', 'other', operation, 'q'),
      access.permits('stranger', '/', operation, 'q'),
    ])
    assert.deepEqual(asked, [
      [false, false, false, false, false],
      [true, false, true, false, false],
      [true, true, false, false, false],
    ])
    assert.equal(access.clearPermissions('u', '/'), true)
    assert.equal(access.clearPermissions('u', '/'), false)
    assert.equal(access.permits('u', '/', 'read', 'q'), false)
  })

  test('a change drops the remembered answers, also after very many names', () => {
    const access = new Access()
    access.putUser(user('u'))
    access.setPermissions({ user: 'u', vhost: '/', configure: '7$', write: '', read: '' })
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 10_000; i++)
        assert.equal(access.permits('u', '/', 'configure', `q${i}`), i % 10 === 7, `q${i}`)
    access.setPermissions({ user: 'u', vhost: '/', configure: '8$', write: '', read: '' })
    assert.equal(access.permits('u', '/', 'configure', 'q7'), false)
    assert.equal(access.permits('u', '/', 'configure', 'q8'), true)
  })

  test('refuses in the words clients know', () => {
    const access = new Access()
    access.putUser(user('u'))
    access.setPermissions({ user: 'u', vhost: '/', configure: '', write: '', read: '' })
    refused('access-refused', "configure access to queue 'q' in vhost '/' refused for user 'u'", () =>
      access.check('u', '/', 'configure', 'queue', 'q'),
    )
    refused('access-refused', "write access to exchange 'amq.default' in vhost '/' refused for user 'u'", () =>
      access.check('u', '/', 'write', 'exchange', ''),
    )
    refused('not-allowed', "access to vhost 'v' refused for user 'u'", () => access.checkEntry('u', 'v'))
    access.checkEntry('u', '/')
    access.setTopicPermissions({ user: 'u', vhost: '/', exchange: 'x', write: '^a', read: '^b' })
    refused('access-refused', "write access to topic 'b.c' in exchange 'x' in vhost '/' refused for user 'u'", () =>
      access.checkTopic('u', '/', 'write', 'x', 'b.c'),
    )
    access.checkTopic('u', '/', 'read', 'x', 'b.c')
  })

  test('topic permissions narrow their exchange only, with variables taken literally', () => {
    const access = new Access()
    access.putUser(user('a.b'))
    const own = '^{vhost}\\.{username}\\.{client_id}$'
    access.setTopicPermissions({ user: 'a.b', vhost: 'v+', exchange: 'x', write: own, read: '' })
    const write = (key: string, clientId?: string) => access.permitsTopic('a.b', 'v+', 'write', 'x', key, clientId)
    assert.equal(write('v+.a.b.c*', 'c*'), true)
    assert.equal(write('v+.a.b.cc', 'c*'), false)
    assert.equal(write('v+.axb.c', 'c'), false)
    assert.equal(write('v+.a.b.{client_id}'), true, 'without a client id its place stands for itself')
    assert.equal(access.permitsTopic('a.b', 'v+', 'read', 'x', 'anything'), false)
    assert.equal(access.permitsTopic('a.b', 'v+', 'read', 'y', 'anything'), true)
    access.clearTopicPermissions('a.b', 'v+')
    assert.equal(write('anything'), true)
  })

  test('a bad pattern or unknown user is refused and changes nothing', () => {
    const changes: unknown[] = []
    const access = new Access({ onChange: (...change) => changes.push(change) })
    access.putUser(user('u'))
    const good = { user: 'u', vhost: '/', configure: 'a', write: 'a', read: 'a' }
    access.setPermissions(good)
    const before = changes.length
    refused('precondition-failed', /'\('/, () => access.setPermissions({ ...good, read: '(' }))
    refused('precondition-failed', /'\['/, () =>
      access.setTopicPermissions({ user: 'u', vhost: '/', exchange: 'x', write: '[', read: '' }),
    )
    refused('not-found', "no user 'v'", () => access.setPermissions({ ...good, user: 'v' }))
    assert.equal(changes.length, before)
    assert.deepEqual([...access.permissions()], [good])
  })

  test('everything comes back from what was reported, in any order', () => {
    const kept = new Map<string, [AccessKind, string, unknown]>()
    const access = new Access({
      onChange: (kind, id, value) => {
        if (value === undefined) assert.equal(kept.delete(kind + id), true)
        else kept.set(kind + id, [kind, id, JSON.parse(JSON.stringify(value))])
      },
    })
    for (const name of ['a', 'b', 'c']) access.addAdministrator(name, `${name}!`, '/')
    access.setPermissions({ user: 'a', vhost: 'v', configure: '', write: 'w', read: 'r' })
    access.setTopicPermissions({ user: 'a', vhost: '/', exchange: 'x', write: 'k', read: '' })
    access.setTopicPermissions({ user: 'b', vhost: 'v', exchange: 'x', write: 'k', read: '' })
    access.setTopicPermissions({ user: 'c', vhost: '/', exchange: 'x', write: 'k', read: '' })
    access.deleteUser('c')
    access.clearVhost('v')
    const again = new Access({ onChange: () => assert.fail('a restored definition is no change') })
    for (const [kind, id, value] of [...kept.values()].reverse()) again.restore(kind, id, value)
    const everything = (of: Access) =>
      [...of.users(), ...of.permissions(), ...of.topicPermissions()].map((value) => JSON.stringify(value)).sort()
    assert.deepEqual(everything(again), everything(access))
    assert.equal(everything(again).length, 5)
    assert.equal(again.authenticate('a', 'a!', true)?.name, 'a')
    assert.equal(again.permits('a', '/', 'write', 'q'), true)
    assert.equal(again.permitsTopic('a', '/', 'write', 'x', 'other'), false)
  })
})
