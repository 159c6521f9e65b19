/** Addresses of objects' pages. */
import { path } from './api/client.ts'

export type ObjectKind =
  | 'queue'
  | 'stream'
  | 'exchange'
  | 'topic'
  | 'group'
  | 'connection'
  | 'channel'
  | 'vhost'
  | 'user'
  | 'transaction'

/** The default exchange has no name; addresses call it as RabbitMQ's do. */
export const exchangeSegment = (name: string): string => (name === '' ? 'amq.default' : name)

/** Where a click on it leads. */
export function pageOf(kind: ObjectKind, name: string, vhost = '/'): string {
  switch (kind) {
    case 'queue':
    case 'stream':
      return path`/queues/${vhost}/${name}`
    case 'exchange':
      return path`/exchanges/${vhost}/${exchangeSegment(name)}`
    case 'topic':
      return path`/topics/${vhost}/${name}`
    case 'group':
      return path`/groups/${vhost}/${name}`
    case 'connection':
      return path`/connections/${name}`
    case 'channel':
      return path`/channels/${name}`
    case 'vhost':
      return path`/vhosts/${name}`
    case 'user':
      return path`/users/${name}`
    case 'transaction':
      return `/transactions?filter=${encodeURIComponent(name)}`
  }
}

/** The messages of a queue or topic. */
export const messagesOf = (kind: 'queue' | 'topic', vhost: string, name: string): string =>
  kind === 'queue' ? path`/queues/${vhost}/${name}/messages` : path`/topics/${vhost}/${name}/messages`
