/**
 * Tools that cannot be run here, as their source reads the API: the addresses that they ask, spelled as they spell them,
 * and just the fields that they take, with the types that their languages parse. Each names where that was read.
 */
import type { Area, Row, Step } from '../row.ts'
import type { Shape } from '../shape.ts'
import type { Target } from '../target.ts'
import { type Asked, flow, ofFlow, stillness } from './flow.ts'

const rate: Shape = { rate: 'number' }
const numbers = (names: string, optional = ''): Record<string, Shape> =>
  Object.fromEntries(
    names.split(/\s+/).map((name) => [`${name}${optional}`, name.endsWith('_details') ? rate : 'number']),
  )
const found = (body: { items: unknown[] }) => body.items.length === 2

/** RabbitMQ shows a queue without numbers until it has told of them. */
const allCounted = (queues: { messages?: number }[]) => queues.every(({ messages }) => messages !== undefined)

const isAmqp = ({ protocol }: { protocol: string }) => protocol === 'amqp'

/** pkg/scalers/rabbitmq_scaler.go, 2.21: `getQueueInfoViaHTTP`, `getJSON`, `queueInfo`, `regexQueueInfo`. */
const keda: Row[] = (() => {
  const info: Shape = {
    name: 'string',
    ...numbers('messages messages_ready messages_unacknowledged'),
    'message_stats?': numbers('publish_details deliver_get_details', '?'),
  }
  const moving: Shape = { ...info, message_stats: numbers('publish_details deliver_get_details') }
  const list: Shape = { items: [info], page_count: 'number' }
  const pattern = (query: string) => `/api/queues/flow?page=1&use_regex=true&pagination=false&name=${query}`
  return ofFlow([
    // MessageRate, DeliverGetRate, PublishedToDeliveredRatio, ExpectedQueueConsumptionTime: rates that are not 0.
    {
      path: '/api/queues/flow/flow.a',
      shape: moving,
      until: ({ message_stats: { publish_details, deliver_get_details } }) =>
        publish_details.rate > 0 && deliver_get_details.rate > 0,
    },
    // QueueLength, and with excludeUnacknowledged.
    {
      path: '/api/queues/flow/flow.held',
      shape: info,
      until: (body) => body.messages === 4 && body.messages_ready === 3 && body.messages_unacknowledged === 1,
    },
    { path: pattern('%5Eflow%5C.&page_size=100'), shape: list, until: found },
    { path: pattern('%5Eflow%5C.&page_size=1'), shape: { items: 'array', page_count: 'number' } },
    { path: pattern('%5Enone%24&page_size=100'), shape: list },
    { path: '/api/queues/flow/none', status: 404 },
    { path: '/api/queues/%2F/none', status: 404 },
    // Escaped as if it stood in a query.
    { path: '/api/queues/flow/flow+b', status: 0 },
  ])
})()

