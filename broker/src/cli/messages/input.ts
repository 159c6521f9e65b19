/**
 * Where the payloads of a command come from: its argument, a file, or stdin; whole, or one a line.
 */
import { createReadStream, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { CommandError } from '../command-error.ts'
import { restOf } from '../standard-input.ts'

export interface Input {
  /** Null where nobody can know how many lines will come. */
  readonly count: number | null
  readonly payloads: AsyncIterable<Buffer> | Iterable<Buffer>
}

export interface InputOptions {
  readonly file?: string
  readonly lines?: boolean
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const NOBODY_TYPES = 'no payload: give it as an argument, by --file, or through stdin'

/** @throws CommandError */
export async function inputOf(argument: string | undefined, { file, lines = false }: InputOptions): Promise<Input> {
  if (argument !== undefined) {
    if (file !== undefined) throw new CommandError('the payload is given twice: as an argument and by --file')
    if (!lines) return { count: 1, payloads: [Buffer.from(argument)] }
    const all = [...linesIn(Buffer.from(argument))]
    return { count: all.length, payloads: all }
  }
  const isStdin = file === undefined || file === '-'
  if (file === undefined && process.stdin.isTTY) throw new CommandError(NOBODY_TYPES)
  try {
    if (!lines) return { count: 1, payloads: [isStdin ? await restOf(process.stdin) : readFileSync(file)] }
    if (isStdin) return { count: null, payloads: linesOf(process.stdin) }
    let count = 0
    for await (const _ of linesOf(createReadStream(file))) count++
    return { count, payloads: linesOf(createReadStream(file)) }
  } catch (error) {
    throw new CommandError(`${file ?? 'stdin'} cannot be read: ${(error as Error).message}`)
  }
}

/** The one payload there is. @throws CommandError */
export async function payloadOf(argument: string | undefined, options: InputOptions): Promise<Buffer> {
  for await (const payload of (await inputOf(argument, options)).payloads) return payload
  throw new CommandError(NOBODY_TYPES)
}

/** Without their ends; the last may have none. */
async function* linesOf(input: Readable): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const chunk of input) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1
    if (end === 0) {
      rest = Buffer.concat([rest, chunk])
      continue
    }
    yield* linesIn(Buffer.concat([rest, chunk.subarray(0, end)]))
    rest = Buffer.from(chunk.subarray(end))
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
