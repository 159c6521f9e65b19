// The document as people read it: types in words, examples, and lines that a shell takes as they are.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { curlLines, exampleOf, groupedOperations, innerOf, type OpenApi, typeText } from './openapi.ts'

const api: OpenApi = {
  openapi: '3.1.0',
  info: { title: 'Things', version: '1' },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        properties: { name: { type: 'string' }, size: { type: 'integer', minimum: 1, maximum: 9 } },
        required: ['name'],
        example: { name: "Bob's" },
      },
      Box: { type: 'object', properties: { things: { type: 'array', items: { $ref: '#/components/schemas/Thing' } } } },
    },
  },
  paths: {
    '/vhosts/{vhost}/queues/{queue}/things': {
      post: {
        tags: ['Things'],
        requestBody: {
          content: {
            'application/json': {
              schema: { anyOf: [{ $ref: '#/components/schemas/Thing' }, { $ref: '#/components/schemas/Box' }] },
            },
          },
        },
        responses: { 200: { description: 'Done.' } },
      },
      get: {
        tags: ['Things'],
        responses: { 200: { description: 'Events.', content: { 'text/event-stream': {} } } },
      },
    },
    '/other': { delete: { responses: {} } },
  },
}

const thing = { $ref: '#/components/schemas/Thing' }
const box = { $ref: '#/components/schemas/Box' }
const options = { base: 'http://127.0.0.1:15672/v1', user: 'some user' }

describe('an OpenAPI document', () => {
  it('is grouped by tags', () => {
    const groups = groupedOperations(api)
    assert.deepEqual([...groups.keys()], ['Things', 'Other'])
    assert.deepEqual(
      groups.get('Things')!.map(({ method, id }) => [method, id]),
      [
        ['POST', 'post-vhosts-vhost-queues-queue-things'],
        ['GET', 'get-vhosts-vhost-queues-queue-things'],
      ],
    )
  })

  it('says types in words', () => {
    assert.equal(typeText(api, thing), 'Thing')
    assert.equal(typeText(api, { type: 'array', items: thing, minItems: 1, maxItems: 5 }), 'list of Thing, 1 to 5')
    assert.equal(typeText(api, { type: 'integer', minimum: 1, maximum: 9 }), 'integer, 1 to 9')
    assert.equal(typeText(api, { type: ['string', 'null'] }), 'string or null')
    assert.equal(typeText(api, { enum: ['json', 'string', 'base64'] }), 'json, string or base64')
    assert.equal(typeText(api, {}), 'any')
  })

  it('makes examples of parts, and finds the fields inside', () => {
    assert.deepEqual(exampleOf(api, box), { things: [{ name: "Bob's" }] })
    assert.deepEqual(Object.keys(innerOf(api, { type: 'array', items: thing })!.properties!), ['name', 'size'])
    assert.equal(innerOf(api, { type: 'string' }), null)
  })

  it('becomes lines that a shell splits as meant', () => {
    const [post, get] = groupedOperations(api).get('Things')!
    const split = (line: string): string[] => {
      const { stdout } = spawnSync('sh', ['-c', line.replace(/^curl/, "printf '%s\\0'")], { encoding: 'utf8' })
      return stdout.split('\0').slice(0, -1)
    }
    const target = 'http://127.0.0.1:15672/v1/vhosts/%2F/queues/orders/things'
    const [one, many] = curlLines(api, post, options)
    const head = ['-u', 'some user', target, '-H', 'content-type: application/json', '-d']
    assert.deepEqual(split(one), [...head, `{"name":"Bob's"}`])
    assert.deepEqual(split(many), [...head, `{"things":[{"name":"Bob's"}]}`])
    assert.deepEqual(split(curlLines(api, get, options)[0]), ['-N', '-u', 'some user', target])
    const [other] = groupedOperations(api).get('Other')!
    assert.deepEqual(split(curlLines(api, other, options)[0]).slice(-2), ['-X', 'DELETE'])
  })
})
