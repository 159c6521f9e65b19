/** Bindings over HTTP: made, found by their properties key, listed from every side, deleted. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BothWorlds } from './both-worlds.ts'

const B = '/bindings/%2F/e/routes'

async function scene(t: Parameters<typeof BothWorlds.open>[0]): Promise<BothWorlds> {
  const world = await BothWorlds.open(t)
  await world.done('PUT', '/exchanges/%2F/routes', { type: 'topic', durable: true })
  await world.done('PUT', '/exchanges/%2F/next', { type: 'fanout' })
  await world.done('PUT', '/queues/%2F/jobs', { durable: true })
  return world
}

describe('bindings', () => {
  test('are made under a key that leads back to them', async (t) => {
    const world = await scene(t)
    for (const [body, key] of [
      [{ routing_key: 'a.b', arguments: {} }, 'a.b'],
      [{}, '~'],
      [{ routing_key: '#' }, '%23'],
      [{ routing_key: 'x/y z' }, 'x%2Fy+z'],
    ] as const) {
      const response = await fetch(`http://${world.http}/api${B}/q/jobs`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('guest:guest')}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      assert.equal(response.status, 201)
      assert.equal(response.headers.get('location'), `jobs/${encodeURIComponent(key)}`)
      const found = await world.get(`${B}/q/jobs/${encodeURIComponent(key)}`)
      assert.equal(found.properties_key, key)
      assert.equal(found.routing_key, body.routing_key ?? '')
    }
    await world.done('POST', `${B}/q/jobs`, { routing_key: 'a.b', arguments: { weight: 5 } })
    const rows = await world.get(`${B}/q/jobs`)
    assert.equal(rows.length, 5)
    const [withArguments] = rows.filter((row: { properties_key: string }) => /^a\.b~./.test(row.properties_key))
    assert.deepEqual(withArguments.arguments, { weight: 5 })
    assert.equal(
      (await world.ask('DELETE', `${B}/q/jobs/${encodeURIComponent(withArguments.properties_key)}`)).status,
      204,
    )
    assert.equal((await world.ask('DELETE', `${B}/q/jobs/a.b`)).status, 204)
    assert.equal((await world.ask('DELETE', `${B}/q/jobs/a.b`)).status, 404)
    assert.equal((await world.ask('DELETE', `${B}/q/jobs/~`)).status, 204)
    assert.equal((await world.get(`${B}/q/jobs`)).length, 2)
  })

  test('are listed from every side, those of the default exchange among them', async (t) => {
    const world = await scene(t)
    await world.done('POST', `${B}/q/jobs`, { routing_key: 'k' })
    await world.done('POST', `${B}/e/next`, { routing_key: 'n' })
    const implicit = {
      source: '',
      vhost: '/',
      destination: 'jobs',
      destination_type: 'queue',
      routing_key: 'jobs',
      arguments: {},
      properties_key: 'jobs',
    }
    const explicit = { ...implicit, source: 'routes', routing_key: 'k', properties_key: 'k' }
    const onward = {
      ...explicit,
      destination: 'next',
      destination_type: 'exchange',
      routing_key: 'n',
      properties_key: 'n',
    }
    assert.deepEqual(await world.get('/bindings/%2F'), [implicit, onward, explicit])
    assert.deepEqual(await world.get('/bindings'), [implicit, onward, explicit])
    assert.deepEqual(await world.get('/queues/%2F/jobs/bindings'), [implicit, explicit])
    assert.deepEqual(await world.get('/exchanges/%2F/routes/bindings/source'), [onward, explicit])
    assert.deepEqual(await world.get('/exchanges/%2F/next/bindings/destination'), [onward])
    assert.deepEqual(await world.get('/exchanges/%2F/amq.default/bindings/source'), [implicit])
    assert.deepEqual(await world.get('/bindings/%2F/e/amq.default/q/jobs'), [implicit])
    assert.deepEqual(await world.get(`${B}/e/next`), [onward])
    assert.deepEqual((await world.get('/bindings?page=1&page_size=2')).total_count, 3)
    await world.done('DELETE', `${B}/e/next/n`)
    assert.deepEqual(await world.get('/bindings/%2F'), [implicit, explicit])
  })

  test('need both ends, and the rights to them', async (t) => {
    const world = await scene(t)
    assert.deepEqual((await world.ask('POST', `${B}/q/none`, {})).body, {
      error: 'not_found',
      reason: "no queue 'none' in vhost '/'",
    })
    assert.equal((await world.ask('POST', '/bindings/%2F/e/none/q/jobs', {})).status, 404)
    assert.deepEqual(await world.get('/bindings/%2F/e/none/q/jobs'), [])
    assert.deepEqual(await world.get('/exchanges/%2F/none/bindings/source'), [])
    assert.equal((await world.ask('GET', `${B}/q/none/~`)).status, 404)
    assert.equal((await world.ask('POST', '/bindings/%2F/e/amq.default/q/jobs', {})).status, 401)
    assert.equal((await world.ask('POST', `${B}/q/jobs`, { arguments: 5 })).status, 400)
    await world.done('PUT', '/users/ann', { password: 'a', tags: 'management' })
    await world.done('PUT', '/permissions/%2F/ann', { configure: '', write: 'jobs', read: '' })
    assert.equal((await world.ask('POST', `${B}/q/jobs`, {}, 'ann:a')).status, 401)
    await world.done('PUT', '/permissions/%2F/ann', { configure: '', write: 'jobs', read: 'routes' })
    assert.equal((await world.ask('POST', `${B}/q/jobs`, { routing_key: 'a' }, 'ann:a')).status, 201)
    await world.done('PUT', '/topic-permissions/%2F/ann', { exchange: 'routes', write: '', read: '^a' })
    assert.equal((await world.ask('POST', `${B}/q/jobs`, { routing_key: 'b' }, 'ann:a')).status, 401)
    assert.equal((await world.ask('DELETE', `${B}/q/jobs/a`, undefined, 'ann:a')).status, 204)
  })
})
