/** Transactions of Kafka's producers that are open now: how long, what they hold up; one that hangs can be aborted. */
import { ReceiptText, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { Badge, ObjectLink } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ConfirmDialog } from '../../parts/dialog.tsx'
import { plural } from '../../parts/format.ts'
import { Page, Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { NoValue, Span, Time } from '../../parts/values.tsx'
import { useVhost } from '../../shell/vhost.ts'

interface TransactionRow {
  readonly transactional_id: string
  readonly vhost: string
  readonly state: string
  readonly producer_id: number
  readonly producer_epoch: number
  /** ms since 1970 */
  readonly started: number
  readonly age: number
  readonly timeout: number
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
  readonly groups: readonly string[]
}

/** Of what it may last; beyond, it looks stuck. */
const SUSPECT = 0.5
const SHOWN = 8

const VHOST: Column<TransactionRow> = {
  id: 'vhost',
  title: 'Vhost',
  sort: 'vhost',
  cell: ({ vhost }) => <span className="text-ink-2">{vhost}</span>,
}

const COLUMNS: readonly Column<TransactionRow>[] = [
  {
    id: 'id',
    title: 'Transactional id',
    sort: 'transactional_id',
    cell: ({ transactional_id }) => transactional_id,
  },
  VHOST,
  { id: 'state', title: 'State', sort: 'state', cell: ({ state }) => state },
  { id: 'age', title: 'Open for', sort: 'age', align: 'right', cell: (row) => <Age row={row} /> },
  {
    id: 'timeout',
    title: 'Aborted after',
    sort: 'timeout',
    align: 'right',
    cell: ({ timeout }) => <Span ms={timeout} />,
  },
  { id: 'holds', title: 'Holds up', cell: (row) => <HeldUp row={row} /> },
  {
    id: 'groups',
    title: 'Commits offsets of',
    cell: ({ groups, vhost }) =>
      groups.length === 0 ? (
        <NoValue />
      ) : (
        <span className="flex flex-wrap gap-x-3">
          {groups.map((name) => (
            <ObjectLink key={name} kind="group" name={name} vhost={vhost} />
          ))}
        </span>
      ),
  },
  {
    id: 'producer',
    title: 'Producer',
    sort: 'producer_id',
    align: 'right',
    cell: ({ producer_id, producer_epoch }) => (
      <span title={`producer id ${producer_id}, epoch ${producer_epoch}`}>
        {producer_id}/{producer_epoch}
      </span>
    ),
  },
  { id: 'started', title: 'Began', sort: 'started', optional: true, cell: ({ started }) => <Time at={started} /> },
]

function Age({ row: { age, timeout } }: { row: TransactionRow }) {
  return (
    <span className="inline-flex items-center gap-2">
      {age > timeout * SUSPECT && (
        <Badge tone="warn" title="Its producer may be gone; it ends by itself when its time is up">
          stuck?
        </Badge>
      )}
      <Span ms={age} />
    </span>
  )
}

function HeldUp({ row: { partitions, vhost } }: { row: TransactionRow }) {
  if (partitions.length === 0) return <NoValue />
  const topics = Map.groupBy(partitions, ({ topic }) => topic)
  return (
    <span className="flex flex-wrap gap-x-3 gap-y-1">
      {[...topics].map(([topic, parts]) => (
        <span key={topic} className="inline-flex flex-wrap items-center gap-1">
          <ObjectLink kind="topic" name={topic} vhost={vhost} />
          {parts.slice(0, SHOWN).map(({ partition }) => (
            <Badge key={partition}>{partition}</Badge>
          ))}
          {parts.length > SHOWN && <span className="text-ink-3">+{parts.length - SHOWN}</span>}
        </span>
      ))}
    </span>
  )
}

export default function TransactionList() {
  const [vhost] = useVhost()
  const [leaving, setLeaving] = useState<TransactionRow | null>(null)
  return (
    <Page
      title="Transactions"
      lead="Open ones. Consumers of committed records wait behind each, in the partitions it wrote to."
    >
      <Panel flush>
        <DataTable
          id="transactions"
          noun="transaction"
          path={vhost === null ? '/transactions' : path`/transactions/${vhost}`}
          columns={vhost === null ? COLUMNS : COLUMNS.filter((column) => column !== VHOST)}
          rowKey={({ vhost, transactional_id }) => `${vhost} ${transactional_id}`}
          actions={(row) => [
            { title: 'Abort…', icon: <Undo2 size={15} />, danger: true, onSelect: () => setLeaving(row) },
          ]}
          sort="age"
          sortReverse
          empty={
            <EmptyState icon={<ReceiptText size={28} />} title="No transaction is open">
              Producers with a <code>transactional.id</code> are here between begin and commit.
            </EmptyState>
          }
        />
      </Panel>
      {leaving !== null && <AbortDialog row={leaving} onClose={() => setLeaving(null)} />}
    </Page>
  )
}

function AbortDialog({ row, onClose }: { row: TransactionRow; onClose: () => void }) {
  const { vhost, transactional_id, partitions } = row
  const abort = useChange(
    () => api.del(path`/transactions/${vhost}/${transactional_id}`),
    `Aborted ${transactional_id}`,
  )
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Abort ${transactional_id}?`}
      action="Abort transaction"
      busy={abort.isPending}
      onConfirm={() => abort.mutate(undefined, { onSuccess: onClose })}
    >
      What it wrote to {plural(partitions.length, 'partition')} will never be seen by consumers of committed records.
      Its producer is shut out, and fails at its next step if it is still there.
    </ConfirmDialog>
  )
}
