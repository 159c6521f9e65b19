/** Durations, moments, sizes and arguments are read the same in every command. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  argumentsFrom,
  durationMs,
  momentMs,
  shownBytes,
  shownDuration,
  shownNumber,
  sizeBytes,
  textsFrom,
  wholeNumber,
} from '../../src/cli/quantities.ts'

const NOW = Date.UTC(2026, 10, 23, 7)
const invalid = { code: 'commander.invalidArgument' }

describe('a quantity is read', () => {
  it('as a duration', () => {
    const read = ['250ms', '30s', '1h30m', '1.5m', '2d', '1w'].map(durationMs)
    assert.deepEqual(read, [250, 30_000, 5_400_000, 90_000, 172_800_000, 604_800_000])
    for (const text of ['30', '', '-1h', '1 h', '1y', 'h']) assert.throws(() => durationMs(text), invalid, text)
  })

  it('as a moment', () => {
    const read = (text: string): number => momentMs(text, NOW)
    assert.equal(read('now'), NOW)
    assert.equal(read('-1h'), NOW - 3_600_000)
    assert.equal(read('+30s'), NOW + 30_000)
    assert.equal(read('2026-11-23T06:00:00Z'), NOW - 3_600_000)
    assert.equal(read(String(NOW)), NOW)
    for (const text of ['', '1h', 'yesterday', '12', '2026-13-45']) assert.throws(() => read(text), invalid, text)
  })

  it('as a size', () => {
    assert.deepEqual(['512', '10kB', '10MB', '64MiB', '1k'].map(sizeBytes), [512, 10_000, 10_000_000, 67_108_864, 1024])
    for (const text of ['', '-1', '10XB', 'MB']) assert.throws(() => sizeBytes(text), invalid, text)
  })

  it('as a whole number', () => {
    assert.equal(wholeNumber('12'), 12)
    for (const text of ['', '-1', '1.5', '1e3', 'x']) assert.throws(() => wholeNumber(text), invalid, text)
  })

  it('as arguments, JSON where it is JSON', () => {
    const given = ['a=1', 'b=true', 'c=text', 'd="1"', 'e=x=y', 'f=', 'g=[1]', 'h=12345678901234567890'].reduce(
      (before: Record<string, unknown>, text) => argumentsFrom(text, before),
      {},
    )
    assert.deepEqual(given, { a: 1, b: true, c: 'text', d: '1', e: 'x=y', f: '', g: [1], h: '12345678901234567890' })
    assert.deepEqual(textsFrom('retention.ms=1', { a: 'b' }), { a: 'b', 'retention.ms': '1' })
    for (const text of ['a', '=1', '']) assert.throws(() => argumentsFrom(text), invalid, text)
  })
})

describe('a quantity is shown', () => {
  it('in its largest units', () => {
    assert.deepEqual([0, 999, 1500, 12_345_678, 15e9].map(shownBytes), ['0 B', '999 B', '1.5 kB', '12 MB', '15 GB'])
    assert.deepEqual([850, 5000, 725_000, 273_600_000, 86_400_000].map(shownDuration), [
      '850ms',
      '5s',
      '12m 5s',
      '3d 4h',
      '1d',
    ])
    assert.deepEqual([0, 1.25, 12_345.6].map(shownNumber), ['0', '1.3', '12,346'])
  })
})
