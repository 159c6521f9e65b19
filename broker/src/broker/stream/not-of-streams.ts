/** What streams have not, in RabbitMQ's words. */
import { Refusal } from '../refusal.ts'

export function notOfStreams(what: string, name: string, vhost: string): Refusal {
  return new Refusal('not-implemented', `${what} not supported by stream queues queue '${name}' in vhost '${vhost}'`)
}
