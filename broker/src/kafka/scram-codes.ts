/** The numbers of SCRAM's mechanisms on the wire (KIP-554). */
import type { ScramMechanism } from '../broker/access/scram.ts'

const NUMBERS: Readonly<Record<ScramMechanism, number>> = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 }

export function scramNumber(mechanism: ScramMechanism): number {
  return NUMBERS[mechanism]
}

export function scramMechanism(number: number): ScramMechanism | undefined {
  return (Object.keys(NUMBERS) as ScramMechanism[]).find((mechanism) => NUMBERS[mechanism] === number)
}