/** plugins/inputs/rabbitmq/rabbitmq.go, 1.37: the structs into which it decodes; a pointer may be null. */
const telegraf: Row[] = (() => {
  const counters = `ack deliver deliver_get publish redeliver publish_in publish_out return_unroutable`
  const stats = numbers(`${counters} ${counters.replaceAll(/\w+/g, '$&_details')}`, '?')
  const totals = numbers('messages messages_ready messages_unacknowledged')
  const bytes = numbers(
    'message_bytes message_bytes_ready message_bytes_unacknowledged message_bytes_ram message_bytes_persistent',
    '?',
  )
  const node: Shape = {
    name: 'string',
    disk_free_alarm: 'boolean',
    mem_alarm: 'boolean',
    running: 'boolean',
    ...numbers(`disk_free disk_free_limit fd_total fd_used mem_limit mem_used proc_total proc_used run_queue
      sockets_total sockets_used uptime mnesia_disk_tx_count mnesia_disk_tx_count_details mnesia_ram_tx_count
      mnesia_ram_tx_count_details gc_num gc_num_details io_read_bytes io_read_bytes_details io_write_bytes
      io_write_bytes_details`),
    ...numbers(
      `gc_bytes_reclaimed gc_bytes_reclaimed_details io_read_avg_time io_read_avg_time_details io_write_avg_time
      io_write_avg_time_details`,
      '?',
    ),
  }
  const queue: Shape = {
    ...{ name: 'string', node: 'string', vhost: 'string', durable: 'boolean', auto_delete: 'boolean' },
    ...{ 'type?': 'string', 'idle_since?': 'string', 'slave_nodes?': ['string'] },
    ...{ 'synchronised_slave_nodes?': ['string'], 'head_message_timestamp?': 'number|null' },
    ...totals,
    ...bytes,
    ...numbers('consumers memory'),
    ...numbers('consumer_utilisation', '?'),
    'message_stats?': stats,
  }
  const exchange: Shape = {
    ...{ name: 'string', type: 'string', vhost: 'string' },
    ...{ internal: 'boolean', durable: 'boolean', auto_delete: 'boolean', 'message_stats?': stats },
  }
  return ofFlow([
    {
      path: '/api/overview',
      shape: {
        message_stats: stats,
        object_totals: numbers('channels connections consumers exchanges queues'),
        queue_totals: totals,
        listeners: [{ protocol: 'string' }],
      },
      until: (body) => body.message_stats.deliver_get > 0 && body.listeners.some(isAmqp),
    },
    { path: '/api/nodes', shape: [node] },
    {
      path: '/api/nodes/{node}/memory',
      shape: {
        memory: {
          ...numbers(`connection_readers connection_writers connection_channels connection_other queue_procs
            queue_slave_procs plugins other_proc metrics mgmt_db mnesia other_ets binary msg_index code atom
            other_system allocated_unused reserved_unallocated`),
          total: numbers('rss allocated erlang'),
        },
      },
    },
    { path: '/api/queues', shape: [queue], sortBy: ['vhost', 'name'], until: allCounted },
    { path: '/api/exchanges', shape: [exchange], sortBy: ['vhost', 'name'] },
    { path: '/api/federation-links', shape: 'array' },
  ])
})()

/** exporter_*.go and rabbitClient.go of 2024: what is a number is a metric under its dotted name, what is text a label. */
const exporter: Row[] = (() => {
  const queue: Shape = {
    ...{ vhost: 'string', name: 'string', durable: 'boolean', state: 'string', node: 'string' },
    ...{ 'policy?': 'string|null', 'idle_since?': 'string', arguments: {} },
    ...numbers('messages messages_ready messages_unacknowledged message_bytes message_bytes_ready consumers memory'),
    ...numbers('messages_ram messages_persistent messages_ready_ram messages_unacknowledged_ram disk_reads', '?'),
    ...numbers('message_bytes_unacknowledged message_bytes_ram message_bytes_persistent disk_writes reductions', '?'),
    'garbage_collection?': {},
    'message_stats?': numbers('publish confirm deliver deliver_no_ack get get_no_ack redeliver ack', '?'),
  }
  const memory = numbers(`allocated_unused atom binary code connection_channels connection_other connection_readers
    connection_writers metrics mgmt_db mnesia msg_index other_ets other_proc other_system plugins queue_procs
    queue_slave_procs reserved_unallocated`)
  const asked = ofFlow([
    {
      path: '/api/overview?sort=',
      shape: {
        ...{ cluster_name: 'string', node: 'string', rabbitmq_version: 'string', erlang_version: 'string' },
        object_totals: numbers('channels connections consumers queues exchanges'),
        queue_totals: numbers('messages messages_ready messages_unacknowledged'),
        message_stats: numbers('publish_details deliver_details'),
      },
      until: (body) => body.message_stats.publish > 0,
    },
    {
      path: '/api/nodes?sort=',
      shape: [
        {
          ...{ name: 'string', running: 'boolean', mem_alarm: 'boolean', disk_free_alarm: 'boolean' },
          ...numbers('uptime mem_used mem_limit disk_free disk_free_limit fd_used fd_total sockets_used sockets_total'),
          partitions: 'array',
        },
      ],
    },
    {
      path: '/api/nodes/{node}/memory?sort=',
      shape: { memory: { ...memory, total: numbers('rss allocated erlang') } },
    },
    { path: '/api/queues?sort=', shape: [queue], sortBy: ['vhost', 'name'], until: allCounted },
    {
      path: '/api/exchanges?sort=',
      shape: [{ name: 'string', vhost: 'string', 'message_stats?': numbers('publish_in publish_out', '?') }],
      sortBy: ['vhost', 'name'],
    },
    {
      path: '/api/connections?sort=',
      shape: [
        {
          ...{ vhost: 'string', node: 'string', peer_host: 'string', user: 'string', state: 'string' },
          ...numbers('channels recv_oct recv_cnt send_oct send_cnt send_pend'),
        },
      ],
      until: (body) => body.length === 1 && body[0].state === 'running',
    },
    { path: '/api/federation-links?sort=', shape: 'array' },
    { path: '/api/shovels?sort=', shape: 'array' },
    { path: '/api/aliveness-test/%2F', shape: { status: 'string' } },
  ])
  // It prefers Erlang's own format, which later RabbitMQs and Signalbox answer with JSON.
  const headers = { accept: 'application/bert, application/json;q=0.1' }
  const preferring = { headers, since: '4.0', name: 'GET /api/overview, BERT preferred' }
  return [...asked, { ...asked[0]!, ...preferring }]
})()

