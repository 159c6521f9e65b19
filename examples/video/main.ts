/**
 * Videos are demuxed, encoded in three resolutions and packaged by worker processes of different speed. One of them is
 * killed in the middle of a job. The books, a queue bound to every event, show what became of each job.
 */
import { type Channel, type ConsumeMessage, connect } from 'amqplib'
import { killChild, startChild, stopChild } from '../child.ts'
import { example } from '../example.ts'
import { exchange, film, plays, queueOf, resolutions, type Step, takes } from './steps.ts'

const titles = ['alien', 'brazil', 'casablanca', 'delicatessen', 'eraserhead', 'fargo', 'gattaca', 'heat']
const jobCount = titles.length * resolutions.length
const steps = Object.keys(takes) as Step[]

await example('video', async ({ amqpUrl }, prove) => {
  const connection = await connect(amqpUrl)
  const channel = await connection.createChannel()
  await buildPipeline(channel)
  const books = await keepBooks(channel)

  const start = async (step: Step, name: string, msPerJob: number) =>
    (await startChild(new URL('worker.ts', import.meta.url), [step, name, msPerJob], amqpUrl))[0]
  const workers = await Promise.all([
    start('demux', 'demuxer', 10),
    start('encode', 'fast', 30),
    start('encode', 'steady', 90),
    start('package', 'packager', 0),
  ])
  const victim = await start('encode', 'victim', 3000)
  const killed = new Promise<string>((resolve) => {
    victim.once('message', (report) => killChild(victim).then(() => resolve(String(report))))
  })

  for (const title of titles) channel.publish(exchange, `uploaded.${title}`, film(title), { persistent: true })
  const lostJob = (await killed).replace('victim started ', '')
  console.log(`killed a worker while it worked on ${lostJob}`)

  await books.complete
  await Promise.all(workers.map(stopChild))

  const encoded = books.events('encoded')
  const again = encoded.filter((event) => event.properties.headers?.redelivered)
  const by = (worker: string) => encoded.filter((event) => event.properties.headers?.worker === worker).length
  const packages = books.events('packaged')
  console.log(`encoded by: fast ${by('fast')}, steady ${by('steady')}, victim ${by('victim')}`)

  prove(
    `the job of the killed worker, and no other, was redelivered: ${again.map(subject)}`,
    again.length === 1 && subject(again[0]) === lostJob.replace('demuxed.', ''),
  )
  prove(`nothing lost: ${encoded.length} of ${jobCount} encodings are in the books`, encoded.length === jobCount)
  prove('nothing was finished twice', isEachOnce(encoded) && isEachOnce(packages))
  prove(
    `${packages.length} of ${titles.length} videos are packaged and play, to the byte, in ${resolutions}`,
    packages.length === titles.length && packages.every((event) => plays(event.content, subject(event))),
  )
  prove('no job is left in any queue', (await tearDown(channel)) === 0)
  await connection.close()
})

/** A topic exchange, and one durable queue for each step, bound to the events that the step takes. */
async function buildPipeline(channel: Channel): Promise<void> {
  await tearDown(channel) // what a run that was cut short may have left
  await channel.assertExchange(exchange, 'topic')
  for (const step of steps) {
    await channel.assertQueue(queueOf(step))
    await channel.bindQueue(queueOf(step), exchange, takes[step])
  }
}

/** Deletes all that buildPipeline made; returns how many messages were still waiting. */
async function tearDown(channel: Channel): Promise<number> {
  let waiting = 0
  for (const step of steps) waiting += (await channel.deleteQueue(queueOf(step))).messageCount
  await channel.deleteExchange(exchange)
  return waiting
}

/** Writes down every event of the pipeline; the books are complete when each video has been packaged. */
async function keepBooks(channel: Channel) {
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, exchange, '#')
  const all: ConsumeMessage[] = []
  const events = (kind: string) => all.filter((event) => event.fields.routingKey.startsWith(`${kind}.`))
  const complete = new Promise<void>((resolve) => {
    const write = (event: ConsumeMessage | null): void => {
      all.push(event!)
      if (events('packaged').length === titles.length) resolve()
    }
    channel.consume(queue, write, { noAck: true })
  })
  return { events, complete }
}

/** What an event is about: the title, and the resolution where there is one. */
function subject(event: ConsumeMessage): string {
  return event.fields.routingKey.replace(/^\w+\./, '')
}

function isEachOnce(events: ConsumeMessage[]): boolean {
  return new Set(events.map(subject)).size === events.length
}
