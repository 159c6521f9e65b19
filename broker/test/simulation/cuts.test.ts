import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutScript, SCRIPT_SIZES } from './cuts.ts'
import { Run } from './run.ts'
import { script } from './script.ts'

test('the script passes through every kind of operation', async () => {
  const run = new Run({ seed: 1, ...SCRIPT_SIZES })
  await run.open()
  await script(run)
  const kinds = new Set(run.trace.map((line) => line.replace(/ [^ ]*$/, '')))
  assert.deepEqual(
    [...kinds].sort(),
    ['create', 'make folder', 'remove', 'rename', 'sync', 'sync folder', 'write'],
    run.trace.join('\n'),
  )
  assert.ok(
    run.trace.some((line) => line.includes('.ckp')),
    'no checkpoint was replaced',
  )
})

// At every operation: test:faults.
test('the scripted run, cut at every fifth operation', async () => {
  assert.ok((await cutScript(1, 5, 1)) > 30)
})

test('the scripted run on three shards, cut at every 13th operation', async () => {
  assert.ok((await cutScript(3, 13, 1)) > 15)
})
