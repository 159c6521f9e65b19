/**
 * Damaged data directories. A torn last write was never promised: it is cut and all else is there. Anything else is
 * refused with the place, and nothing is changed: once the damage is undone, all is there.
 */
import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import path from 'node:path'
import { encodeEntryHead, entryRoom, JOURNAL_BLOCK_BYTES } from '../../src/log/entry.ts'
import { BrokerProcess } from './broker-process.ts'
import { flipBit, JOURNAL_FOLDER, journalEntries, middleOf, overwrite } from './journal-places.ts'
import { checkComplete, connect, drain, NumberedPublisher } from './numbered-load.ts'

const QUEUE = 'kept'
const MESSAGES = 400

/** The last entry's head and first block reached the disk, its other blocks did not. */
export async function tornLastWrite(dataDir: string): Promise<string> {
  const publisher = await fill(dataDir)
  const last = (await journalEntries(dataDir)).at(-1)!
  const length = 3 * JOURNAL_BLOCK_BYTES
  const { bytes } = encodeEntryHead({
    ...last.head,
    flags: 0,
    number: last.head.number + 1,
    previousCrc: last.head.crc,
    length,
    bodyCrc: 1,
  })
  const block = Buffer.alloc(JOURNAL_BLOCK_BYTES, 'torn')
  block.set(bytes)
  const behind = last.position + entryRoom(last.head.length)
  await overwrite(dataDir, last.file, block, behind)
  await expectAll(dataDir, publisher)
  return `an entry cut at byte ${behind}`
}

export async function flippedBit(dataDir: string): Promise<string> {
  const publisher = await fill(dataDir)
  const entries = await journalEntries(dataDir)
  const place = entries[entries.length >> 1]
  return refusedUntilUndone(dataDir, publisher, {
    damage: () => flipBit(dataDir, place.file, middleOf(place)),
    undo: () => flipBit(dataDir, place.file, middleOf(place)),
    named: [place.file, `entry ${place.head.number} `, `byte ${place.position} `],
  })
}

export async function flippedBitInFileHead(dataDir: string): Promise<string> {
  const publisher = await fill(dataDir)
  const [{ file }] = await journalEntries(dataDir)
  return refusedUntilUndone(dataDir, publisher, {
    damage: () => flipBit(dataDir, file, 30),
    undo: () => flipBit(dataDir, file, 30),
    named: [file],
  })
}

/** A journal file is gone that is needed and not the last. */
export async function missingJournalFile(dataDir: string): Promise<string> {
  const publisher = await fill(dataDir, 2000, ['--journal-file-bytes', '1MiB'])
  const entries = await journalEntries(dataDir)
  const { file } = entries.findLast((place) => place.head.fileSeq < entries.at(-1)!.head.fileSeq)!
  return refusedUntilUndone(dataDir, publisher, {
    damage: () => rename(path.join(dataDir, file), path.join(dataDir, 'away')),
    undo: () => rename(path.join(dataDir, 'away'), path.join(dataDir, file)),
    named: [JOURNAL_FOLDER, 'missing'],
  })
}

export async function missingVersion(dataDir: string): Promise<string> {
  const publisher = await fill(dataDir)
  const file = path.join(dataDir, 'store/VERSION')
  return refusedUntilUndone(dataDir, publisher, {
    damage: () => rename(file, path.join(dataDir, 'away')),
    undo: () => rename(path.join(dataDir, 'away'), file),
    named: ['store/VERSION'],
  })
}

export async function newerFormat(dataDir: string): Promise<string> {
  const publisher = await fill(dataDir)
  return refusedUntilUndone(dataDir, publisher, {
    damage: () => overwrite(dataDir, 'store/VERSION', Buffer.from('signalbox store 9'), 0),
    undo: () => overwrite(dataDir, 'store/VERSION', Buffer.from('signalbox store 2'), 0),
    named: ['store/VERSION', 'format 9', 'newer'],
  })
}

interface Damaging {
  damage(): Promise<void>
  undo(): Promise<void>
  /** What the refusal must name. */
  named: string[]
}

async function refusedUntilUndone(dataDir: string, publisher: NumberedPublisher, it: Damaging): Promise<string> {
  await it.damage()
  const refusal = await BrokerProcess.refused(dataDir)
  assert.ok(refusal.code !== 0 && refusal.code !== null, `exit code ${refusal.code}`)
  for (const part of it.named) assert.ok(refusal.output.includes(part), `'${part}' is not named in: ${refusal.output}`)
  assert.doesNotMatch(refusal.output, /^ +at /m, 'a stack trace is no message for an operator')
  await it.undo()
  await expectAll(dataDir, publisher)
  return refusal.output.trim().split('\n').at(-1)!
}

/** A data directory left behind by a kill, with confirmed messages in many entries. */
async function fill(dataDir: string, messages = MESSAGES, flags: string[] = []): Promise<NumberedPublisher> {
  const broker = await BrokerProcess.start(dataDir, flags)
  const connection = await connect(broker.url)
  const channel = await connection.createChannel()
  await channel.assertQueue(QUEUE, { durable: true })
  await connection.close()
  const publisher = new NumberedPublisher('p')
  await publisher.run(broker.url, '', QUEUE, 10, messages)
  assert.equal(publisher.confirmed.size, messages)
  await broker.kill()
  return publisher
}

async function expectAll(dataDir: string, publisher: NumberedPublisher): Promise<void> {
  const broker = await BrokerProcess.start(dataDir)
  checkComplete(await drain(broker.url, QUEUE), [publisher])
  assert.equal(await broker.stop(), 0)
}
