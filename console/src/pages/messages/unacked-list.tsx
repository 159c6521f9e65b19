/** Messages that were handed out and not acknowledged yet, and who holds them, the one held longest first. */

import { useState } from 'react'
import { Link } from 'react-router'
import { useGet } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { Button } from '../../parts/button.tsx'
import { plural } from '../../parts/format.ts'
import { Answered, EmptyState } from '../../parts/states.tsx'
import { Time } from '../../parts/values.tsx'
import { sourceUrl } from './message.ts'
import type { View } from './view.ts'

const PAGE = 50

interface Unacked {
  readonly place: number | string
  readonly delivery_tag: number
  readonly consumer_tag: string | null
  readonly since: number
  readonly connection: string | null
  readonly channel: number | string | null
  readonly user: string | null
}

export function UnackedList({ view, show }: { view: View; show: (view: View) => void }) {
  const [skip, setSkip] = useState(0)
  const unacked = useGet<{ total_count: number; items: Unacked[] }>(`${sourceUrl(view)}/unacked`, { skip, limit: PAGE })
  return (
    <Answered query={unacked}>
      {({ total_count: total, items }) =>
        items.length === 0 ? (
          <div className="rounded-lg border border-line bg-panel">
            <EmptyState title="Nobody holds a message of this queue">
              What is handed out and not acknowledged yet stands here.
            </EmptyState>
          </div>
        ) : (
          <>
            <div className="overflow-x-auto rounded-lg border border-line bg-panel">
              <table className="w-full">
                <thead>
                  <tr className="border-b border-line text-left">
                    {['Place', 'Held', 'Connection', 'User', 'Consumer', 'Delivery tag'].map((title) => (
                      <th key={title} scope="col" className="plate px-3 py-2">
                        {title}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {items.map((item) => (
                    <UnackedRow
                      key={`${item.connection} ${item.channel} ${item.delivery_tag}`}
                      item={item}
                      view={view}
                      show={show}
                    />
                  ))}
                </tbody>
              </table>
            </div>
            <div className="flex items-center gap-3 text-ink-2">
              {plural(total, 'message is', 'messages are')} unacknowledged
              {total > PAGE && (
                <>
                  <Button small disabled={skip === 0} onClick={() => setSkip(Math.max(0, skip - PAGE))}>
                    Back
                  </Button>
                  <Button small disabled={skip + PAGE >= total} onClick={() => setSkip(skip + PAGE)}>
                    Next
                  </Button>
                </>
              )}
            </div>
          </>
        )
      }
    </Answered>
  )
}

function UnackedRow({ item, view, show }: { item: Unacked; view: View; show: (view: View) => void }) {
  const { place, since, connection, user, consumer_tag: tag, delivery_tag: delivery } = item
  const look = (): void => {
    show({
      ...view,
      tab: 'browse',
      start: { kind: 'place', place: String(place) },
      key: '',
      header: '',
      text: '',
      at: String(place),
    })
  }
  return (
    <tr className="border-b border-line last:border-0">
      <td className="px-3 py-2">
        <button type="button" className="link font-mono" onClick={look}>
          {place}
        </button>
      </td>
      <td className="px-3 py-2 whitespace-nowrap">
        <Time at={since} />
      </td>
      <td className="px-3 py-2">
        {connection === null ? (
          '–'
        ) : (
          <Link className="link" to={pageOf('connection', connection)}>
            {connection}
          </Link>
        )}
      </td>
      <td className="px-3 py-2">{user ?? '–'}</td>
      <td className="px-3 py-2 font-mono [overflow-wrap:anywhere]">
        {tag || <span className="font-sans text-ink-3">got, not consumed</span>}
      </td>
      <td className="px-3 py-2">{delivery}</td>
    </tr>
  )
}
