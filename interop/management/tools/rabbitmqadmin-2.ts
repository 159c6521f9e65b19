/** rabbitmqadmin 2, built by Cargo on RabbitMQ's Rust client, which fails where a field that it wants is not there. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshName, proveAll } from '../../node/proof.ts'
import { addresses, expectWords, tool } from './command-line.ts'

const program = new URL('../../../.cache/interop/rabbitmqadmin/bin/rabbitmqadmin', import.meta.url).pathname
const { http } = addresses()
const vhost = freshName('rabbitmqadmin-2')
const user = freshName('user')
const login = ['-u', decodeURIComponent(http.username), '-p', decodeURIComponent(http.password)]
const admin = tool([
  program,
  '--host',
  http.hostname,
  '--port',
  http.port,
  ...login,
  '--non-interactive',
  '--vhost',
  vhost,
])
const version = (await tool([program])('--version'))[0]!.split(' ').at(-1)!
const directory = await mkdtemp(join(tmpdir(), 'rabbitmqadmin-'))
const each = async (...commands: string[]) => {
  for (const command of commands) await admin(...command.split(' '))
}

await proveAll('rabbitmqadmin-2', version, {
  async overview() {
    expectWords('overview', (await admin('show', 'overview')).join(), 'RabbitMQ version')
    await each('show churn', 'nodes list', 'plugins list_all', 'list feature_flags', 'list deprecated_features')
    await each('list deprecated_features_in_use', 'global_parameters list', 'list connections', 'list channels')
    const authorization = `Basic ${btoa(`${login[1]}:${login[3]}`)}`
    const { node } = (await (await fetch(`${http.origin}/api/overview`, { headers: { authorization } })).json()) as {
      node: string
    }
    const memory = await admin('show', 'memory_breakdown_in_bytes', '--node', node)
    expectWords('memory', memory.join(), 'Total (RSS)', 'Binary heap')
    return 'overview, churn, nodes, memory, plugins, flags'
  },
  async declare() {
    await each(`declare vhost --name ${vhost} --description here`)
    await each(
      'declare queue --name q --type classic --durable true',
      'declare queue --name qq --type quorum --durable true',
    )
    await each('declare stream --name s --expiration 1D', 'declare exchange --name x --type topic --durable true')
    await each('declare binding --source x --destination-type queue --destination q --routing-key a.*')
    for (const noun of ['vhosts', 'queues', 'exchanges', 'bindings', 'consumers', 'parameters'])
      await admin('list', noun)
    expectWords('one queue', (await admin('queues', 'show', '--name', 'q')).join(), 'classic')
    return 'virtual host, queues of three types, exchange, binding'
  },
  async messages() {
    await each('publish message -e x -k a.b -m hello')
    expectWords('got', (await admin(...'get messages -q q -c 1 -a ack_requeue_true'.split(' '))).join(), 'hello', 'a.b')
    await each('purge queue --name q')
    return 'published, got, purged'
  },
  async policies() {
    const policy = ['--name', 'p', '--pattern', '^q', '--apply-to', 'queues', '--definition', '{"max-length": 10}']
    await admin('declare', 'policy', ...policy)
    await admin('declare', 'operator_policy', ...policy)
    await each('declare vhost_limit --name max-queues --value 10')
    for (const noun of ['policies', 'operator_policies', 'vhost_limits']) {
      expectWords(noun, (await admin('list', noun)).join(), vhost)
    }
    return 'policies, operator policies, limits'
  },
  async users() {
    await each(`declare user --name ${user} --password s --tags monitoring`)
    await each(`declare permissions --username ${user} --configure .* --read .* --write .*`)
    await each(`declare user_limit --username ${user} --name max-connections --value 3`)
    expectWords('users', (await admin('list', 'users')).join(), user)
    expectWords('permissions', (await admin('list', 'permissions')).join(), user)
    expectWords('limits', (await admin('list', 'user_limits', '--user', user)).join(), 'max-connections')
    await each(`delete user --name ${user}`, `declare user --name ${user} --password s --tags management`)
    const whole = [program, '--host', http.hostname, '--port', http.port, '-u', user, '-p', 's', '--vhost', vhost]
    const restricted = tool(whole)
    expectWords('overview', (await restricted('show', 'overview')).join(), 'RabbitMQ version')
    await restricted('show', 'churn')
    await each(`delete user --name ${user}`)
    return 'user, permissions, limits; overview and churn for who may only manage'
  },
  async definitions() {
    await each('definitions export --stdout')
    const file = join(directory, 'definitions.json')
    await each(`definitions export_from_vhost --file ${file}`, `definitions import_into_vhost --file ${file}`)
    return 'exported whole and of one virtual host, imported'
  },
  async health() {
    for (const check of ['local_alarms', 'cluster_wide_alarms', 'node_is_quorum_critical'])
      await admin('health_check', check)
    await each('health_check protocol_listener --protocol amqp')
    await admin.refused('health_check', 'port_listener', '--port', '1')
    return 'alarms, quorum, listeners'
  },
  async delete() {
    await each('delete binding --source x --destination-type queue --destination q --routing-key a.*')
    await each(
      'delete queue --name q',
      'delete exchange --name x',
      'delete policy --name p',
      `delete vhost --name ${vhost}`,
    )
    await rm(directory, { recursive: true })
    return 'binding, queue, exchange, policy, virtual host'
  },
})
