/** stdin: a secret is its first line, and whatever follows is still there for who reads on. */
import { once } from 'node:events'
import type { Readable } from 'node:stream'

const LINE_FEED = 10

/** Without its line end; all there is if no line ends. */
export async function firstLine(input: Readable): Promise<string> {
  let read = Buffer.alloc(0)
  while (!input.readableEnded) {
    const chunk: Buffer | null = input.read()
    if (chunk === null) {
      await Promise.race([once(input, 'readable'), once(input, 'end')])
      continue
    }
    read = Buffer.concat([read, chunk])
    const end = read.indexOf(LINE_FEED)
    if (end < 0) continue
    if (end + 1 < read.length) input.unshift(read.subarray(end + 1))
    read = read.subarray(0, end)
    break
  }
  return read.toString().replace(/\r$/, '')
}

/** All that is left of it. */
export async function restOf(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of input) chunks.push(chunk)
  return Buffer.concat(chunks)
}
