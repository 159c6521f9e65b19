/** What a queue or a topic keeps: looked at without consuming it, by who holds it, or added to. */
import { useCallback } from 'react'
import { Navigate, useNavigate, useParams, useSearchParams } from 'react-router'
import { useGet } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { Badge, KindPlate } from '../../parts/badge.tsx'
import { LinkButton } from '../../parts/button.tsx'
import { humanNumber } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { ErrorState } from '../../parts/states.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { Browse } from './browse.tsx'
import { sourceUrl } from './message.ts'
import { PublishForm } from './publish-form.tsx'
import { UnackedList } from './unacked-list.tsx'
import { addressOf, readView, type View } from './view.ts'

/** What is said of the queue or topic above its messages. */
export interface Source {
  readonly messages?: number
  readonly messages_ready?: number
  readonly messages_unacknowledged?: number
  readonly held?: number
  readonly records?: number
  readonly type?: string
  readonly paused?: boolean
  readonly partition_list?: readonly { partition: number; start_offset: number; end_offset: number }[]
}

export function MessagesPage({ kind }: { kind: 'queue' | 'topic' }) {
  const { vhost = '/', name = '' } = useParams()
  const [search] = useSearchParams()
  const navigate = useNavigate()
  const view = readView({ vhost, kind, name }, search)
  const source = useGet<Source>(sourceUrl(view))
  const show = useCallback((next: View, replace = false) => void navigate(addressOf(next), { replace }), [navigate])
  const unacked = source.data?.messages_unacknowledged
  const partition = kind === 'queue' && source.data?.type === 'stream' ? partitionOf(name) : null
  if (partition !== null) return <Navigate to={addressOf({ ...view, ...partition, kind: 'topic' })} replace />
  return (
    <Page
      title={name}
      plate={<KindPlate kind={kind} />}
      badges={source.data !== undefined && <Totals source={source.data} />}
      above={[{ title: 'Messages', to: '/messages' }]}
      actions={<LinkButton to={pageOf(kind, name, vhost)}>{kind === 'queue' ? 'Queue' : 'Topic'} page</LinkButton>}
    >
      {source.error !== null && source.data === undefined ? (
        <ErrorState error={source.error} retry={() => void source.refetch()} />
      ) : (
        <Tabs
          key={`${vhost} ${name}`}
          tabs={[
            { id: 'browse', title: 'Browse', content: <Browse view={view} source={source.data} show={show} /> },
            ...(kind === 'queue'
              ? [
                  {
                    id: 'unacked',
                    title: 'Unacknowledged',
                    count: unacked,
                    content: <UnackedList view={view} show={show} />,
                  },
                ]
              : []),
            { id: 'publish', title: 'Publish', content: <PublishForm to={view} /> },
          ]}
        />
      )}
    </Page>
  )
}

/** Streams are partitions of topics, named `topic-2`. */
function partitionOf(stream: string): { name: string; partition: number } | null {
  const [, name, partition] = /^(.+)-(\d+)$/.exec(stream) ?? []
  return name === undefined ? null : { name, partition: Number(partition) }
}

function Totals({ source }: { source: Source }) {
  const { messages, messages_ready: ready, messages_unacknowledged: unacked, held, records, paused } = source
  return (
    <>
      {records !== undefined && <Badge>{humanNumber(records)} records</Badge>}
      {ready !== undefined && <Badge tone={ready > 0 ? 'good' : 'neutral'}>{humanNumber(ready)} ready</Badge>}
      {unacked !== undefined && unacked > 0 && <Badge tone="warn">{humanNumber(unacked)} unacknowledged</Badge>}
      {held !== undefined && held > 0 && <Badge tone="info">{humanNumber(held)} held</Badge>}
      {ready === undefined && messages !== undefined && <Badge>{humanNumber(messages)} messages</Badge>}
      {paused === true && <Badge tone="warn">paused</Badge>}
    </>
  )
}