/** rabbitmq/datadog_checks/rabbitmq/rabbitmq.py: paths of `ATTRIBUTES`; what is not there is left out. */
const datadog: Row[] = (() => {
  const counted = (names: string) =>
    numbers(
      names
        .split(' ')
        .flatMap((name) => [name, `${name}_details`])
        .join(' '),
      '?',
    )
  const all = 'ack confirm deliver_get publish publish_in publish_out return_unroutable redeliver'
  const lengths = counted('messages messages_ready messages_unacknowledged')
  return ofFlow([
    { path: '/api/vhosts', shape: [{ name: 'string' }], sortBy: ['name'] },
    {
      path: '/api/overview',
      shape: {
        ...{ cluster_name: 'string', rabbitmq_version: 'string', queue_totals: lengths, message_stats: counted(all) },
        object_totals: numbers('connections channels queues consumers'),
      },
    },
    {
      path: '/api/exchanges',
      shape: [{ name: 'string', vhost: 'string', 'message_stats?': counted(all) }],
      sortBy: ['vhost', 'name'],
    },
    {
      path: '/api/queues/flow',
      shape: [
        {
          ...{ name: 'string', vhost: 'string', node: 'string', 'policy?': 'string|null' },
          ...{
            'head_message_timestamp?': 'number|null',
            'message_stats?': counted('ack deliver deliver_get publish redeliver'),
          },
          ...lengths,
          ...numbers('consumers memory'),
          ...numbers('consumer_utilisation active_consumers', '?'),
        },
      ],
      sortBy: ['name'],
      until: allCounted,
    },
    { path: '/api/queues/flow/flow.a/bindings', shape: [{ source: 'string' }], until: (body) => body.length === 2 },
    {
      path: '/api/nodes',
      shape: [
        {
          ...{
            name: 'string',
            partitions: 'array',
            running: 'boolean',
            mem_alarm: 'boolean',
            disk_free_alarm: 'boolean',
          },
          ...numbers('fd_used disk_free mem_used mem_limit run_queue sockets_used'),
        },
      ],
    },
    {
      path: '/api/vhosts/flow/connections',
      shape: [{ vhost: 'string', state: 'string' }],
      until: (body) => body.length === 1,
    },
    { path: '/api/aliveness-test/flow', shape: { status: 'string' }, until: (body) => body.status === 'ok' },
  ])
})()

