import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { createLogger } from '../../src/base/logger.ts'
import { AlarmMonitor } from '../../src/broker/alarm-monitor.ts'
import { Alarms } from '../../src/broker/alarms.ts'

const MB = 1_000_000

async function monitored() {
  const clock = new ManualClock()
  const alarms = new Alarms()
  const lines: string[] = []
  const logger = createLogger('warn', { write: (line) => lines.push(JSON.parse(line).msg) })
  const state = { resident: 0, free: 100_000 * MB, looks: 0, error: null as Error | null }
  const probes = {
    residentBytes: () => state.resident,
    diskFreeBytes: async () => {
      state.looks++
      if (state.error !== null) throw state.error
      return state.free
    },
  }
  const monitor = new AlarmMonitor(
    alarms,
    { memoryBytesMax: 500 * MB, diskFreeBytesMin: 50 * MB },
    probes,
    clock,
    logger,
  )
  await monitor.start()
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { alarms, state, monitor, lines, pass }
}

test('alarms are set and cleared, and said once each', async () => {
  const { alarms, state, lines, pass } = await monitored()
  state.free = 10 * MB
  state.resident = 600 * MB
  await pass(1010)
  assert.equal(alarms.reason, 'low on memory & low on disk')
  state.free = 100 * MB
  state.resident = 0
  await pass(1010)
  assert.equal(alarms.reason, null)
  assert.deepEqual(lines, [
    'memory alarm set: publishers are blocked',
    'disk alarm set: publishers are blocked',
    'memory alarm cleared',
    'disk alarm cleared',
  ])
})

test('the nearer the disk is to its limit, the more often it is looked at', async () => {
  const { state, pass } = await monitored()
  await pass(1010)
  assert.equal(state.looks, 2)
  state.free = 80 * MB
  await pass(1010)
  state.looks = 0
  await pass(1010)
  assert.ok(state.looks > 25, `${state.looks} looks`)
})

test('a look that fails is told and followed by others; after a stop there are none', async () => {
  const { alarms, state, monitor, lines, pass } = await monitored()
  state.error = new Error('EIO')
  await pass(1010)
  assert.deepEqual(lines, ['the free space of the disk cannot be read'])
  state.error = null
  state.free = 0
  await pass(1010)
  assert.equal(alarms.reason, 'low on disk')
  monitor.stop()
  state.free = 100 * MB
  const { looks } = state
  await pass(3000)
  assert.equal(state.looks, looks)
})
