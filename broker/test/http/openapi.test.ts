/** The document of `/v1`: what the specification of OpenAPI 3.1 demands of it, and that it and the routes are one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BothWorlds, type Json } from './both-worlds.ts'
import { V1 } from './v1.ts'

const METHODS = ['get', 'post', 'put', 'delete', 'patch']

test('the document is OpenAPI 3.1, for anybody', async (t) => {
  const world = await BothWorlds.open(t)
  const response = await fetch(`http://${world.http}/v1/openapi.json`)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  const document: Json = await response.json()
  assert.match(document.openapi, /^3\.1\.\d+$/)
  assert.ok(document.info.title && document.info.version)
  assert.deepEqual(document.servers, [{ url: '/v1' }])
  assert.deepEqual(document.components.securitySchemes.basic, { type: 'http', scheme: 'basic' })
  const operations = Object.entries(document.paths as Record<string, Json>).flatMap(([path, item]) => {
    const unknown = Object.keys(item).filter((method) => !METHODS.includes(method))
    assert.deepEqual(unknown, [], path)
    return Object.values(item as Record<string, Json>).map((operation) => ({ path, operation }))
  })
  for (const { path, operation } of operations) {
    assert.ok(operation.summary && operation.tags.length === 1, path)
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const parameters = operation.parameters.filter((one: Json) => one.in === 'path')
    assert.deepEqual(
      parameters.map((one: Json) => one.name),
      inPath,
      path,
    )
    for (const one of operation.parameters) {
      assert.ok(['path', 'query'].includes(one.in), path)
      assert.ok(one.schema !== undefined && (one.in === 'query' || one.required === true), `${path} ${one.name}`)
    }
    assert.deepEqual(operation.requestBody === undefined, 'get' in document.paths[path], path)
    for (const [status, answer] of Object.entries(operation.responses as Record<string, Json>)) {
      assert.match(status, /^[1-5]\d\d$/)
      assert.ok(answer.description, `${path} ${status}`)
    }
    for (const status of ['200', '401', '403', '404']) assert.ok(status in operation.responses, `${path} ${status}`)
  }
  for (const ref of refsIn(document)) {
    const found = ref
      .slice(2)
      .split('/')
      .reduce((at: Json, key: string) => at?.[key], document)
    assert.notEqual(found, undefined, ref)
  }
  const bodies = operations.map(({ operation }) => operation.requestBody?.content?.['application/json']?.schema)
  for (const schema of bodies.filter((one) => one !== undefined))
    assert.ok(hasExample(document, schema), JSON.stringify(schema))
})

test('every path of the document is answered, and no other', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world, '')
  const { paths } = await v1.get('/openapi.json')
  for (const [path, item] of Object.entries(paths as Record<string, Json>)) {
    for (const method of Object.keys(item)) {
      const real = path.replace('{vhost}', 'no%20such').replace(/\{\w+\}/g, '0')
      const { status, body } = await v1.ask(method.toUpperCase(), real, method === 'get' ? undefined : {})
      // It came as far as the vhost, or the body.
      assert.notEqual(body.error, 'Object Not Found', `${method} ${path}`)
      assert.ok(status === 404 || status === 400, `${method} ${path} ${status}`)
    }
  }
  const { body } = await v1.ask('GET', '/vhosts/%2F/queues/q/nothing')
  assert.equal(body.error, 'Object Not Found')
})

function* refsIn(value: Json): Iterable<string> {
  if (typeof value !== 'object' || value === null) return
  if (typeof value.$ref === 'string') yield value.$ref
  for (const inner of Object.values(value)) yield* refsIn(inner)
}

function hasExample(document: Json, schema: Json): boolean {
  if (schema.example !== undefined) return true
  if (schema.$ref !== undefined) return hasExample(document, document.components.schemas[schema.$ref.split('/').at(-1)])
  return (schema.anyOf ?? schema.oneOf ?? []).some((one: Json) => hasExample(document, one))
}