/** Spring's BrokerRunningSupport.java, `alivenessTest`: the body is compared as text, the login comes after a 401. */
async function exactlyAlive(target: Target): Promise<void> {
  const { origin, username, password } = new URL(target.http)
  const signal = AbortSignal.timeout(10_000)
  const url = `${origin}/api/aliveness-test/%2F`
  const first = await fetch(url, { signal })
  const challenge = first.headers.get('www-authenticate') ?? ''
  if (first.status !== 401 || !challenge.startsWith('Basic realm=')) throw new Error(`${target.name}: no challenge`)
  const authorization = `Basic ${btoa(`${username}:${password}`)}`
  const text = await (await fetch(url, { headers: { authorization }, signal })).text()
  if (text !== '{"status":"ok"}') throw new Error(`${target.name}: alive with ${text}`)
}

/** The transport's ManagementApi: Overview.cs, Queue.cs, QueueArguments.cs, PolicyDefinition.cs, DeliveryLimitConverter. */
const nservicebus: Row[] = (() => {
  const definition = (limit: number) => ({ 'delivery-limit': limit })
  const policy = { pattern: '^limited$', priority: 1, 'apply-to': 'queues', definition: definition(3) }
  const limited: Shape = { name: 'string', type: 'string', arguments: { 'x-delivery-limit': 'number' } }
  return ofFlow([
    { path: '/api/overview', shape: { rabbitmq_version: 'string', product_name: 'string', product_version: 'string' } },
    { path: '/api/feature-flags', shape: [{ name: 'string', state: 'string' }], sortBy: ['name'] },
    {
      path: '/api/queues/flow/limited',
      shape: limited,
      also: { delivery_limit: 'number' },
      until: (body) => body.delivery_limit === undefined || body.delivery_limit === 7,
    },
    { method: 'PUT', path: '/api/policies/flow/limit', body: policy, status: 201 },
    {
      path: '/api/queues/flow/limited',
      name: 'GET /api/queues/flow/limited by a policy',
      shape: { ...(limited as object), policy: 'string', effective_policy_definition: { 'delivery-limit': 'number' } },
      also: { delivery_limit: 'number' },
      until: (body) => body.policy === 'limit' && (body.delivery_limit ?? 3) === 3,
    },
    {
      method: 'PUT',
      path: '/api/policies/flow/unlimited',
      body: { ...policy, pattern: '.*', 'apply-to': 'quorum_queues', priority: 0, definition: definition(-1) },
      status: 201,
      since: '4.0',
    },
    { method: 'DELETE', path: '/api/policies/flow/limit', status: 204 },
  ])
})()

/** A queue is shown whole with the next statistics. */
const shown = (path: string): Partial<Row> =>
  path.startsWith('queues/') ? { until: (body) => body.consumers === 0 } : {}

