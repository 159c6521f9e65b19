/**
 * A disk that is full, as a small file system of its own. Run inside a private mount namespace:
 *   unshare --user --map-root-user --mount node broker/test/faults/full-disk.ts FOLDER
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BrokerProcess } from './broker-process.ts'
import { checkComplete, connect, drain, NumberedPublisher } from './numbered-load.ts'

const QUEUE = 'filling'
const FLAGS = ['--journal-file-bytes', '2MiB', '--journal-bytes-max', '8MiB', '--tail-bytes-max', '4MiB']
/** Without progress for so long publishers count as held. */
const HELD_MS = 4000
const FILL_MS_MAX = 60_000

/** Runs the case in a namespace of its own. @returns null where the system does not allow that */
export async function fullDisk(dataDir: string, alarm: boolean): Promise<string | null> {
  const unshare = ['--user', '--map-root-user', '--mount']
  try {
    execFileSync('unshare', [...unshare, 'true'], { stdio: 'ignore' })
  } catch {
    return null
  }
  const args = [...unshare, process.execPath, fileURLToPath(import.meta.url), dataDir, alarm ? '50MB' : '0']
  return execFileSync('unshare', args, { encoding: 'utf8' }).trim()
}

/** Publishes until the disk holds no more: publishers are held or the broker says why it stops; nothing confirmed is lost. */
async function fillDisk(dataDir: string, diskFreeLimit: string): Promise<string> {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', dataDir])
  const flags = [...FLAGS, '--disk-free-limit', diskFreeLimit]
  const broker = await BrokerProcess.start(dataDir, flags)
  const connection = await connect(broker.url)
  const channel = await connection.createChannel()
  await channel.assertQueue(QUEUE, { durable: true })
  const publisher = new NumberedPublisher('p')
  const running = publisher.run(broker.url, '', QUEUE, 200).catch(() => {})
  await held(broker, publisher)
  const wasRunning = broker.isRunning
  if (diskFreeLimit !== '0') assert.ok(wasRunning, `the alarm came too late:\n${broker.output}`)
  let acked = 0
  if (wasRunning) {
    for (; acked < 20; acked++) {
      const message = await channel.get(QUEUE)
      assert.ok(message !== false, 'nothing can be taken out of a queue while the disk is full')
      channel.ack(message)
    }
    await channel.checkQueue(QUEUE)
  } else assert.match(broker.output, /ENOSPC/, `it stopped without saying why:\n${broker.output}`)
  publisher.stop()
  await broker.kill()
  await running
  const { output } = broker
  execFileSync('mount', ['-o', 'remount,size=600m', dataDir])
  const again = await BrokerProcess.start(dataDir, flags)
  const left = await drain(again.url, QUEUE)
  assert.equal(await again.stop(), 0)
  const firstLeft = left[0].number
  assert.ok(firstLeft <= 20, `messages up to ${firstLeft} are gone`)
  for (let number = 0; number < firstLeft; number++) publisher.confirmed.delete(number)
  checkComplete(left, [publisher])
  const reason = wasRunning ? 'publishers held' : 'stopped'
  const word = output.split('\n').find((line) => /alarm|ENOSPC/.test(line))
  return `${reason} after ${publisher.next} messages, ${publisher.confirmed.size} confirmed; ${word ?? 'no word of it'}`
}

/** Waits until nothing is confirmed any more. */
async function held(broker: BrokerProcess, publisher: NumberedPublisher): Promise<void> {
  const start = performance.now()
  let confirmed = 0
  let since = start
  while (broker.isRunning && performance.now() - since < HELD_MS) {
    assert.ok(performance.now() - start < FILL_MS_MAX, `${confirmed} messages were confirmed on 100 MB`)
    await sleep(100)
    if (publisher.confirmed.size === confirmed) continue
    confirmed = publisher.confirmed.size
    since = performance.now()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await fillDisk(process.argv[2], process.argv[3]))
