/** The queues and topics that most goes into now. */
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import type { MessageStats } from '../../api/types.ts'
import { ObjectLink } from '../../parts/badge.tsx'
import { Panel } from '../../parts/page.tsx'
import { Answered } from '../../parts/states.tsx'
import { Bytes, Count, Rate } from '../../parts/values.tsx'
import { useVhost } from '../../shell/vhost.ts'

interface Row {
  readonly name: string
  readonly vhost: string
  readonly type?: string
  readonly messages_ready?: number
  readonly bytes?: number
  readonly message_stats?: MessageStats
}

const SHOWN = { page: 1, page_size: 6, sort: 'message_stats.publish_details.rate', sort_reverse: true }

export function Busiest() {
  return (
    <div className="grid gap-5 lg:grid-cols-2">
      <Ranking
        kind="queue"
        title="Busiest queues"
        to="/queues?sort=message_stats.publish_details.rate&reverse=1"
        note={({ messages_ready }) => (
          <>
            <Count value={messages_ready} /> ready
          </>
        )}
      />
      <Ranking
        kind="topic"
        title="Busiest topics"
        to="/topics?sort=message_stats.publish_details.rate&reverse=1"
        note={({ bytes }) => <Bytes value={bytes} />}
      />
    </div>
  )
}

function Ranking(props: { kind: 'queue' | 'topic'; title: string; to: string; note: (row: Row) => ReactNode }) {
  const { kind, title, to, note } = props
  const [vhost] = useVhost()
  const query = useGet<{ items: Row[] }>(vhost === null ? `/${kind}s` : `/${kind}s${path`/${vhost}`}`, SHOWN)
  return (
    <Panel
      flush
      title={title}
      aside={
        <Link to={to} className="text-[0.929rem] text-ink-2 hover:text-accent hover:underline">
          All
        </Link>
      }
    >
      <Answered query={query}>
        {({ items }) => {
          const max = Math.max(...items.map(rateOf), 1e-9)
          if (items.length === 0) return <p className="px-4 py-6 text-ink-2">No {kind}s yet.</p>
          return (
            <ul className="py-1.5">
              {items.map((row) => (
                <li
                  key={`${row.vhost} ${row.name}`}
                  className="grid grid-cols-[minmax(0,1fr)_auto_4.5rem] items-baseline gap-x-4 px-4 py-1.5"
                >
                  <span className="min-w-0">
                    <ObjectLink kind={kind} name={row.name} vhost={row.vhost} />
                    <span aria-hidden="true" className="mt-1 block h-0.75 rounded-full bg-sunken">
                      <span
                        className="block h-full rounded-full bg-accent"
                        style={{ width: `${(rateOf(row) / max) * 100}%` }}
                      />
                    </span>
                  </span>
                  <span className="text-[0.929rem] text-ink-3">{note(row)}</span>
                  <span className="text-right font-semibold">
                    <Rate value={rateOf(row)} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }}
      </Answered>
    </Panel>
  )
}

const rateOf = ({ message_stats }: Row): number => message_stats?.publish_details?.rate ?? 0
