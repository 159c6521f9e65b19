/** All exchanges, with what comes in and goes out now. */
import { Plus, Split, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { path } from '../../api/client.ts'
import type { ExchangeRow } from '../../api/types.ts'
import { pageOf } from '../../links.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Page, Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { NoValue, Rate } from '../../parts/values.tsx'
import { useVhost } from '../../shell/vhost.ts'
import { DeleteExchangeDialog } from './delete-exchange-dialog.tsx'
import { NewExchangeDialog } from './new-exchange-dialog.tsx'

const VHOST: Column<ExchangeRow> = {
  id: 'vhost',
  title: 'Vhost',
  sort: 'vhost',
  cell: ({ vhost }) => <span className="text-ink-2">{vhost}</span>,
}

const COLUMNS: readonly Column<ExchangeRow>[] = [
  {
    id: 'name',
    title: 'Name',
    sort: 'name',
    cell: ({ name }) => (name === '' ? <span className="text-ink-2">(default exchange)</span> : name),
  },
  VHOST,
  { id: 'type', title: 'Type', sort: 'type', cell: ({ type }) => typeTitle(type) },
  { id: 'features', title: 'Features', cell: (exchange) => <Features exchange={exchange} /> },
  {
    id: 'in',
    title: 'In',
    sort: 'message_stats.publish_in_details.rate',
    align: 'right',
    cell: ({ message_stats }) => <Rate value={message_stats?.publish_in_details?.rate ?? 0} />,
  },
  {
    id: 'out',
    title: 'Out',
    sort: 'message_stats.publish_out_details.rate',
    align: 'right',
    cell: ({ message_stats }) => <Rate value={message_stats?.publish_out_details?.rate ?? 0} />,
  },
  { id: 'policy', title: 'Policy', optional: true, cell: ({ policy }) => policy || <NoValue /> },
]

/** What a topic's exchange is called in the protocol says little to its readers. */
export const typeTitle = (type: string): string => (type === 'x-topic-log' ? 'log of a topic' : type)

export function Features({ exchange }: { exchange: ExchangeRow }) {
  const { durable, auto_delete, internal, arguments: all, name } = exchange
  const alternate = all['alternate-exchange']
  return (
    <span className="flex flex-wrap gap-1">
      {!durable && <Badge title="Is not there after a restart">transient</Badge>}
      {auto_delete && <Badge title="Goes with its last binding">auto-delete</Badge>}
      {internal && <Badge title="Takes messages from exchanges only">internal</Badge>}
      {typeof alternate === 'string' && <Badge title="Gets what cannot be routed">alternate {alternate}</Badge>}
      {(name === '' || name.startsWith('amq.')) && <Badge title="Always there">built in</Badge>}
    </span>
  )
}

export const isBuiltIn = (name: string): boolean => name === '' || name.startsWith('amq.')

export default function ExchangeList() {
  const [vhost] = useVhost()
  const [search, setSearch] = useSearchParams()
  const [leaving, setLeaving] = useState<ExchangeRow | null>(null)
  const setNew = (open: boolean): void =>
    setSearch((old) => {
      const next = new URLSearchParams(old)
      if (open) next.set('new', '1')
      else next.delete('new')
      return next
    })
  return (
    <Page
      title="Exchanges"
      actions={
        <Button look="primary" icon={<Plus size={16} />} onClick={() => setNew(true)}>
          New exchange
        </Button>
      }
    >
      <Panel flush>
        <DataTable
          id="exchanges"
          noun="exchange"
          path={vhost === null ? '/exchanges' : path`/exchanges/${vhost}`}
          columns={vhost === null ? COLUMNS : COLUMNS.filter((column) => column !== VHOST)}
          rowKey={({ name, vhost }) => `${vhost} ${name}`}
          rowHref={({ name, vhost }) => pageOf('exchange', name, vhost)}
          actions={(exchange) => [
            {
              title: 'Delete…',
              icon: <Trash2 size={15} />,
              danger: true,
              disabled: isBuiltIn(exchange.name),
              onSelect: () => setLeaving(exchange),
            },
          ]}
          sort="name"
          empty={<EmptyState icon={<Split size={28} />} title="No exchanges" />}
        />
      </Panel>
      {search.has('new') && <NewExchangeDialog open onClose={() => setNew(false)} />}
      {leaving !== null && <DeleteExchangeDialog exchange={leaving} onClose={() => setLeaving(null)} />}
    </Page>
  )
}
