/**
 * Where Signalbox's management API answers otherwise than RabbitMQ 3.10's, and why. Whatever differs and is not listed
 * here fails, and so does what is listed and no longer differs. `docs/management-api.md` shows this list.
 */

export interface Difference {
  /** The requests it is seen in, as `METHOD /path` or a row's own name; `*` stands for anything. */
  readonly rows: string | readonly string[]
  /** Where in the answer, `*` for anything; empty for the answer as a whole. */
  readonly path: string | readonly string[]
  readonly kind?: Kind | readonly Kind[]
  readonly reason: string
  /** Seen in some runs only. */
  readonly sometimes?: true
}

export type Kind = 'status' | 'header' | 'missing' | 'extra' | 'type' | 'value' | 'length'

/** Of RabbitMQ 4, which is the dialect that is spoken. */
const LATER: readonly Difference[] = [
  {
    rows: ['GET /api/vhosts*', 'GET a vhost*'],
    path: ['*default_queue_type', '*protected_from_deletion'],
    reason: 'As RabbitMQ 4: the default type of queues is named, and virtual hosts can be protected from deletion.',
  },
  { rows: 'GET /api/auth*', path: '*', reason: 'As RabbitMQ 4: OAuth 2 is spoken of, not UAA.' },
  { rows: 'GET /api/whoami*', path: 'is_internal_user', kind: 'extra', reason: 'As RabbitMQ 4.' },
  {
    rows: 'POST …/get a dead letter',
    path: '[].properties.headers.x-last-death-*',
    kind: 'extra',
    reason: 'As RabbitMQ 3.13: dead letters carry `x-last-death-*`.',
  },
  {
    rows: ['GET /api/queues*', 'GET a queue*'],
    path: ['*delivery_limit', '*leader', '*members', '*online'],
    kind: 'extra',
    reason:
      'As RabbitMQ 4: quorum queues and streams tell their delivery limit, leader and members, without statistics too.',
  },
  {
    rows: ['GET /api/consumers*', 'GET /api/queues/li/q', 'GET /api/queues/flow/*', 'GET /api/channels*'],
    path: '*consumer_timeout',
    kind: 'extra',
    reason: 'As RabbitMQ 4.3: consumers tell their timeout; the Rust client wants it.',
  },
  {
    rows: 'GET /api/overview*',
    path: ['cluster_tags', 'node_tags', 'default_queue_type', 'is_op_policy_updating_enabled', 'listeners[].tls'],
    kind: 'extra',
    reason: 'As RabbitMQ 4.',
  },
  {
    rows: 'GET /api/nodes*',
    path: '[].being_drained',
    kind: 'extra',
    reason: 'As RabbitMQ 3.11; the Rust client wants it.',
  },
]

/** What only Signalbox has. */
const OURS: readonly Difference[] = [
  {
    rows: ['GET /api/queues*', 'GET a queue*'],
    path: ['*paused', '*held', '*source_topic', '*delayed', '*lost_records'],
    kind: 'extra',
    reason: 'Beyond RabbitMQ: queues can be paused, hold back delayed retries, and read topics.',
  },
  {
    rows: [
      'GET /api/consumers*',
      'GET /api/queues/li/q',
      'GET /api/queues/flow/*',
      'GET /api/channels*',
      'GET /api/connections*',
      'GET /api/vhosts/li/channels',
    ],
    path: ['*messages_unacknowledged', '*oldest_unacked_since'],
    kind: 'extra',
    reason: 'Beyond RabbitMQ: who holds how many unacknowledged messages, and since when.',
  },
  {
    rows: 'GET /api/overview*',
    path: ['signalbox_version', 'listeners[].name'],
    kind: 'extra',
    reason: 'Beyond RabbitMQ.',
  },
  {
    rows: ['GET /api/vhosts*', 'GET a vhost*', 'GET /api/overview*'],
    path: [
      '*messages*',
      '*message_stats',
      '*recv_oct',
      '*send_oct',
      'churn_rates*',
      'queue_totals*',
      'listeners',
      'contexts',
      'statistics_db_event_queue',
      'object_totals.*',
    ],
    kind: 'extra',
    reason:
      'Numbers are there from the first moment, where RabbitMQ leaves them out until it has counted; strict clients want them. `disable_stats` leaves out what costs work only.',
  },
  {
    rows: 'GET /api/connections/username/guest',
    path: '*',
    kind: 'extra',
    reason: 'The connections of a user are shown whole, not by name alone.',
  },
]

