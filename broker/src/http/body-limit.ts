/**
 * What bodies of requests may take. None is larger than its limit: one that says so is refused at once, one that does not
 * is counted as it comes. Large ones are read before anything looks at them, and all of those that are under way together
 * have one budget. Only who has logged in has bodies read, but for the login itself.
 */
import type { Context, Next } from 'hono'
import { HttpError } from './answers.ts'

/** Beyond it the body has its part in the budget. */
const LARGE_BYTES = 64 << 10

export class BodyBudget {
  private left: number

  /** @param bytes of all large bodies that are under way */
  constructor(bytes: number) {
    this.left = bytes
  }

  /** @throws HttpError 413, 503 */
  limit(bytesMax: number) {
    return async (c: Context, next: Next): Promise<void> => {
      const { body } = c.req.raw
      const said = c.req.header('content-length')
      if (said !== undefined && Number(said) > bytesMax) throw tooLarge()
      if (body === null || (said !== undefined && Number(said) <= LARGE_BYTES)) return next()
      const taken = { bytes: 0 }
      try {
        const { url, method, headers, signal } = c.req.raw
        c.req.raw = new Request(url, { method, headers, signal, body: await this.read(body, bytesMax, taken) })
        await next()
      } finally {
        this.left += taken.bytes
      }
    }
  }

  private async read(
    stream: ReadableStream<Uint8Array>,
    bytesMax: number,
    taken: { bytes: number },
  ): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = []
    for await (const part of stream) {
      taken.bytes += part.length
      this.left -= part.length
      if (taken.bytes > bytesMax) throw tooLarge()
      if (this.left < 0) throw tooMuch()
      parts.push(part)
    }
    return Buffer.concat(parts)
  }
}

function tooLarge(): HttpError {
  return new HttpError(413, 'content_too_large', 'request body too large')
}

function tooMuch(): HttpError {
  const reason = 'other large requests are under way: try again'
  return new HttpError(503, 'service_unavailable', reason, { 'retry-after': '1' })
}
