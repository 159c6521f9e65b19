/**
 * One price service, called by plain TCP, by REST and through a queue, while it is killed and started again. Which
 * calls are answered at once, which wait, which fail?
 */
import type { ChildProcess } from 'node:child_process'
import { connect } from 'amqplib'
import { killChild, startChild, stopChild } from '../child.ts'
import { example } from '../example.ts'
import { type Ask, askByQueue, askByRest, askByTcp } from './callers.ts'
import { prices, queue } from './prices.ts'

const items = ['apple', 'bread', 'cheese']
const callsPerPhase = 20

await example('rpc-mq-rest', async ({ amqpUrl }, prove) => {
  const connection = await connect(amqpUrl)
  const channel = await connection.createChannel()
  await channel.deleteQueue(queue) // what a run that was cut short may have left
  await channel.assertQueue(queue) // it is there whether or not the service is

  let starts = 0
  async function startService(ports: number[]): Promise<[ChildProcess, number[]]> {
    starts++
    const [service, report] = await startChild(new URL('service.ts', import.meta.url), ports, amqpUrl)
    return [service, report as number[]]
  }

  /** Asks for an item and notes what became of the call: it has waited if a later start of the service answered it. */
  async function call(road: Road, item: string): Promise<void> {
    const startsBefore = starts
    try {
      const price = await road.ask(item)
      if (price !== prices[item]) road.wrong++
      else if (starts === startsBefore) road.atOnce++
      else road.waited++
    } catch {
      road.failed++
    }
  }
  const callOften = (road: Road) =>
    Promise.all(Array.from({ length: callsPerPhase }, (_, i) => call(road, items[i % items.length])))

  const [service, ports] = await startService([0, 0])
  const tcp = openRoad(askByTcp(ports[0]))
  const rest = openRoad(askByRest(ports[1]))
  const mq = openRoad(await askByQueue(channel))
  const roads = [tcp, rest, mq]

  console.log(`the service is up: ${callsPerPhase} calls on each road`)
  await Promise.all(roads.map(callOften))

  console.log('one more on each road, and the service is killed while it works on them')
  const isWorkingOnAll = reports(service, roads.length)
  const interrupted = Promise.all(roads.map((road) => call(road, 'diamond')))
  await isWorkingOnAll
  await killChild(service)

  console.log(`the service is down: ${callsPerPhase} calls on each road`)
  const queued = callOften(mq)
  await Promise.all([callOften(tcp), callOften(rest)])

  console.log(`the service is started again: ${callsPerPhase} calls on each road`)
  const [secondService] = await startService(ports)
  await Promise.all(roads.map(callOften))
  await Promise.all([interrupted, queued])
  await stopChild(secondService)
  await channel.deleteQueue(queue)
  await connection.close()

  const whileUp = 2 * callsPerPhase
  const whileDown = callsPerPhase + 1
  prove(`plain TCP: ${show(tcp)}`, tcp.atOnce === whileUp && tcp.failed === whileDown)
  prove(`REST:      ${show(rest)}`, rest.atOnce === whileUp && rest.failed === whileDown)
  prove(`queue:     ${show(mq)}`, mq.atOnce === whileUp && mq.waited === whileDown && mq.failed === 0)
  prove(
    'no answer was wrong',
    roads.every((road) => road.wrong === 0),
  )
})

/** A way to ask, and what became of the calls that took it. */
interface Road {
  ask: Ask
  atOnce: number
  waited: number
  failed: number
  wrong: number
}

function openRoad(ask: Ask): Road {
  return { ask, atOnce: 0, waited: 0, failed: 0, wrong: 0 }
}

function show({ atOnce, waited, failed }: Road): string {
  return `${atOnce} answered at once, ${waited} waited for the restart and were answered, ${failed} failed`
}

/** Resolves when a process has reported `count` times. */
function reports(child: ChildProcess, count: number): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', () => {
      if (--count === 0) resolve()
    })
  })
}
