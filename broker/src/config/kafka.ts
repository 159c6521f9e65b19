/** The section `kafka` of the config file: what does not fit on a line. */
import { z } from 'zod'
import { kafkaProperties } from './kafka-properties.ts'
import { hostAndPortOrNull, oneOf, port, text, trueOrFalse } from './values.ts'

const listener = z.strictObject({
  name: text(/^\w[\w-]*$/),
  port: port.refine((value) => value !== null),
  /** Null: the setting `host`. */
  host: z.union([z.null(), text(/^[^\s/]+$/)]).default(null),
  tls: trueOrFalse.default(false),
  sasl: trueOrFalse.default(false),
  client_auth: oneOf('none', 'requested', 'required').default('none'),
  advertised: hostAndPortOrNull.default(null),
})

export const kafkaSection = z.strictObject({
  listeners: z.array(listener).default([]),
  anonymous: z.union([z.null(), text()]).default(null),
  durability: z.union([z.null(), oneOf('synced', 'written')]).default(null),
  accept_any_replication_factor: trueOrFalse.default(false),
  properties: kafkaProperties.default({ topicDefaults: {} }),
})

export type KafkaListenerSetting = z.output<typeof listener>
export type KafkaSetting = z.output<typeof kafkaSection>
/** As it may be written. */
export type KafkaOption = z.input<typeof kafkaSection>
