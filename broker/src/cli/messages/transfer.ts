/**
 * Messages taken from a queue page by page: looked for, then sent off by their places. So a bar shows how far it is, an
 * interruption ends between two pages, and no call lasts long. Only what is ready when its page is looked at goes, and no
 * more messages are looked at than there were in the beginning.
 */
import type { Command } from 'commander'
import { Progress } from '../progress.ts'
import { wholeNumber } from '../quantities.ts'
import type { Session } from '../session.ts'
import { browse, type Filter, filterOptions, isFilter, messageCount } from './browse.ts'
import { shownMessages } from './message-text.ts'

export interface SelectionOptions extends Filter {
  readonly limit?: number
}

interface Moved {
  readonly moved: number
  readonly stayed: number
}

const PAGE = 1000

export function selectionOptions(command: Command): Command {
  return filterOptions(command).option('-n, --limit <number>', 'messages at most', wholeNumber)
}

/**
 * @param doing for the bar, for example `moving`
 * @param path of the call that takes `places` and `place`, to which `body` is added
 */
export async function transfer(
  session: Session,
  queue: string,
  { limit = Number.POSITIVE_INFINITY, key, header, text }: SelectionOptions,
  { doing, path, body }: { readonly doing: string; readonly path: string; readonly body: object },
): Promise<Moved> {
  const { signal } = session
  const api = session.api.finishing()
  const filter = {
    ...(key !== undefined && { key }),
    ...(header !== undefined && { header }),
    ...(text !== undefined && { text }),
  }
  const total = await messageCount(session, queue)
  const expected = isFilter(filter) ? total : Math.min(total, limit)
  const progress = total > PAGE ? new Progress(doing, 'messages', expected) : null
  const done = { moved: 0, stayed: 0 }
  let looked = 0
  const look = (count: number): void => {
    looked += count
    if (isFilter(filter)) progress?.reach(Math.min(looked, total))
  }
  try {
    for await (const page of browse(session, queue, { limit: PAGE, bodyBytes: 0, ...filter }, look)) {
      if (signal.aborted) break
      const before = looked - page.length
      const old = isFilter(filter) ? page : page.slice(0, total - before)
      const ready = old.filter(({ state }) => state === 'ready').map(({ place }) => place)
      const places = ready.slice(0, limit - done.moved - done.stayed)
      if (places.length > 0) {
        const { moved, stayed } = await api.post<Moved>(path, { ...body, places, place: places[0] })
        done.moved += moved
        done.stayed += stayed
      }
      if (!isFilter(filter)) progress?.reach(Math.min(done.moved + done.stayed, expected))
      if (done.moved + done.stayed >= limit || looked >= total) break
    }
  } catch (error) {
    if (!signal.aborted) {
      const { moved } = done
      if (moved > 0)
        session.out.note(`${doing}: ${shownMessages(moved)} had gone, and of the next ${PAGE} perhaps some`)
      throw error
    }
  } finally {
    progress?.stop()
  }
  return done
}
