/**
 * The words of this project's pages, counted by two instances of a Kafka Streams application (WordCount.java) with
 * exactly_once_v2; one of them is killed in the middle and started again. The counts must be those of the pages.
 *
 *   node examples/streams-word-count/main.ts [TIMES]     how often the pages are sent, 4 by default
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Kafka } from 'kafkajs'
import { killChild } from '../child.ts'
import { example } from '../example.ts'
import { javaCommand } from '../java.ts'
import { kafkaClient, makeTopics } from '../kafka.ts'

const times = Number(process.argv[2] ?? 4)
const application = 'examples.streams-word-count'
const lines = { topic: `${application}.lines`, numPartitions: 4 }
const counts = { topic: `${application}.counts`, numPartitions: 2 }
const pages = new URL('../../docs/', import.meta.url)
const endOfCounts = 'end'

await example('streams-word-count', async ({ kafkaBroker }, prove) => {
  const command = javaCommand(new URL('.', import.meta.url), 'WordCount')
  const folder = mkdtempSync(join(tmpdir(), 'streams-word-count-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

  const kafka = kafkaClient(kafkaBroker)
  const admin = kafka.admin()
  await admin.connect()
  await forget(kafka)
  await makeTopics(admin, [lines, counts])
  const text = linesOfPages()
  const expected = countDirectly(text)
  const words = sum(expected)
  await send(kafka, text)
  console.log(`${text.length} lines with ${words} words, ${expected.size} different ones`)

  const args = [kafkaBroker, lines.topic, counts.topic, application]
  const start = (name: string) => startInstance(command, [...args, join(folder, name)])
  const startedMs = performance.now()
  const instances = new Map(['first', 'second'].map((name) => [name, start(name)]))
  const seen = await follow(kafka)
  // Whoever joins late may find that the other one has done it all.
  const victim = await Promise.race([...instances].map(([name, one]) => one.counted(text.length / 4).then(() => name)))
  const before = sum(seen.counts)
  await killChild(instances.get(victim)!.child)
  prove(`an instance was killed when ${before} of ${words} words were counted and committed`, before < words)
  instances.set(victim, start(victim))
  while (sum(seen.counts) < words) await sleep(100)
  const seconds = (performance.now() - startedMs) / 1000
  await Promise.all([...instances.values()].map(stopInstance))
  await seen.end()

  const wrong = [...expected].filter(([word, count]) => seen.counts.get(word) !== count)
  prove(
    `${seen.counts.size} words counted in ${seconds.toFixed(1)} s, ${wrong.length} counts differ from a direct count`,
    seen.counts.size === expected.size && wrong.length === 0,
  )
  prove(`each count only ever grew, over ${seen.updates} updates: ${seen.setbacks} setbacks`, seen.setbacks === 0)
  await forget(kafka)
  await admin.disconnect()
})

/** Words are what stands between spaces, in small letters. */
function linesOfPages(): string[] {
  const names = readdirSync(pages).filter((name) => name.endsWith('.md'))
  const text = names.sort().map((name) => readFileSync(new URL(name, pages), 'utf8').toLowerCase())
  const all = text.flatMap((page) => page.split('\n').map((line) => line.split(/\s+/).filter(Boolean).join(' ')))
  const written = all.filter((line) => line !== '')
  return Array.from({ length: times }, () => written).flat()
}

function countDirectly(text: string[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const line of text) for (const word of line.split(' ')) found.set(word, (found.get(word) ?? 0) + 1)
  return found
}

async function send(kafka: Kafka, text: string[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = text.map((value, number) => ({ partition: number % lines.numPartitions, value }))
  for (let at = 0; at < messages.length; at += 1000) {
    await producer.send({ topic: lines.topic, messages: messages.slice(at, at + 1000) })
  }
  await producer.disconnect()
}

interface Instance {
  readonly child: ChildProcess
  /** Resolves when this instance has read so many lines. */
  counted(lines: number): Promise<void>
}

function startInstance(command: string[], args: string[]): Instance {
  const [java, ...options] = command
  const child = spawn(java, [...options, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  child.once('exit', (code, signal) => {
    process.off('exit', endWithUs)
    if (signal === null && code !== 0 && code !== 143) console.log(`an instance ended with exit code ${code}`) // 143: after SIGTERM
  })
  let read = 0
  const waiting = new Set<() => void>()
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => {
    read = Number(/^lines (\d+)/.exec(line)?.[1] ?? read)
    for (const look of waiting) look()
  })
  return {
    child,
    counted(enough) {
      return new Promise((resolve) => waiting.add(() => read >= enough && resolve()))
    },
  }
}

async function stopInstance({ child }: Instance): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

/** Follows the committed counts while they grow. */
async function follow(kafka: Kafka) {
  const seen = { counts: new Map<string, number>(), updates: 0, setbacks: 0, end }
  let ends = 0
  const consumer = kafka.consumer({ groupId: `${application}.follower`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: counts.topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message: { key, value } }) => {
      if (key === null) {
        ends++
        return
      }
      const [word, count] = [key.toString(), Number(value)]
      seen.updates++
      if (count <= (seen.counts.get(word) ?? 0)) seen.setbacks++
      seen.counts.set(word, count)
    },
  })

  /** Everything that there is has been seen when it resolves. */
  async function end(): Promise<void> {
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    const messages = Array.from({ length: counts.numPartitions }, (_, partition) => ({ partition, value: endOfCounts }))
    await producer.send({ topic: counts.topic, messages })
    await producer.disconnect()
    while (ends < counts.numPartitions) await sleep(20)
    await consumer.disconnect()
  }
  return seen
}

/** Removes what this run or one before it made, with the topics and groups of the application itself. */
async function forget(kafka: Kafka): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const isOurs = (name: string) => name.startsWith(application)
  const topics = (await admin.listTopics()).filter(isOurs)
  if (topics.length > 0) await admin.deleteTopics({ topics })
  const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter(isOurs)
  if (groups.length > 0) await admin.deleteGroups(groups)
  await admin.disconnect()
}

function sum(numbers: Map<string, number>): number {
  let total = 0
  for (const number of numbers.values()) total += number
  return total
}
