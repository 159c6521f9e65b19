/**
 * The frame around every example: it starts a broker, lets the example prove its statements one by one, prints each
 * as a plain line, and ends with exit code 0 only if there was something to prove and all of it held; with 77 if the
 * machine lacks what it needs.
 */
import { type Addresses, startBroker } from './broker.ts'

/** For a busy machine; alone, the longest takes a tenth of it. */
const timeLimitMs = 300_000

export const exitCodeOfMissing = 77

/** Something the example needs, beside Node, is not on this machine. */
export class Missing extends Error {}

/** Prints a statement and counts whether it holds. */
export type Prove = (statement: string, holds: boolean) => void

export async function example(name: string, body: (broker: Addresses, prove: Prove) => Promise<void>): Promise<void> {
  let proved = 0
  let refuted = 0

  function prove(statement: string, holds: boolean): void {
    console.log(`${holds ? 'proved: ' : 'NOT SO: '} ${statement}`)
    if (holds) proved++
    else refuted++
  }

  setTimeout(() => fail(`still running after ${timeLimitMs / 1000} s`), timeLimitMs).unref()
  process.once('SIGTERM', () => fail('stopped from outside'))
  process.once('SIGINT', () => fail('stopped from outside'))

  function fail(reason: unknown): never {
    if (reason instanceof Missing) {
      console.log(`${name}: skipped, this machine lacks ${reason.message}`)
      process.exit(exitCodeOfMissing)
    }
    console.log(`${name}: failed:`, reason)
    process.exit(1)
  }

  try {
    const broker = await startBroker()
    await body(broker, prove)
    await broker.stop()
  } catch (error) {
    fail(error)
  }
  console.log(`${name}: ${proved} proved, ${refuted} refuted`)
  process.exitCode = proved > 0 && refuted === 0 ? 0 : 1
}
