/** What this is, in the words that the management API has for it. */
import { DIALECT } from '../../broker/dialect.ts'
import { exchangeTypes } from '../../broker/routing/create.ts'
import type { HttpContext } from '../context.ts'

const { node } = process.versions

/** Clients know RabbitMQ by its version, and want to hear of Erlang; what runs is said in its place. */
export function versions({ settings }: HttpContext): object {
  return {
    rabbitmq_version: DIALECT,
    management_version: DIALECT,
    product_name: 'Signalbox',
    product_version: settings.signalboxVersion,
    signalbox_version: settings.signalboxVersion,
    erlang_version: node,
    erlang_full_version: `Node.js ${node} (V8 ${process.versions.v8})`,
  }
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  direct: 'AMQP direct exchange, as per the AMQP specification',
  fanout: 'AMQP fanout exchange, as per the AMQP specification',
  headers: 'AMQP headers exchange, as per the AMQP specification',
  topic: 'AMQP topic exchange, as per the AMQP specification',
}

export const EXCHANGE_TYPES: readonly object[] = exchangeTypes.map((name) => ({
  name,
  description: DESCRIPTIONS[name] ?? '',
  enabled: true,
}))

/** Samples are kept for ten minutes. */
export const RETENTION = { global: [600], basic: [600], detailed: [600] }
