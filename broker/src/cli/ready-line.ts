/** The one line on stdout that says the broker takes connections; scripts wait for it and read the ports off it. */

export interface Addresses {
  /** `host:port`, or null where there is no such listener. */
  readonly amqp: string | null
  readonly amqps: string | null
  readonly kafka: string | null
  /** By name, the one above among them. */
  readonly kafkaListeners: Readonly<Record<string, string>>
  readonly http: string | null
  readonly https: string | null
  readonly prometheus: string | null
  /** The path of the Unix socket. */
  readonly amqpSocket: string | null
}

export function readyLine(addresses: Addresses): string {
  const line = `signalbox ready amqp=${addresses.amqp ?? 'off'} kafka=${addresses.kafka ?? 'off'} http=${addresses.http ?? 'off'}`
  const amqps = addresses.amqps === null ? '' : ` amqps=${addresses.amqps}`
  const https = addresses.https === null ? '' : ` https=${addresses.https}`
  const prometheus = addresses.prometheus === null ? '' : ` prometheus=${addresses.prometheus}`
  const socket = addresses.amqpSocket === null ? '' : ` amqp-socket=${addresses.amqpSocket}`
  const kafka = Object.entries(addresses.kafkaListeners)
    .filter(([name]) => name !== 'default')
    .map(([name, address]) => ` kafka.${name}=${address}`)
  return line + amqps + https + prometheus + socket + kafka.join('')
}
