/** The bindings of a queue or an exchange: what comes to it, or what it sends where; made and taken away. */
import { Link2Off, Plus } from 'lucide-react'
import { useState } from 'react'
import { api, path, reasonOf } from '../../api/client.ts'
import { useChange, useGet } from '../../api/queries.ts'
import type { BindingRow } from '../../api/types.ts'
import { exchangeSegment, type ObjectKind } from '../../links.ts'
import { ObjectLink } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ConfirmDialog, FormDialog } from '../../parts/dialog.tsx'
import { type Pair, PairsField, SelectField, TextField, typedPairs } from '../../parts/form.tsx'
import { Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { NoValue } from '../../parts/values.tsx'

interface BindingsPanelProps {
  readonly vhost: string
  /** Whose bindings. */
  readonly kind: 'queue' | 'exchange'
  readonly name: string
  /** `from`: those that start here; `to`: those that end here. */
  readonly side: 'from' | 'to'
}

export function listOf({ vhost, kind, name, side }: BindingsPanelProps): string {
  if (kind === 'queue') return `${path`/queues/${vhost}/${name}`}/bindings`
  return `${path`/exchanges/${vhost}/${exchangeSegment(name)}`}/bindings/${side === 'from' ? 'source' : 'destination'}`
}

const letterOf = (type: string): string => (type === 'exchange' ? 'e' : 'q')

export function BindingsPanel(props: BindingsPanelProps) {
  const { vhost, kind, name, side } = props
  const { data, error, refetch } = useGet<BindingRow[]>(listOf(props))
  // Every queue has that of the default exchange, and nobody can take it away.
  const rows = data?.filter(({ source }) => source !== '')
  const failed = data === undefined && error !== null
  const [adding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<BindingRow | null>(null)
  const remove = useChange(
    ({ source, destination, destination_type, properties_key }: BindingRow) =>
      api.del(path`/bindings/${vhost}/e/${source}/${letterOf(destination_type)}/${destination}/${properties_key}`),
    'Binding removed',
  )
  const columns: Column<BindingRow>[] = [
    side === 'to'
      ? {
          id: 'source',
          title: 'From',
          sort: 'source',
          cell: ({ source }) => <ObjectLink kind="exchange" name={source} vhost={vhost} plate />,
        }
      : {
          id: 'destination',
          title: 'To',
          sort: 'destination',
          cell: ({ destination, destination_type }) => (
            <ObjectLink kind={destination_type as ObjectKind} name={destination} vhost={vhost} plate />
          ),
        },
    {
      id: 'key',
      title: 'Routing key',
      sort: 'routing_key',
      cell: ({ routing_key }) => (routing_key === '' ? <NoValue /> : <code>{routing_key}</code>),
    },
    { id: 'arguments', title: 'Arguments', cell: ({ arguments: all }) => <ArgumentsText all={all} /> },
  ]
  const mayAdd = !(kind === 'exchange' && name === '')
  return (
    <Panel
      flush
      title={
        <>
          {side === 'to' ? 'Bindings to here' : 'Bindings from here'}
          {rows !== undefined && <span className="ml-2 font-normal text-ink-3">{rows.length}</span>}
        </>
      }
      aside={
        mayAdd && (
          <Button small icon={<Plus size={15} />} onClick={() => setAdding(true)}>
            Bind
          </Button>
        )
      }
    >
      <DataTable
        id={`bindings-${side}`}
        noun="binding"
        rows={failed ? [] : rows}
        columns={columns}
        rowKey={(row) => `${row.source} ${row.destination_type} ${row.destination} ${row.properties_key}`}
        actions={(row) => [
          { title: 'Remove…', icon: <Link2Off size={15} />, danger: true, onSelect: () => setLeaving(row) },
        ]}
        filter={false}
        empty={
          failed ? (
            <EmptyState
              title="The bindings cannot be read"
              action={<Button onClick={() => void refetch()}>Try again</Button>}
            >
              {reasonOf(error)}
            </EmptyState>
          ) : (
            <EmptyState title={side === 'to' ? 'Nothing is routed here' : 'Nothing is routed from here'}>
              {kind === 'queue' && 'The default exchange still delivers to it by its name.'}
            </EmptyState>
          )
        }
      />
      {adding && <BindDialog {...props} onClose={() => setAdding(false)} />}
      <ConfirmDialog
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        title="Remove this binding?"
        action="Remove binding"
        busy={remove.isPending}
        onConfirm={() => remove.mutate(leaving!, { onSuccess: () => setLeaving(null) })}
      >
        {leaving !== null && (
          <>
            Messages from <code>{leaving.source}</code> with the key <code>{leaving.routing_key || '(empty)'}</code> no
            longer reach <code>{leaving.destination}</code> by it.
          </>
        )}
      </ConfirmDialog>
    </Panel>
  )
}

export function ArgumentsText({ all }: { all: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(all)
  if (entries.length === 0) return <NoValue />
  return (
    <span className="flex flex-wrap gap-x-3 gap-y-0.5">
      {entries.map(([name, value]) => (
        <code key={name} className="[overflow-wrap:anywhere]">
          <span className="text-ink-3">{name}=</span>
          {typeof value === 'object' ? JSON.stringify(value) : String(value)}
        </code>
      ))}
    </span>
  )
}

function BindDialog({ vhost, kind, name, side, onClose }: BindingsPanelProps & { onClose: () => void }) {
  const [other, setOther] = useState('')
  const [otherKind, setOtherKind] = useState<'queue' | 'exchange'>(side === 'to' ? 'exchange' : 'queue')
  const [key, setKey] = useState('')
  const [pairs, setPairs] = useState<readonly Pair[]>([])
  const bind = useChange(() => {
    const source = side === 'to' ? other : name
    const destination = side === 'to' ? name : other
    const type = side === 'to' ? kind : otherKind
    return api.post(path`/bindings/${vhost}/e/${source}/${letterOf(type)}/${destination}`, {
      routing_key: key,
      arguments: typedPairs(pairs),
    })
  }, 'Bound')
  return (
    <FormDialog
      open
      onClose={onClose}
      title={side === 'to' ? `Bind ${name} to an exchange` : `Bind from ${name}`}
      lead="A topic can be bound, too: to AMQP it is an exchange of its name."
      submit="Bind"
      busy={bind.isPending}
      disabled={other === ''}
      onSubmit={() => bind.mutate(undefined, { onSuccess: onClose })}
    >
      {side === 'from' && (
        <SelectField
          label="To"
          value={otherKind}
          onChange={(value) => setOtherKind(value as 'queue' | 'exchange')}
          choices={[
            { value: 'queue', label: 'a queue' },
            { value: 'exchange', label: 'an exchange or topic' },
          ]}
        />
      )}
      <TextField
        label={side === 'to' ? 'Exchange' : otherKind === 'queue' ? 'Queue' : 'Exchange'}
        value={other}
        onChange={setOther}
        mono
        autoFocus
      />
      <TextField
        label="Routing key"
        optional
        help="Direct: the very key. Topic: words with * for one word and # for any number. Fanout and headers ignore it."
        value={key}
        onChange={setKey}
        mono
      />
      <PairsField
        label="Arguments"
        help="For headers exchanges: the headers to match, and x-match (all or any)."
        names={['x-match']}
        pairs={pairs}
        onChange={setPairs}
        add="Add argument"
      />
    </FormDialog>
  )
}
