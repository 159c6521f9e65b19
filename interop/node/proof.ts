/**
 * What the Node programs print: one line per capability, `CLIENT VERSION: CAPABILITY ok (what was seen)` or
 * `… FAILED: why`. A failed or hanging capability does not keep the next one from being tried: each opens its own
 * connection and has its own time.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Messages in the numbered series; more than any window of confirms or prefetch used here. */
export const SERIES = 500
const SECONDS_EACH = 100

/** Resolves to what was seen, in a few words; throws what was wrong. */
export type Check = () => Promise<string>

/**
 * Tries every check, `atOnce` of them at a time, and ends the process: 0 if all held, 1 otherwise. More than one is for
 * checks that mostly wait for the broker.
 */
export async function proveAll(
  client: string,
  version: string,
  checks: Record<string, Check>,
  atOnce = 1,
): Promise<never> {
  let failed = 0
  const left = Object.entries(checks).values()
  const proveNext = async () => {
    for (const [capability, check] of left) {
      try {
        console.log(`${client} ${version}: ${capability} ok (${await within(SECONDS_EACH, check())})`)
      } catch (error) {
        failed++
        const why = error instanceof Error ? error.message : String(error)
        console.log(`${client} ${version}: ${capability} FAILED: ${why.replaceAll('\n', ' | ')}`)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, proveNext))
  process.exit(failed === 0 ? 0 : 1)
}

/** @throws if `seen` is not, in its JSON form, what was `expected`. */
export function expectSame(what: string, seen: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(expected)]
  if (left !== right) throw new Error(`${what}: expected ${shorten(right)}, got ${shorten(left)}`)
}

/** A name that no earlier run against the same broker has used. */
export function freshName(purpose: string): string {
  return `interop.${purpose}.${randomBytes(6).toString('hex')}`
}

/** The body of message `number`: its number first, then filler; every hundredth is longer than one AMQP frame. */
export function numberedBody(number: number): Buffer {
  return Buffer.from(`${number} `.padEnd(number % 100 === 99 ? 300_000 : 20 + (number % 7) * 30, 'x'))
}

/** The number a body carries. @throws if the rest of it is not what was sent. */
export function numberOf(body: Buffer): number {
  const number = Number.parseInt(body.toString('latin1', 0, 12), 10)
  if (!body.equals(numberedBody(number))) throw new Error(`the body of message ${number} is not the one sent`)
  return number
}

/** The version in an installed package's package.json. */
export function installedVersion(name: string): string {
  const place = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(place, 'utf8')) as { version: string }).version
}

/** The broker's URL or, for Kafka's clients, its HOST:PORT: the program's only argument. */
export function brokerUrl(): string {
  const url = process.argv[2]
  if (url === undefined) throw new Error('usage: node PROGRAM.ts amqp://user:password@host:port/ (or HOST:PORT)')
  return url
}

/** Also ends with what a callback of the library throws, which no promise carries. */
function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no end after ${seconds} s`)), seconds * 1000)
  process.once('uncaughtException', reject)
  return Promise.race([work, promise]).finally(() => {
    clearTimeout(timer)
    process.off('uncaughtException', reject)
  })
}

function shorten(text: string | undefined): string {
  return text === undefined ? 'nothing' : text.length > 300 ? text.slice(0, 300) + '…' : text
}
