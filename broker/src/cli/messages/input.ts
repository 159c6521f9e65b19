/**
 * Where the payloads of a command come from: its argument, a file, or stdin; whole, or one a line.
 */
import { createReadStream, readFileSync } from 'node:fs'
import { addAbortSignal, type Readable } from 'node:stream'
import { CommandError } from '../command-error.ts'
import { restOf } from '../standard-input.ts'

export interface Input {
  /** Null where nobody can know how many lines will come. */
  readonly count: number | null
  /** Null: there is no more just now, so that what was read need not wait for it. */
  readonly payloads: AsyncIterable<Buffer | null> | Iterable<Buffer>
}

export interface InputOptions {
  readonly file?: string
  readonly lines?: boolean
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const NOBODY_TYPES = 'no payload: give it as an argument, by --file, or through stdin'

/** @param signal ends what stdin has. @throws CommandError */
export async function inputOf(
  argument: string | undefined,
  { file, lines = false }: InputOptions,
  signal: AbortSignal,
): Promise<Input> {
  if (argument !== undefined) {
    if (file !== undefined) throw new CommandError('the payload is given twice: as an argument and by --file')
    if (!lines) return { count: 1, payloads: [Buffer.from(argument)] }
    const all = [...linesIn(Buffer.from(argument))]
    return { count: all.length, payloads: all }
  }
  const isStdin = file === undefined || file === '-'
  if (file === undefined && process.stdin.isTTY) throw new CommandError(NOBODY_TYPES)
  try {
    if (!lines)
      return {
        count: 1,
        payloads: [isStdin ? await restOf(addAbortSignal(signal, process.stdin)) : readFileSync(file)],
      }
    if (isStdin) return { count: null, payloads: arriving(process.stdin, signal) }
    let count = 0
    for await (const _ of linesOf(createReadStream(file))) count++
    return { count, payloads: linesOf(createReadStream(file)) }
  } catch (error) {
    if (signal.aborted) throw error
    throw new CommandError(`${file ?? 'stdin'} cannot be read: ${(error as Error).message}`)
  }
}

/** The one payload there is. @throws CommandError */
export async function payloadOf(
  argument: string | undefined,
  options: InputOptions,
  signal: AbortSignal,
): Promise<Buffer> {
  for await (const payload of (await inputOf(argument, options, signal)).payloads) if (payload !== null) return payload
  throw new CommandError(NOBODY_TYPES)
}

/** The lines of somebody who may take a break, and may be interrupted in it. */
async function* arriving(input: Readable, signal: AbortSignal): AsyncGenerator<Buffer | null> {
  const chunks = addAbortSignal(signal, input)
  try {
    for await (const line of linesOf(chunks, true)) yield line
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/**
 * Without their ends; the last may have none.
 *
 * @param withBreaks null where no more has been read
 */
async function* linesOf(input: Readable, withBreaks = false): AsyncGenerator<Buffer | null> {
  let rest = Buffer.alloc(0)
  for await (const chunk of input) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1
    if (end === 0) {
      rest = Buffer.concat([rest, chunk])
      continue
    }
    yield* linesIn(Buffer.concat([rest, chunk.subarray(0, end)]))
    rest = Buffer.from(chunk.subarray(end))
    if (withBreaks && input.readableLength === 0) yield null
  }
  yield* linesIn(rest)
}

function* linesIn(text: Buffer): Generator<Buffer> {
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf(LINE_FEED, at)
    const next = found < 0 ? text.length : found
    const end = text[next - 1] === CARRIAGE_RETURN && next > at ? next - 1 : next
    yield text.subarray(at, end)
    at = next + 1
  }
}
