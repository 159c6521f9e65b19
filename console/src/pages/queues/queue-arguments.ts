/** The arguments of queues that people set most, in words; anything else can be set by its name. */

export type QueueType = 'classic' | 'quorum' | 'stream'

export const QUEUE_TYPES: readonly { readonly type: QueueType; readonly title: string; readonly text: string }[] = [
  {
    type: 'classic',
    title: 'Classic',
    text: 'Messages wait until they are acknowledged. Priorities, exclusive and transient queues.',
  },
  {
    type: 'quorum',
    title: 'Quorum',
    text: 'Counts deliveries, and dead-letters what fails too often. Always durable.',
  },
  {
    type: 'stream',
    title: 'Stream',
    text: 'A log that keeps what was read; every consumer reads it from where it likes.',
  },
]

export const ARGUMENT_GROUPS = ['Limits', 'Dead letters', 'Delivery', 'Retries', 'Source'] as const

export interface KnownArgument {
  readonly name: string
  readonly title: string
  readonly kind: 'number' | 'text' | 'choice' | 'yes'
  readonly text: string
  readonly choices?: readonly string[]
  /** What holds where nothing is chosen. */
  readonly standard?: string
  readonly for: readonly QueueType[]
  readonly group: (typeof ARGUMENT_GROUPS)[number]
}

const QUEUES: readonly QueueType[] = ['classic', 'quorum']

export const QUEUE_ARGUMENTS: readonly KnownArgument[] = [
  {
    name: 'x-message-ttl',
    title: 'Message time to live (ms)',
    kind: 'number',
    for: QUEUES,
    group: 'Limits',
    text: 'A message older than this is dropped, or dead-lettered.',
  },
  {
    name: 'x-expires',
    title: 'Queue expires (ms)',
    kind: 'number',
    for: QUEUES,
    group: 'Limits',
    text: 'The queue is deleted when nobody used it for so long.',
  },
  {
    name: 'x-max-length',
    title: 'Most messages',
    kind: 'number',
    for: QUEUES,
    group: 'Limits',
    text: 'When it is full, the rule below decides.',
  },
  {
    name: 'x-max-length-bytes',
    title: 'Most bytes',
    kind: 'number',
    for: ['classic', 'quorum', 'stream'],
    group: 'Limits',
    text: 'Of the bodies of messages that are ready; of a stream, its whole size.',
  },
  {
    name: 'x-max-age',
    title: 'Longest age',
    kind: 'text',
    for: ['stream'],
    group: 'Limits',
    text: 'What is older is deleted: 7D, 12h, 30m. Y, M, D, h, m and s are units.',
  },
  {
    name: 'x-overflow',
    title: 'When it is full',
    kind: 'choice',
    standard: 'drop-head',
    choices: ['drop-head', 'reject-publish', 'reject-publish-dlx'],
    for: QUEUES,
    group: 'Limits',
    text: 'Drop the oldest message, or refuse the newest.',
  },
  {
    name: 'x-dead-letter-exchange',
    title: 'Dead-letter exchange',
    kind: 'text',
    for: QUEUES,
    group: 'Dead letters',
    text: 'Gets what was rejected, expired or did not fit.',
  },
  {
    name: 'x-dead-letter-routing-key',
    title: 'Dead-letter routing key',
    kind: 'text',
    for: QUEUES,
    group: 'Dead letters',
    text: 'Instead of the key that the message came with.',
  },
  {
    name: 'x-delivery-limit',
    title: 'Delivery limit',
    kind: 'number',
    for: QUEUES,
    group: 'Dead letters',
    text: 'Returned more often than this, a message is dropped or dead-lettered.',
  },
  {
    name: 'x-max-priority',
    title: 'Priorities',
    kind: 'number',
    for: ['classic'],
    group: 'Delivery',
    text: '1 to 255 levels; higher ones are delivered first.',
  },
  {
    name: 'x-single-active-consumer',
    title: 'Single active consumer',
    kind: 'yes',
    for: QUEUES,
    group: 'Delivery',
    text: 'One consumer gets all, the others stand by.',
  },
  {
    name: 'x-ordered-by-key',
    title: 'Order within keys',
    kind: 'yes',
    for: QUEUES,
    group: 'Delivery',
    text: 'Of the messages with the same header x-ordering-key, one is out at a time.',
  },
  {
    name: 'x-dispatch',
    title: 'Who gets the next message',
    kind: 'choice',
    standard: 'round-robin',
    choices: ['round-robin', 'random', 'least-loaded'],
    for: QUEUES,
    group: 'Delivery',
    text: 'Consumers in turn, one by chance, or the one with the most room.',
  },
  {
    name: 'x-delayed-retry-type',
    title: 'Wait before delivering again',
    kind: 'choice',
    standard: 'disabled',
    choices: ['all', 'failed', 'returned', 'disabled'],
    for: QUEUES,
    group: 'Retries',
    text: 'Which of the messages that come back wait before they are delivered again.',
  },
  {
    name: 'x-delayed-retry-min',
    title: 'Wait at first (ms)',
    kind: 'number',
    for: QUEUES,
    group: 'Retries',
    text: 'After the first return. Without it nothing waits.',
  },
  {
    name: 'x-delayed-retry-max',
    title: 'Wait at most (ms)',
    kind: 'number',
    for: QUEUES,
    group: 'Retries',
    text: 'Without it the wait does not grow.',
  },
  {
    name: 'x-delayed-retry-backoff',
    title: 'How the wait grows',
    kind: 'choice',
    standard: 'linear',
    choices: ['linear', 'exponential', 'fixed'],
    for: QUEUES,
    group: 'Retries',
    text: 'By as much each time, twice as long each time, or not at all.',
  },
  {
    name: 'x-source-topic',
    title: 'Over a topic',
    kind: 'text',
    for: ['classic', 'quorum'],
    group: 'Source',
    text: 'The queue hands out the records of this topic, without copying them.',
  },
]
