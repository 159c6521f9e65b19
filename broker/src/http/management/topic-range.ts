/** Which records a request is about: partitions, from where to where, and what they must hold. */
import type { Context } from 'hono'
import { offsetForTime } from '../../broker/operations/offset-for-time.ts'
import type { RecordFilter, Stretch } from '../../broker/operations/scan-topic.ts'
import type { Partition } from '../../broker/topic/partition.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import { badRequest, notFound } from '../answers.ts'

/** An offset below 0 counts from the end. */
export type Edge = { readonly offset: number } | { readonly time: number }

/** All partitions, or the one that is named. @throws HttpError 404 */
export function partitionsOf(topic: Topic, index: number | undefined): readonly Partition[] {
  if (index === undefined) return topic.partitions
  const partition = topic.partitions[index]
  if (partition === undefined) throw notFound('partition_not_found')
  return [partition]
}

/** From the start to the end of what can be read, unless told. */
export async function stretchOf(partition: Partition, from?: Edge, to?: Edge): Promise<Stretch> {
  const { startOffset } = partition.log
  const limit = partition.limit('committed')
  const at = async (edge: Edge | undefined, ifUnset: number): Promise<number> => {
    if (edge === undefined) return ifUnset
    if ('time' in edge) return offsetForTime(partition, edge.time, limit)
    return Math.min(Math.max(edge.offset < 0 ? limit + edge.offset : edge.offset, startOffset), limit)
  }
  return { partition, from: await at(from, startOffset), to: await at(to, limit) }
}

/** Where an earlier answer said to go on, by partition. @throws HttpError 400 */
export function continued(text: string): Readonly<Record<string, number>> {
  let next: unknown
  try {
    next = JSON.parse(text)
  } catch {
    throw badRequest('next: not what an answer said')
  }
  const isSaid =
    typeof next === 'object' && next !== null && Object.values(next).every((offset) => Number.isSafeInteger(offset))
  if (!isSaid) throw badRequest('next: not what an answer said')
  return next as Record<string, number>
}

/** @throws HttpError 400 */
export function wholeNumber(c: Context, name: string): number | undefined {
  const text = c.req.query(name)
  if (text === undefined || text === '') return undefined
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw badRequest(`${name}: not a whole number`)
  return number
}

export function filterOf({ key, header, text }: Readonly<Record<string, string | undefined>>): RecordFilter {
  const equals = header?.indexOf('=') ?? -1
  return {
    key: key || undefined,
    text: text || undefined,
    header: header
      ? equals < 0
        ? { name: header, value: null }
        : { name: header.slice(0, equals), value: header.slice(equals + 1) }
      : undefined,
  }
}

const SCAN_BYTES = 8 << 20
const SCAN_BYTES_MAX = 64 << 20

export function scanBytesOf(asked: number | undefined): number {
  return Math.min(Math.max(asked ?? SCAN_BYTES, 1), SCAN_BYTES_MAX)
}
