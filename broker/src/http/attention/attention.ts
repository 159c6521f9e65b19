/**
 * What needs attention, the most urgent first. Looked for in slices between other work, and at most once per sample
 * interval however many ask. Trade: of each kind in each vhost the worst are kept and the others only counted by lists.
 */
import type { Vhost } from '../../broker/vhost.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { eachInSlices } from '../lists/slices.ts'
import { clientSeries } from '../stats/client-series.ts'
import { SAMPLE_INTERVAL_MS } from '../stats/stats.ts'
import { channelFindings, groupFindings, transactionFindings } from './client-findings.ts'
import { byUrgency, type Finding } from './finding.ts'
import { deadLetterQueues, queueFindings } from './queue-findings.ts'

/** Of one kind in one vhost. */
const KEPT_MAX = 50
/** Told to one caller. */
const TOLD_MAX = 200
/** Times the limit. */
const DISK_NEAR = 2

export class Attention {
  private readonly http: HttpContext
  private atMs = Number.NEGATIVE_INFINITY
  private findings: Promise<Finding[]> = Promise.resolve([])

  constructor(http: HttpContext) {
    this.http = http
    // From now on there are rates.
    clientSeries(http)
  }

  /** What the caller may see. */
  async of(caller: Caller): Promise<Finding[]> {
    const nowMs = this.http.broker.clock.now()
    if (nowMs - this.atMs >= SAMPLE_INTERVAL_MS) {
      this.atMs = nowMs
      this.findings = this.look()
    }
    const all = await this.findings
    return all.filter((finding) => sees(this.http, caller, finding)).slice(0, TOLD_MAX)
  }

  private async look(): Promise<Finding[]> {
    const worst = new Worst()
    for (const finding of await this.ofBroker()) worst.add(finding)
    for (const vhost of [...this.http.broker.vhosts.values()]) await this.lookAt(vhost, worst)
    return worst.sorted()
  }

  private async lookAt(vhost: Vhost, worst: Worst): Promise<void> {
    const { http } = this
    const { groups, transactions } = vhost.streams
    const forDeadLetters = deadLetterQueues(vhost)
    const into = (findings: Iterable<Finding>): void => {
      for (const finding of findings) worst.add(finding)
    }
    await eachInSlices(vhost.queues.values(), (queue) => into(queueFindings(http, queue, forDeadLetters)))
    await eachInSlices(groups.all(), (group) => into(groupFindings(http, vhost, group)))
    await eachInSlices(transactions.all(), (one) => into(transactionFindings(http, vhost, one)))
    for (const connection of [...http.broker.connections.inVhost(vhost.name)]) {
      await eachInSlices(connection.channels(), (channel) => into(channelFindings(http, channel)))
    }
  }

  private async ofBroker(): Promise<Finding[]> {
    const { broker, settings } = this.http
    const found: Finding[] = []
    const { reason } = broker.alarms
    if (reason !== null) {
      const text = `The broker is ${reason}: whoever publishes is blocked`
      found.push({ severity: 'critical', kind: 'alarm', object: { kind: 'node', name: broker.node }, text })
    }
    const free = await this.http.diskFreeBytes().catch(() => Number.POSITIVE_INFINITY)
    const { diskFreeBytesMin: limit } = settings
    if (free < limit * DISK_NEAR && !reason?.includes('disk')) {
      const text = `${megabytes(free)} of disk are left; at ${megabytes(limit)} whoever publishes is blocked`
      const object = { kind: 'node', name: broker.node }
      found.push({ severity: 'critical', kind: 'disk-near-limit', object, text, value: free })
    }
    return found
  }
}

function sees({ broker }: HttpContext, caller: Caller, { vhost: name, kind, object }: Finding): boolean {
  if (name === undefined) return kind === 'alarm' || caller.is('monitoring')
  if (caller.is('monitoring')) return true
  const vhost = broker.vhosts.get(name)
  if (vhost === undefined || !caller.mayEnter(name) || object === undefined) return false
  if (object.kind === 'channel') {
    const connection = broker.connections.get(object.name.replace(/ \(\d+\)$/, ''))
    return connection?.user === caller.user.name
  }
  if (object.kind === 'group') return caller.rights(vhost).allows('describe', 'group', object.name)
  if (object.kind === 'transaction') return caller.rights(vhost).allows('describe', 'transactional-id', object.name)
  return true
}

/** The worst of each kind in each vhost. */
class Worst {
  private readonly lists = new Map<string, Finding[]>()

  add(finding: Finding): void {
    const key = `${finding.kind} ${finding.vhost ?? ''}`
    let list = this.lists.get(key)
    if (list === undefined) this.lists.set(key, (list = []))
    list.push(finding)
    if (list.length >= KEPT_MAX * 2) this.lists.set(key, worstOf(list))
  }

  sorted(): Finding[] {
    return [...this.lists.values()].flatMap(worstOf).sort(byUrgency)
  }
}

function worstOf(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(byUrgency).slice(0, KEPT_MAX)
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`
}
