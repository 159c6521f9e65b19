/** No request's body is larger than the limit: one that says so is refused at once, one that does not is counted as it comes. */
import type { Context, Next } from 'hono'
import { HttpError } from './answers.ts'

/** @throws HttpError 413 */
export function limitBody(bytesMax: number) {
  return async (c: Context, next: Next): Promise<void> => {
    const length = c.req.header('content-length')
    if (length !== undefined && Number(length) > bytesMax) throw tooLarge()
    const isCounted = c.req.header('transfer-encoding') !== undefined && c.req.raw.body !== null
    if (isCounted && c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      const body = await wholeBody(c.req.raw.body!, bytesMax)
      c.req.raw = new Request(c.req.url, { method: c.req.method, headers: c.req.raw.headers, body })
    }
    await next()
  }
}

async function wholeBody(stream: ReadableStream<Uint8Array>, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of stream) {
    bytes += part.length
    if (bytes > bytesMax) throw tooLarge()
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function tooLarge(): HttpError {
  return new HttpError(413, 'content_too_large', 'request body too large')
}