/** What RabbitMQ tells of Erlang, or of parts that Signalbox does not have. */
const ERLANG: readonly Difference[] = [
  {
    rows: '*',
    path: [
      '*garbage_collection*',
      '*reductions*',
      '*backing_queue_status',
      '*recoverable_slaves',
      '*open_files',
      '*readers',
    ],
    reason: 'Of Erlang’s processes and RabbitMQ’s files; what clients parse is there with zeros.',
  },
  {
    rows: ['GET /api/queues*', 'GET a queue*'],
    path: ['*messages_dlx', '*message_bytes_dlx', '*single_active_consumer_ctag', '*totals', '*type_specific'],
    kind: 'missing',
    reason: 'Numbers of inner parts of RabbitMQ’s quorum queues and listings.',
  },
  {
    rows: ['GET /api/queues*', 'GET a queue*'],
    path: [
      '*messages_paged_out',
      '*message_bytes*',
      '*messages_ready_ram',
      '*messages_unacknowledged_ram',
      '*head_message_timestamp',
      '*exclusive_consumer_tag',
      '*single_active_consumer_tag',
      '*messages_ram',
      '*messages_persistent',
    ],
    kind: 'extra',
    reason: 'Queues of all types have the same fields.',
  },
  {
    rows: 'GET /api/nodes*',
    path: [
      '*io_*_count*',
      '*io_*_avg_time*',
      '*queue_index_*',
      '*ra_open_file_metrics',
      '*metrics_gc_queue_length*',
      '*gc_bytes_reclaimed*',
      '*_details',
    ],
    kind: ['missing', 'extra'],
    reason:
      'What is counted of files is what this broker does; what V8 reclaims, it does not tell. Mnesia and the message store have zeros, `gc_num` counts from the first time it is asked for.',
  },
  {
    rows: 'GET /api/nodes/{node}/memory*',
    path: ['memory.metadata_store*', 'memory.log_tail', 'memory.heap', 'memory.other_external'],
    kind: 'extra',
    reason: 'Parts of RabbitMQ 4, which the Rust client wants, and of this process.',
  },
  {
    rows: ['GET /api/overview*', 'GET /api/nodes*'],
    path: [
      '*listeners*socket_opts*',
      '*contexts*',
      '*exchange_types*',
      '*applications*',
      '*auth_mechanisms*',
      '*enabled_plugins*',
    ],
    reason: 'Options of Erlang’s sockets; plugins and exchange types of each broker.',
  },
  {
    rows: 'GET /api/health/checks/protocol-listener/*',
    path: ['protocols*', 'protocol'],
    reason: 'Each broker’s own listeners; a protocol is called as it was asked for.',
  },
]

/** The same refusal in other words. */
const WORDS: readonly Difference[] = [
  {
    rows: ['PUT *', 'POST *', 'DELETE *'],
    path: ['reason', 'error'],
    kind: ['value', 'type'],
    reason:
      'The same refusal in a sentence where RabbitMQ 3.10 shows an Erlang term or the code of AMQP, or hides why.',
  },
  {
    rows: 'GET /api/queues/qu?page=1&name=%5B&use_regex=true',
    path: 'reason',
    kind: 'value',
    reason: 'Says which parameter is wrong.',
  },
  {
    rows: 'GET /api/whoami*',
    path: ['error', 'www-authenticate'],
    reason: '`not_authorised` for every refusal; the challenge comes with each 401 but to the console.',
  },
]

/** What RabbitMQ answers 500, 200 or 400 to because it does not look. */
const LOOKED_AT: readonly Difference[] = [
  {
    rows: ['POST …/get with an unknown ackmode', 'GET /api/nodes/none@nowhere', 'GET /api/connections/none/channels'],
    path: '',
    reason: 'Refused with 400 or 404 where RabbitMQ 3.10 fails with 500.',
  },
  {
    rows: [
      'GET /api/exchanges/ex/none/bindings/source',
      'GET /api/queues/qu/none/bindings',
      'GET /api/bindings/bi/e/none/q/q',
      'GET /api/bindings/bi/e/s/q/none',
    ],
    path: '*',
    reason: '404 for bindings of what is not there, where RabbitMQ 3.10 answers with an empty list.',
  },
  {
    rows: ['POST /api/exchanges/me/none/publish', 'POST /api/exchanges/none/amq.default/publish'],
    path: '*',
    reason: '404 for an exchange that is not there, where RabbitMQ 3.10 answers 400 or 401.',
  },
  {
    rows: ['PUT /api/users/bad4', 'DELETE /api/users/bad4'],
    path: '',
    kind: 'status',
    reason: 'A password hash that can be none is refused, where RabbitMQ keeps a user that nobody can log in as.',
  },
  {
    rows: ['GET /api/queues/li/q', 'GET /api/exchanges/li/x', 'GET a queue that was worked on'],
    path: ['*incoming', '*outgoing', '*deliveries'],
    kind: 'length',
    reason: 'What flows between an exchange and a queue is always counted; RabbitMQ does in its detailed mode only.',
  },
  {
    rows: 'GET /api/queues/%/none',
    path: '*',
    reason: 'A broken percent-encoding names nothing: 404, where RabbitMQ answers 400.',
  },
]

