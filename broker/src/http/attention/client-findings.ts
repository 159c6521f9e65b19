/** What is to be said of those who publish and consume: channels, groups, transactions. */
import type { ClientChannel } from '../../broker/connections.ts'
import type { Group } from '../../broker/group/group.ts'
import { lagOf } from '../../broker/group/lag.ts'
import type { Transaction } from '../../broker/transaction/transaction.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { HttpContext } from '../context.ts'
import { clientSeries } from '../stats/client-series.ts'
import { count, duration, type Finding } from './finding.ts'
import { growthOf } from './growth.ts'

const HELD_MS_MAX = 10 * 60_000
const LAG_GROWTH_MIN = 100
const TRANSACTION_MS_MAX = 60_000

export function* channelFindings(http: HttpContext, channel: ClientChannel): Iterable<Finding> {
  const { connection, number, oldestUnackedMs } = channel
  const of = { vhost: connection.vhost, object: { kind: 'channel', name: `${connection.name} (${number})` } }
  const { channels: series } = clientSeries(http)
  const lost = series.rate(channel, 'drop_unroutable') + series.rate(channel, 'return_unroutable')
  if (lost > 0) {
    const text = `${lost < 10 ? lost.toFixed(1) : count(lost)} messages a second of ${connection.user} reach no queue`
    yield { severity: 'warning', kind: 'unroutable', ...of, text, value: lost }
  }
  const heldMs = oldestUnackedMs === null ? 0 : http.broker.clock.now() - oldestUnackedMs
  if (oldestUnackedMs !== null && heldMs > HELD_MS_MAX) {
    const held = channel.unacknowledged
    const text = `${count(held)} messages are held without an acknowledgement, the oldest for ${duration(heldMs)}`
    yield { severity: 'warning', kind: 'held-unacknowledged', ...of, text, since: oldestUnackedMs, value: held }
  }
}

export function* groupFindings(http: HttpContext, vhost: Vhost, group: Group): Iterable<Finding> {
  const lag = lagOf(group, vhost.streams.topics)
  if (lag === 0) return
  const of = { vhost: vhost.name, object: { kind: 'group', name: group.id }, value: lag }
  const growth = growthOf(http.stats.groups, group, 'lag', LAG_GROWTH_MIN, http.broker.clock.now())
  if (growth !== null) {
    const text = `${count(lag)} records behind, and ${count(growth.perSecond)} more every second`
    yield { severity: 'warning', kind: 'lagging-group', ...of, text, since: growth.since }
  } else if (group.isEmpty) {
    yield { severity: 'info', kind: 'lagging-group', ...of, text: `${count(lag)} records behind, and has no members` }
  }
}

export function* transactionFindings(http: HttpContext, vhost: Vhost, transaction: Transaction): Iterable<Finding> {
  if (!transaction.isOpen || transaction.startMs < 0) return
  const openMs = http.broker.clock.now() - transaction.startMs
  if (openMs < TRANSACTION_MS_MAX) return
  yield {
    severity: 'warning',
    kind: 'stuck-transaction',
    vhost: vhost.name,
    object: { kind: 'transaction', name: transaction.transactionalId },
    text: `Open for ${duration(openMs)}: whoever reads committed records only waits behind it`,
    since: transaction.startMs,
    value: openMs,
  }
}
