/**
 * Answers with a list or a page of it. The order comes from a cache, and only rows that are shown are described, so that
 * the work of a request is that of its page. A whole list is described and sent slice by slice.
 */
import type { Context } from 'hono'
import type { HttpContext } from '../context.ts'
import { type Projection, projection } from './columns.ts'
import { type ListQuery, listQuery, pageOutOfRange } from './list-query.ts'
import type { ListSource } from './list-source.ts'
import { orderOf } from './orders.ts'
import { rowOptions } from './row-options.ts'
import { othersTurn } from './slices.ts'

/** Described between two turns of others. */
const SLICE_ROWS = 50

type RowAt = (index: number) => object

/** @throws HttpError 400 */
export async function answerList<T extends object>(
  c: Context,
  { broker }: HttpContext,
  source: ListSource<T>,
): Promise<Response> {
  const query = listQuery(c)
  const options = rowOptions(c)
  const project = projection(c)
  const order = await orderOf(broker, source, query)
  const { rows, total } = order
  const rowAt = (index: number): object => {
    const row = source.describe(rows[query.reverse ? rows.length - 1 - index : index].object, options)
    return project === null ? row : project(row)
  }
  return query.page === null
    ? answerAll(c, rows.length, rowAt)
    : answerPage(c, query, query.page, total, rows.length, rowAt)
}

/** One object, with the columns that were asked for. */
export function answerRow(c: Context, row: object): Response {
  const project: Projection | null = projection(c)
  return c.json(project === null ? row : project(row))
}

async function answerPage(
  c: Context,
  { pageSize }: ListQuery,
  page: number,
  total: number,
  count: number,
  rowAt: RowAt,
): Promise<Response> {
  const from = (page - 1) * pageSize
  if (from >= count && page > 1) throw pageOutOfRange(page, pageSize, count)
  const items: object[] = []
  for (let i = from; i < Math.min(count, from + pageSize); i++) {
    if (items.length % SLICE_ROWS === SLICE_ROWS - 1) await othersTurn()
    items.push(rowAt(i))
  }
  return c.json({
    total_count: total,
    item_count: items.length,
    filtered_count: count,
    page,
    page_size: pageSize,
    page_count: Math.ceil(count / pageSize),
    items,
  })
}

async function answerAll(c: Context, count: number, rowAt: RowAt): Promise<Response> {
  if (count <= SLICE_ROWS) return c.json(Array.from({ length: count }, (_, i) => rowAt(i)))
  const encoder = new TextEncoder()
  let next = 0
  const rows = new ReadableStream<Uint8Array>({
    async pull(stream) {
      await othersTurn()
      let text = ''
      for (const end = Math.min(count, next + SLICE_ROWS); next < end; next++) {
        text += (next === 0 ? '[' : ',') + JSON.stringify(rowAt(next))
      }
      if (next === count) text += ']'
      stream.enqueue(encoder.encode(text))
      if (next === count) stream.close()
    },
  })
  return c.body(rows, 200, { 'content-type': 'application/json' })
}
