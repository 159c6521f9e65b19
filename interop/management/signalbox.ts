/** A fresh Signalbox, for what wants one of its own. */
import { startBroker } from '../broker.ts'
import type { Target } from './target.ts'

export async function startSignalbox(): Promise<Target> {
  const { addresses, stop } = await startBroker()
  const http = addresses.http!.replace('//', '//guest:guest@')
  return { name: 'signalbox', http, amqp: addresses.amqp!, stop }
}
