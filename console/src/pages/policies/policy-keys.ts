/** What policies can set, in words. Those that are accepted for old clients and change nothing are not offered. */

/** What a setting means something to. */
export type Target = 'classic' | 'quorum' | 'stream' | 'exchange'

export interface PolicyKey {
  readonly name: string
  readonly title: string
  readonly kind: 'number' | 'text' | 'choice'
  readonly choices?: readonly string[]
  readonly text: string
  readonly group: 'Limits' | 'Dead letters' | 'Delivery' | 'Streams and topics' | 'Exchanges'
  readonly for: readonly Target[]
  /** A policy with this setting does not apply to queues of these types at all. */
  readonly notFor?: readonly Target[]
  /** Whether operator policies have it. */
  readonly operator: boolean
}

const QUEUES: readonly Target[] = ['classic', 'quorum']
const NO_STREAMS: readonly Target[] = ['stream']

export const POLICY_KEYS: readonly PolicyKey[] = [
  {
    name: 'message-ttl',
    title: 'Message time to live (ms)',
    kind: 'number',
    text: 'A message older than this is dropped, or dead-lettered.',
    group: 'Limits',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: true,
  },
  {
    name: 'expires',
    title: 'Queue expires (ms)',
    kind: 'number',
    text: 'A queue is deleted when nobody used it for so long.',
    group: 'Limits',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: true,
  },
  {
    name: 'max-length',
    title: 'Most messages',
    kind: 'number',
    text: 'Ready messages in each queue; when it is full, “overflow” decides.',
    group: 'Limits',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: true,
  },
  {
    name: 'max-length-bytes',
    title: 'Most bytes',
    kind: 'number',
    text: 'Of the bodies that are ready in each queue; of a stream or topic, its whole size.',
    group: 'Limits',
    for: [...QUEUES, 'stream'],
    operator: true,
  },
  {
    name: 'overflow',
    title: 'When it is full',
    kind: 'choice',
    choices: ['drop-head', 'reject-publish', 'reject-publish-dlx'],
    text: 'Drop the oldest message, or refuse the newest, with or without dead-lettering it.',
    group: 'Limits',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: true,
  },
  {
    name: 'dead-letter-exchange',
    title: 'Dead-letter exchange',
    kind: 'text',
    text: 'Gets what was rejected, expired or did not fit.',
    group: 'Dead letters',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: false,
  },
  {
    name: 'dead-letter-routing-key',
    title: 'Dead-letter routing key',
    kind: 'text',
    text: 'Instead of the key that the message came with.',
    group: 'Dead letters',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: false,
  },
  {
    name: 'dead-letter-strategy',
    title: 'Dead-letter strategy',
    kind: 'choice',
    choices: ['at-most-once', 'at-least-once'],
    text: 'Whether a dead letter may be lost, or is kept until its target has it.',
    group: 'Dead letters',
    for: ['quorum'],
    notFor: NO_STREAMS,
    operator: false,
  },
  {
    name: 'delivery-limit',
    title: 'Delivery limit',
    kind: 'number',
    text: 'Returned more often than this, a message is dropped or dead-lettered. -1: never.',
    group: 'Dead letters',
    for: ['quorum'],
    notFor: NO_STREAMS,
    operator: true,
  },
  {
    name: 'consumer-timeout',
    title: 'Must acknowledge within (ms)',
    kind: 'number',
    text: 'A channel that holds a message longer is closed, and the message goes back.',
    group: 'Delivery',
    for: QUEUES,
    operator: false,
  },
  {
    name: 'dispatch',
    title: 'Who gets the next message',
    kind: 'choice',
    choices: ['round-robin', 'random', 'least-loaded'],
    text: 'Consumers in turn, one by chance, or the one with the most room.',
    group: 'Delivery',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: false,
  },
  {
    name: 'delayed-retry-type',
    title: 'Wait before delivering again',
    kind: 'choice',
    choices: ['all', 'failed', 'returned', 'disabled'],
    text: 'Which of the messages that come back wait before they are delivered again.',
    group: 'Delivery',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: true,
  },
  {
    name: 'delayed-retry-min',
    title: 'Wait at first (ms)',
    kind: 'number',
    text: 'Longer each time a message comes back.',
    group: 'Delivery',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: true,
  },
  {
    name: 'delayed-retry-max',
    title: 'Wait at most (ms)',
    kind: 'number',
    text: 'Never longer than this.',
    group: 'Delivery',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: true,
  },
  {
    name: 'delayed-retry-backoff',
    title: 'How the wait grows',
    kind: 'choice',
    choices: ['linear', 'exponential', 'fixed'],
    text: 'By as much each time, twice as long each time, or not at all.',
    group: 'Delivery',
    for: QUEUES,
    notFor: NO_STREAMS,
    operator: true,
  },
  {
    name: 'max-age',
    title: 'Longest age',
    kind: 'text',
    text: 'What is older is deleted: 7D, 12h, 30m. Y, M, D, h, m and s are units.',
    group: 'Streams and topics',
    for: ['stream'],
    notFor: QUEUES,
    operator: false,
  },
  {
    name: 'stream-max-segment-size-bytes',
    title: 'Segment size (bytes)',
    kind: 'number',
    text: 'How much is deleted at once.',
    group: 'Streams and topics',
    for: ['stream'],
    notFor: QUEUES,
    operator: false,
  },
  {
    name: 'alternate-exchange',
    title: 'Alternate exchange',
    kind: 'text',
    text: 'Gets what an exchange cannot route.',
    group: 'Exchanges',
    for: ['exchange'],
    operator: false,
  },
]

export const policyKey = (name: string): PolicyKey | undefined => POLICY_KEYS.find((key) => key.name === name)
