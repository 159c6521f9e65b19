/** What `signalbox doctor` found, in words and as JSON. */
import type { Examination } from '../log/doctor/examine.ts'
import { type Finding, isDamage, type LostRecords, type Severity } from '../log/doctor/finding.ts'
import type { Output } from './output.ts'
import { shownBytes, shownNumber } from './quantities.ts'

/** Names of partitions by their owners. */
type Labels = ReadonlyMap<string, string>

const CALLED: Record<Severity, string> = {
  leftover: 'leftover',
  mend: 'damaged, can be mended',
  loss: 'damaged, with a loss',
  beyond: 'damaged, beyond repair',
}
const COLOURS = { leftover: 'cyan', mend: 'yellow', loss: 'red', beyond: 'red' } as const

/** @param treated what was repaired; null: that was not asked for */
export function reportOf(directory: string, examination: Examination, treated: readonly Finding[] | null): unknown {
  const { findings, logs, partitions, records, bytes, freeBytes, labels } = examination
  return {
    directory,
    whole: !findings.some(isDamage),
    bytes,
    free_bytes: freeBytes,
    logs,
    partitions,
    messages: records,
    findings: findings.map((one) => shown(one, labels)),
    ...(treated === null ? {} : { repaired: treated.map((one) => shown(one, labels)) }),
  }
}

export function printReport(out: Output, directory: string, examination: Examination): void {
  const { findings, logs, partitions, records, bytes, freeBytes, labels, hasStore } = examination
  if (!hasStore) {
    out.text(`${directory} is empty: a start makes a store there.`)
    return
  }
  const size = `${shownBytes(bytes)} checked, ${shownBytes(freeBytes)} free on the disk`
  out.text(
    `${directory}: ${shownNumber(logs)} logs of queues, ${shownNumber(partitions)} partitions of topics; ${size}`,
  )
  for (const finding of findings) printFinding(out, finding, labels)
  const damages = findings.filter(isDamage).length
  if (damages === 0) out.text('All of it is whole.')
  if (records !== null) {
    const when = damages === 0 ? 'A start' : 'After a repair of all that, a start'
    out.text(`${when} finds ${shownNumber(records)} messages for queues.`)
  }
}

function printFinding(out: Output, finding: Finding, labels: Labels): void {
  const { severity, file, position, what, remedy, owners, lost, alsoLost } = finding
  const place = position === null ? file : `${file}, byte ${position}`
  out.text(`\n${out.styled(COLOURS[severity], CALLED[severity])}: ${place}`)
  out.text(`  ${what}`)
  if (owners.length > 0) out.text(`  of: ${owners.map((one) => ownerName(one, labels)).join(', ')}`)
  out.text(`  repair: ${remedy}`)
  for (const line of lossLines(lost, labels)) out.text(`  lost, at most: ${line}`)
  for (const line of alsoLost) out.text(`  lost, perhaps: ${line}`)
}

/** One line a log. */
function lossLines(lost: readonly LostRecords[], labels: Labels): string[] {
  const byLog = Map.groupBy(lost, ({ logId }) => logId)
  return [...byLog.values()].map((ranges) => {
    const records = ranges.reduce((sum, one) => sum + one.records, 0)
    const from = Math.min(...ranges.map((one) => one.from))
    const to = Math.max(...ranges.map((one) => one.to)) - 1
    return `${shownNumber(records)} records of ${nameOf(ranges[0], labels)} (offsets ${from} to ${to})`
  })
}

function nameOf({ owner, logId }: LostRecords, labels: Labels): string {
  return owner === null ? `log ${logId}, whose it is nobody knows` : ownerName(owner, labels)
}

function shown({ severity, file, position, what, remedy, owners, lost, alsoLost }: Finding, labels: Labels): unknown {
  return {
    severity,
    file,
    position,
    what,
    of: owners.map((one) => ownerName(one, labels)),
    repair: remedy,
    lost: lost.map(({ logId, owner, from, to, records }) => ({
      log: logId,
      of: owner === null ? null : ownerName(owner, labels),
      first_offset: from,
      last_offset: to - 1,
      records_at_most: records,
    })),
    perhaps_lost: alsoLost,
  }
}

/** An owner is a JSON array: its kind, the virtual host, a name, and what the kind adds. */
function ownerName(owner: string, labels: Labels): string {
  let parts: unknown
  try {
    parts = JSON.parse(owner)
  } catch {
    return owner
  }
  if (!Array.isArray(parts)) return owner
  const [kind, vhost, name, ...more] = parts as [string, string, string, ...unknown[]]
  const place = `in virtual host ${vhost}`
  if (kind === 'queue') return `queue ${name} ${place}${more.length > 0 ? `, priority ${more[0]}` : ''}`
  if (kind === 'partition') return `partition ${labels.get(owner) ?? more[0]} of a topic ${place}`
  if (kind === 'delayed') return `messages that exchange ${name} delays ${place}`
  if (kind === 'history') return `the history of exchange ${name} ${place}`
  if (kind === 'dedup') return `what exchange ${name} remembers of duplicates ${place}`
  return `${kind} ${name} ${place}`
}
