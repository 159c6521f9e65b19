/** Which broker is at the other end, as it said itself when the connection was opened. */
import type { ServerProperties } from 'amqplib'

export interface BrokerInfo {
  /** For people: `Signalbox 0.1.0`, `RabbitMQ 3.10.8`. */
  readonly name: string
  readonly isSignalbox: boolean
  /** Of the product; [0] where it says none. */
  readonly version: readonly number[]
}

export function brokerInfo(properties: ServerProperties): BrokerInfo {
  const { signalbox_version: own, product, version } = properties
  const said = String(own ?? version ?? '0')
  return {
    name: own === undefined ? `${product} ${said}` : `Signalbox ${own}`,
    isSignalbox: own !== undefined,
    version: said.split('.').map((part) => Number.parseInt(part, 10) || 0),
  }
}

/** Whether the version is at least `major.minor`. */
export function isSince({ version }: BrokerInfo, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}
