/**
 * A request over HTTP, and its answer as it comes. Node's `fetch` could do it, but loading that takes more time than all
 * else that a short command does.
 */
import type { IncomingMessage } from 'node:http'

/** Nobody waits longer for nothing. */
const SILENCE_MS = 300_000

export interface Request {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Ends it, the answer too. */
  readonly signal: AbortSignal
}

/** Resolves with the head of the answer. @throws the system's error, AbortError */
export function request(address: string, { method, headers, body, signal }: Request): Promise<IncomingMessage> {
  // By an import, Node would read every export of it, WebSocket among them, and load what `fetch` loads.
  const { request } = process.getBuiltinModule(address.startsWith('https:') ? 'node:https' : 'node:http')
  return new Promise((resolve, reject) => {
    const sized = body === undefined ? headers : { ...headers, ...lengthOf(body) }
    const options = { method, headers: sized, signal, timeout: SILENCE_MS }
    const sent = request(address, options, resolve)
    sent.on('timeout', () => sent.destroy(new Error(`nothing came for ${SILENCE_MS / 60_000} minutes`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

/** What is left of an answer. @throws the system's error if it is cut off */
export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function lengthOf(body: string): Record<string, string> {
  return { 'content-length': String(Buffer.byteLength(body)) }
}
