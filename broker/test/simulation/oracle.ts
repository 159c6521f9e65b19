/**
 * What an engine has promised, written down beside it: the judge of every recovery. A fact carries the round that makes
 * it durable; what was durable when the power went must be there afterwards, what was not may be there or not, and
 * nothing else may be.
 */
import assert from 'node:assert/strict'
import { type Durability, type Log, type LogEngine, Seek } from '../../src/log/engine.ts'
import { MessageView } from '../../src/record/message.ts'
import { differenceOf, type NumberedMessage } from './numbered-message.ts'

/** A load brings a part of what may be needed for the next record; so many must do. */
const LOADS_MAX = 20
const NEVER = Number.POSITIVE_INFINITY

/** What must be there after an end. */
export interface Promised {
  /** The last durable round. */
  durable: number
  /** The same for logs that are only `written`. */
  written: number
  /** The engine was closed. */
  clean: boolean
}

export interface StoredRecord {
  offset: number
  message: NumberedMessage
  arrival: number
  /** 0: already there at the last start. NEVER: nothing of it is journaled. */
  round: number
  settledRound: number
  /** How often it came back, and until when it rests: `count/notBefore`. */
  returns: Fact<string>[]
  delivered: boolean
}

interface Fact<T> {
  value: T
  round: number
}

export class LogModel {
  readonly id: number
  readonly owner: string
  readonly durability: Durability
  createdRound: number
  deletedRound = NEVER
  /** By offset; what is settled for good is dropped at a recovery. */
  records = new Map<number, StoredRecord>()
  /** No recovery may give out an offset below this again. */
  endFloor = 0

  constructor(id: number, owner: string, durability: Durability, createdRound: number) {
    this.id = id
    this.owner = owner
    this.durability = durability
    this.createdRound = createdRound
  }

  copy(): LogModel {
    const copy = new LogModel(this.id, this.owner, this.durability, this.createdRound)
    copy.deletedRound = this.deletedRound
    copy.endFloor = this.endFloor
    for (const [offset, record] of this.records) copy.records.set(offset, { ...record, returns: [...record.returns] })
    return copy
  }

  unsettled(): StoredRecord[] {
    return [...this.records.values()].filter((record) => record.settledRound === NEVER)
  }
}

export class Oracle {
  readonly logs = new Map<number, LogModel>()
  readonly usedIds = new Set<number>()
  readonly definitions = new Map<string, Fact<string | null>[]>()

  /** The same knowledge, to judge another outcome of the same moment. */
  copy(): Oracle {
    const copy = new Oracle()
    for (const [id, model] of this.logs) copy.logs.set(id, model.copy())
    for (const id of this.usedIds) copy.usedIds.add(id)
    for (const [id, facts] of this.definitions) copy.definitions.set(id, [...facts])
    return copy
  }

  created(log: Log, round: number): LogModel {
    assert.ok(!this.usedIds.has(log.id) && !this.logs.has(log.id), `log id ${log.id} was given out before`)
    const model = new LogModel(log.id, log.owner, log.durability, round)
    this.logs.set(log.id, model)
    return model
  }

  appended(model: LogModel, offset: number, message: NumberedMessage, arrival: number, round: number): void {
    assert.ok(
      offset >= model.endFloor,
      `log ${model.id}: offset ${offset} was given out before, up to ${model.endFloor}`,
    )
    assert.ok(!model.records.has(offset), `log ${model.id}: offset ${offset} given out twice`)
    const journaled = message.persistent && model.durability !== 'scratch'
    const record = { offset, message, arrival, round: journaled ? round : NEVER, settledRound: NEVER, delivered: false }
    model.records.set(offset, { ...record, returns: [{ value: '0/0', round: 0 }] })
  }

  defined(id: string, value: string | null, round: number): void {
    const facts = this.definitions.get(id) ?? [{ value: null, round: 0 }]
    facts.push({ value, round })
    this.definitions.set(id, facts)
  }

