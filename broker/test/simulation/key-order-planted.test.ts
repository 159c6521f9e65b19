/** Bugs put into the order within keys, each of which the random histories must find. */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Aside } from '../../src/broker/queue/aside.ts'
import { KeyOrder } from '../../src/broker/queue/key-order.ts'
import { Lane } from '../../src/broker/queue/lane.ts'
import type { Chain, PlaceChains } from '../../src/broker/queue/place-chains.ts'
import type { Queue } from '../../src/broker/queue/queue.ts'
import { checkKeyOrder } from './key-order-life.ts'
import { replace } from './planted-bugs.ts'

const RUNS = 150

const BUGS: readonly (readonly [name: string, plant: () => void, symptom: RegExp])[] = [
  ['every message handed out at once', () => replace(KeyOrder.prototype, 'admit', () => 0), /is out (beside|before)/],
  ['the key free as soon as its message came back', freeOnReturn, /is out (beside|before)/],
  [
    'the turn never passed on',
    () => replace(KeyOrder.prototype, 'left', () => {}),
    /nobody has its key|never comes to/,
  ],
  ['nobody woken by a free turn', nobodyWoken, /nobody has its key/],
  ['what was taken before not seen', () => replace(KeyOrder.prototype, 'passed', () => {}), /is out (beside|before)/],
  ['those in line forgotten by a purge', () => replace(Lane.prototype, 'purgeAside', () => 0), /a purge leaves/],
  ['what was purged keeps its turn', keepPurged, /is not handed out|never comes/],
  ['what comes back from elsewhere forgotten', forgetBrought, /is out before|never comes/],
  ['a line that is served from its end', lastFirst, /is out before/],
]

for (const [name, plant, symptom] of BUGS) {
  test(`planted: ${name}`, async () => {
    plant()
    try {
      await checkKeyOrder({ numRuns: RUNS, endOnFailure: true, seed: 7 })
    } catch (error) {
      assert.match(String((error as Error).cause), symptom)
      return
    } finally {
      mock.restoreAll()
    }
    assert.fail(`not found in ${RUNS} histories`)
  })
}

function freeOnReturn(): void {
  const { giveBack } = Lane.prototype
  replace(Lane.prototype, 'giveBack', function (this: Lane, offset: number) {
    giveBack.call(this, offset)
    orderOf(this)?.lost(this, offset)
  })
}

function nobodyWoken(): void {
  const { left } = KeyOrder.prototype
  replace(KeyOrder.prototype, 'left', function (this: KeyOrder, place: number) {
    const queue = Reflect.get(this, 'queue') as Queue
    queue.wakeUp = () => {}
    left.call(this, place)
    Reflect.deleteProperty(queue, 'wakeUp')
  })
}

function keepPurged(): void {
  replace(KeyOrder.prototype, 'purged', function (this: KeyOrder) {
    for (const lane of (Reflect.get(this, 'queue') as Queue).lanes) lane.purgeAside()
  })
}

function forgetBrought(): void {
  replace(Aside.prototype, 'giveBack', function (this: Aside, offset: number) {
    return this.taken.delete(offset)
  })
}

/** Once more in line whenever another comes. */
function lastFirst(): void {
  const { stepAside } = Lane.prototype
  replace(Lane.prototype, 'stepAside', function (this: Lane, offset: number) {
    stepAside.call(this, offset)
    const order = orderOf(this)!
    const places = Reflect.get(order, 'places') as PlaceChains
    for (const line of (Reflect.get(order, 'lines') as Map<string, Chain>).values()) {
      if (line.first !== line.last) places.push(line, places.shift(line))
    }
  })
}

function orderOf(lane: Lane): KeyOrder | null {
  return Reflect.get(lane, 'order')
}