/** resource_*.go and provider.go of 2025, which call rabbit-hole 3.2: `GetVhost`, `PutShovel` and so on. */
const terraform: Row[] = (() => {
  const shovel = {
    ...{ 'src-uri': 'amqp://', 'src-queue': 'q', 'src-protocol': 'amqp091' },
    ...{ 'dest-uri': 'amqp://', 'dest-queue': 'q2', 'dest-protocol': 'amqp091', 'ack-mode': 'on-confirm' },
  }
  const upstream = { uri: 'amqp://127.0.0.1:1', 'prefetch-count': 1000, 'reconnect-delay': 5, 'ack-mode': 'on-confirm' }
  const parameter: Shape = { component: 'string', vhost: 'string', name: 'string', value: {} }
  const policy = { pattern: '.*', priority: 0, 'apply-to': 'all', definition: { 'message-ttl': 5000 } }
  const policyShape: Shape = {
    ...{ vhost: 'string', name: 'string', pattern: 'string', 'apply-to': 'string', priority: 'number', definition: {} },
  }
  const rights = { configure: '.*', write: '.*', read: '.*' }
  const rightsShape: Shape = { user: 'string', vhost: 'string', configure: 'string', write: 'string', read: 'string' }
  const topic = { exchange: 'x', write: '^a', read: '^b' }
  const topicShape: Shape = { user: 'string', vhost: 'string', exchange: 'string', write: 'string', read: 'string' }
  const bound: Shape = {
    ...{ source: 'string', vhost: 'string', destination: 'string', destination_type: 'string', routing_key: 'string' },
    ...{ arguments: {}, properties_key: 'string' },
  }
  /** Each resource: made, read, made again, and removed after all others, when it is not there any more. */
  const resources: readonly [path: string, body: object, shape: Shape, status?: number][] = [
    ['vhosts/tf', { description: 'd', tags: 'a' }, { name: 'string' }],
    ['vhost-limits/tf/max-queues', { value: 10 }, 'any', 204],
    ['users/tf', { password: 'p', tags: 'management' }, { name: 'string', tags: 'array' }],
    ['permissions/tf/tf', rights, rightsShape],
    [
      'exchanges/tf/x',
      { type: 'topic', durable: true, auto_delete: false, arguments: {} },
      { name: 'string', vhost: 'string', type: 'string', durable: 'boolean', auto_delete: 'boolean', arguments: {} },
    ],
    ['topic-permissions/tf/tf', topic, [topicShape]],
    [
      'queues/tf/q',
      { durable: true, auto_delete: false, arguments: { 'x-max-length': 3 } },
      { name: 'string', vhost: 'string', durable: 'boolean', auto_delete: 'boolean', arguments: {} },
    ],
    ['policies/tf/p', policy, policyShape],
    ['operator-policies/tf/p', { ...policy, 'apply-to': 'queues' }, policyShape],
    ['parameters/shovel/tf/s', { value: shovel }, parameter],
    ['parameters/federation-upstream/tf/u', { value: upstream }, parameter],
  ]
  return ofFlow([
    { path: '/api/overview', shape: { rabbitmq_version: 'string', management_version: 'string' } },
    ...resources.flatMap(([path, body, shape, status = 201]): Asked[] => [
      { method: 'PUT', path: `/api/${path}`, body, status },
      ...(path.startsWith('vhost-limits') ? [] : [{ path: `/api/${path}`, shape, ...shown(path) }]),
    ]),
    { path: '/api/vhost-limits/tf', shape: [{ vhost: 'string', value: { 'max-queues': 'number' } }] },
    {
      method: 'POST',
      path: '/api/bindings/tf/e/x/q/q',
      body: { routing_key: 'a.b', arguments: {} },
      status: 201,
    },
    { path: '/api/bindings/tf/e/x/q/q', shape: [bound], until: (body) => body[0].properties_key === 'a.b' },
    { path: '/api/bindings/tf', shape: [bound], sortBy: ['source'] },
    { method: 'DELETE', path: '/api/bindings/tf/e/x/q/q/a.b', status: 204 },
    {
      method: 'DELETE',
      path: '/api/bindings/tf/e/x/q/q/a.b',
      status: 404,
      name: 'DELETE a binding that is gone',
    },
    ...resources
      .toReversed()
      .flatMap(([path]): Row[] => [
        { method: 'DELETE', path: `/api/${path}`, status: 204 },
        ...(path.startsWith('vhost-limits')
          ? []
          : [{ path: `/api/${path}`, status: 404, name: `GET /api/${path} when it is gone` }]),
      ]),
  ])
})()

const watching = (name: string, steps: readonly Step[]): Area => ({ name, steps: [flow, ...steps] })

export const notRun: readonly Area[] = [
  watching('keda', keda),
  watching('telegraf', telegraf),
  watching('rabbitmq-exporter', exporter),
  watching('datadog', datadog),
  watching('nservicebus', [...nservicebus, stillness]),
  { name: 'spring-test', steps: [exactlyAlive, { path: '/api/aliveness-test/%2F', status: 200 }] },
  { name: 'terraform', steps: terraform },
]