/** Lists. */
const LISTS: readonly Difference[] = [
  {
    rows: ['GET /api/users?page*', 'GET /api/bindings/bi?page*'],
    path: '',
    kind: 'type',
    reason: 'Every list can be paged; RabbitMQ pages some.',
  },
  {
    rows: 'GET *columns=*',
    path: ['*arguments.*', '*client_properties.*', 'object_totals.*'],
    kind: 'missing',
    reason: 'A column that names a part of an object gives that part alone.',
  },
  {
    rows: ['GET /api/exchanges*', 'GET exchanges*'],
    path: ['*policy', '*operator_policy', '*effective_policy_definition', '*user_who_performed_action'],
    reason: 'Exchanges tell their policies as queues do, and not who declared them.',
  },
  {
    rows: 'GET /api/queues*disable_stats*',
    path: '*',
    reason:
      'Without statistics RabbitMQ also leaves out what costs nothing, calls a running queue `live`, and shows nulls for quorum queues.',
  },
  {
    rows: [
      'GET /api/queues*',
      'GET a queue*',
      'GET /api/connections/{connection}/channels',
      'GET /api/channels*',
      'GET /api/vhosts/li/channels',
    ],
    path: '*idle_since',
    sometimes: true,
    reason: 'A matter of the moment.',
  },
  {
    rows: ['GET /api/connections*', 'GET /api/vhosts/li/connections'],
    path: ['*ssl_*', '*peer_cert_*'],
    kind: 'type',
    reason:
      'Null or empty for what a connection without TLS does not have: RabbitMQ gives one in lists and the other alone.',
  },
  {
    rows: '*',
    path: '*message_stats.*',
    kind: ['missing', 'extra'],
    reason: 'A counter is there from its first use on; RabbitMQ shows others of its group with 0.',
  },
  {
    rows: ['GET exchanges that were worked on', 'GET /api/exchanges/li/x'],
    path: '*message_stats.publish_in',
    kind: 'value',
    reason: 'An exchange counts all that comes in: what goes nowhere, and dead letters.',
  },
  {
    rows: 'GET /api/vhosts*',
    path: ['*.description'],
    kind: 'value',
    reason: 'The first virtual host has no description of its own.',
  },
  {
    rows: 'POST …/get*',
    path: '[].properties',
    kind: 'type',
    reason: 'No properties are an empty object; RabbitMQ writes an empty list.',
  },
]

/** Roles. */
const ROLES: readonly Difference[] = [
  {
    rows: 'GET /api/vhosts/ro2/connections as ro-monitoring',
    path: '*',
    reason: 'Who monitors sees the connections of every virtual host, as in the list of all.',
  },
  {
    rows: ['POST /api/*', 'PUT /api/*', 'DELETE /api/*', 'GET /api/*'],
    path: 'allow',
    kind: 'header',
    reason: 'Methods in one order everywhere.',
  },
]

/** Beyond what §6 of the API is about. */
const OTHERS: readonly Difference[] = [
  {
    rows: ['GET /api/vhosts*', 'GET a vhost*'],
    path: ['*recv_oct_details', '*send_oct_details'],
    kind: 'extra',
    reason: 'Numbers are there from the first moment.',
  },
  { rows: 'GET /api/nodes*', path: '[].cpu_ms', kind: 'extra', reason: 'Beyond RabbitMQ: the processor time taken.' },
  {
    rows: 'POST /api/bindings/*',
    path: 'location',
    kind: 'header',
    reason: 'The part of a key that stands for arguments is another hash; names are escaped once.',
  },
  {
    rows: 'POST /api/bindings with a number as key',
    path: '',
    kind: 'status',
    reason: 'A routing key is text: 400, where RabbitMQ takes the number.',
  },
  {
    rows: ['* /api/parameters/shovel/tf/s', '* /api/parameters/federation-upstream/tf/u'],
    path: '',
    kind: 'status',
    reason: 'There are no shovels and no federation: refused, as by a RabbitMQ without these plugins.',
  },
  { rows: 'POST /api/overview', path: '', kind: 'type', reason: 'A 405 says so in JSON as well.' },
  {
    rows: 'GET /api/overview as ro-*',
    path: ['node', 'churn_rates'],
    reason: 'Every role sees the name of the node, and how much comes and goes; strict clients want both.',
  },
  {
    rows: 'GET /api/definitions*',
    path: ['vhosts[].*', 'queues[].type', 'product_*', 'rabbitmq_version'],
    kind: ['missing', 'extra'],
    reason: 'As RabbitMQ 3.13: virtual hosts with their metadata, queues with their type.',
  },
  {
    rows: 'GET /api/exchanges as ro-*',
    path: '[].message_stats',
    kind: 'extra',
    reason: 'An exchange counts all that comes in, what goes nowhere too.',
  },
  {
    rows: [
      'GET /api/users/ro-none?columns=*',
      'GET /api/global-parameters?columns=*',
      'GET /api/feature-flags?columns=*',
    ],
    path: '*',
    kind: 'extra',
    reason: 'Small things are always shown whole.',
  },
]

export const differences: readonly Difference[] = [
  ...LATER,
  ...OURS,
  ...ERLANG,
  ...LISTS,
  ...LOOKED_AT,
  ...WORDS,
  ...ROLES,
  ...OTHERS,
]
