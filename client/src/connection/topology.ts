/** What must be there before messages can flow, as data: declared when asked for, and again after each reconnect. */
import type { Channel, Options } from 'amqplib'

export type Declaration =
  | {
      readonly kind: 'exchange'
      readonly name: string
      readonly type: string
      readonly options?: Options.AssertExchange
    }
  | { readonly kind: 'queue'; readonly name: string; readonly options?: Options.AssertQueue }
  | {
      readonly kind: 'binding'
      readonly from: string
      readonly to: string
      /** Of `to`; a queue unless said. */
      readonly toKind?: 'queue' | 'exchange'
      readonly key: string
      readonly arguments?: Readonly<Record<string, unknown>>
    }

/** Two declarations with the same identity are the same thing with the same settings. */
export const identity = (declaration: Declaration): string => JSON.stringify(declaration)

export function describe(declaration: Declaration): string {
  if (declaration.kind !== 'binding') return `declaring ${declaration.kind} '${declaration.name}'`
  return `binding '${declaration.from}' to '${declaration.to}' by '${declaration.key}'`
}

export async function declare(channel: Channel, declaration: Declaration): Promise<void> {
  if (declaration.kind === 'exchange') {
    await channel.assertExchange(declaration.name, declaration.type, declaration.options)
  } else if (declaration.kind === 'queue') {
    await channel.assertQueue(declaration.name, declaration.options)
  } else {
    const { from, to, key } = declaration
    const bind = declaration.toKind === 'exchange' ? 'bindExchange' : 'bindQueue'
    await channel[bind](to, from, key, declaration.arguments)
  }
}