  /** Compares what was recovered with what was promised, and takes it as the new beginning. */
  async judge(engine: LogEngine, promised: Promised): Promise<void> {
    const { durable } = promised
    for (const id of engine.logs.keys()) assert.ok(this.logs.has(id), `log ${id} was never created`)
    for (const model of [...this.logs.values()]) {
      if (model.createdRound <= durable && model.durability !== 'scratch') this.usedIds.add(model.id)
      if (await this.#judgeLog(engine.logs.get(model.id), model, promised)) continue
      this.logs.delete(model.id)
    }
    this.#judgeDefinitions(engine, durable)
  }

  /** @returns false if the log is gone, as it may be */
  async #judgeLog(log: Log | undefined, model: LogModel, promised: Promised): Promise<boolean> {
    const where = `log ${model.id} (${model.owner})`
    if (log === undefined) {
      const mustExist =
        model.durability !== 'scratch' && model.createdRound <= promised.durable && model.deletedRound === NEVER
      assert.ok(!mustExist, `${where} is lost`)
      return false
    }
    assert.notEqual(model.durability, 'scratch', `${where} should be forgotten`)
    assert.ok(model.deletedRound > promised.durable, `${where} was deleted and is back`)
    assert.deepEqual([log.owner, log.durability], [model.owner, model.durability])

    const { clean } = promised
    const durable = model.durability === 'written' ? promised.written : promised.durable
    const marksHold = !clean && durable === promised.durable
    const found = await readAll(log, model)
    const present = new Set(found)
    const last = found.length === 0 ? -1 : found[found.length - 1].offset
    for (const record of model.records.values()) {
      const isDurable = record.round <= durable
      if (isDurable) model.endFloor = Math.max(model.endFloor, record.offset + 1)
      if (record.settledRound !== NEVER || record.round === NEVER) continue
      if (!isDurable && record.offset > last) continue
      assert.ok(
        present.has(record),
        `${where}: offset ${record.offset} is lost (${isDurable ? 'durable' : 'a later one is there'})`,
      )
    }
    for (const record of found) {
      const at = `${where}: offset ${record.offset}`
      assert.ok(record.settledRound > durable, `${at} was settled and is back`)
      assert.notEqual(record.round, NEVER, `${at} was transient and is back`)
      judgeReturns(record, `${log.returns(record.offset)}/${log.notBefore(record.offset)}`, durable, at)
      if (marksHold && record.delivered)
        assert.ok(log.maybeDelivered(record.offset), `${at} was delivered, which is forgotten`)
    }
    assert.ok(log.endOffset >= model.endFloor, `${where}: offsets from ${log.endOffset} would be given out again`)
    this.#rebase(model, found, clean)
    return true
  }

  #rebase(model: LogModel, found: readonly StoredRecord[], clean: boolean): void {
    model.createdRound = 0
    model.deletedRound = NEVER
    model.records = new Map()
    for (const record of found) {
      model.endFloor = Math.max(model.endFloor, record.offset + 1)
      model.records.set(record.offset, {
        ...record,
        round: 0,
        settledRound: NEVER,
        delivered: record.delivered && !clean,
      })
    }
  }

  #judgeDefinitions(engine: LogEngine, durable: number): void {
    for (const [id, facts] of this.definitions) {
      const bytes = engine.definitions.get(id)
      const value = bytes === undefined ? null : Buffer.from(bytes).toString()
      const allowed = possible(facts, durable)
      assert.ok(allowed.includes(value), `definition ${id} is ${value}, not one of ${allowed.join()}`)
      this.definitions.set(id, [{ value, round: 0 }])
    }
    for (const id of engine.definitions.keys()) assert.ok(this.definitions.has(id), `definition ${id} was never made`)
  }
}

/** The last durable value, or any that was set after it. */
function possible<T>(facts: readonly Fact<T>[], durable: number): T[] {
  const last = facts.findLastIndex((fact) => fact.round <= durable)
  return facts.slice(last).map((fact) => fact.value)
}

function judgeReturns(record: StoredRecord, found: string, durable: number, at: string): void {
  const allowed = possible(record.returns, durable)
  assert.ok(allowed.includes(found), `${at} came back ${found} times, not ${allowed.join()}`)
  record.returns = [{ value: found, round: 0 }]
}

/** Everything unsettled in a log, each compared with what was appended. */
async function readAll(log: Log, model: LogModel): Promise<StoredRecord[]> {
  const found: StoredRecord[] = []
  let bytes = 0
  for (let offset = 0; ; offset = found[found.length - 1].offset + 1) {
    const record = await readNext(log, model, offset)
    if (record === undefined) break
    found.push(record)
    bytes += record.message.bodyLength
  }
  assert.equal(log.unsettled, found.length, `log ${model.id}: messages counted and found`)
  assert.equal(log.unsettledBytes, bytes, `log ${model.id}: bytes counted and found`)
  return found
}

/** The first unsettled record at or after `offset`, compared with what was appended. */
export async function readNext(log: Log, model: LogModel, offset: number): Promise<StoredRecord | undefined> {
  const view = new MessageView()
  for (let attempt = 0; attempt < LOADS_MAX; attempt++) {
    const result = log.seek(offset, view)
    if (result === Seek.end) return undefined
    if (result === Seek.found) {
      const at = `log ${model.id}: offset ${view.offset}`
      const record = model.records.get(view.offset)
      assert.ok(record !== undefined, `${at} was never appended, or settled long ago`)
      const difference = differenceOf(view, record.message, record.arrival)
      assert.equal(difference, undefined, `${at}: the ${difference} changed`)
      return record
    }
    const error = await new Promise<Error | null>((resolve) => log.load(offset, resolve))
    if (error !== null) throw error
  }
  throw new Error(`log ${model.id}: offset ${offset} stays cold after it was loaded`)
}
