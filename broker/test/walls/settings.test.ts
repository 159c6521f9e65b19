/** A setting that nobody reads is a promise that nobody keeps. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { settingNames } from '../../src/config/schema.ts'
import { brokerSources, codeOf } from './sources.ts'

const READERS = ['server.ts', 'broker/first-definitions.ts', 'cli/start.ts'].map((name) => `broker/src/${name}`)

it('every setting is read where the broker is put together', () => {
  const code = brokerSources.filter(({ path }) => READERS.includes(path)).map(({ text }) => codeOf(text))
  assert.equal(code.length, READERS.length)
  const unread = settingNames.filter((name) => !code.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
  assert.deepEqual(unread, [])
})
