/** How a queue was declared, what policies add to it, and changing what can be changed. */
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import type { Arguments, QueueRow } from '../../api/types.ts'
import { Button } from '../../parts/button.tsx'
import { FormDialog } from '../../parts/dialog.tsx'
import { type Pair, PairsField, typedPairs, untypedPairs } from '../../parts/form.tsx'
import { KeyValue, Panel } from '../../parts/page.tsx'
import { Count, NoValue, Time } from '../../parts/values.tsx'
import { QUEUE_ARGUMENTS } from './queue-arguments.ts'
import { DISPATCHES, dispatchOf, isOrdered, retryOf } from './queue-delivery.ts'

export function QueueSettings({ queue }: { queue: QueueRow }) {
  const [editing, setEditing] = useState(false)
  const { arguments: all, effective_policy_definition: effective } = queue
  return (
    <>
      <Panel title="Settings">
        <KeyValue
          items={[
            ['Type', queue.type],
            ['Vhost', queue.vhost],
            ['Durable', queue.durable ? 'yes' : 'no'],
            ['Deletes itself', queue.auto_delete ? 'with its last consumer' : 'no'],
            ['Exclusive', queue.exclusive ? 'to its connection' : 'no'],
            ['Node', queue.node ?? <NoValue key="node" />],
            ['Policy', queue.policy || <NoValue key="policy" />],
            ['Operator policy', queue.operator_policy || <NoValue key="operator" />],
            ['Persistent messages', <Count key="persistent" value={queue.messages_persistent} />],
            ['Idle since', <Time key="idle" at={queue.idle_since} />],
            ...delivery(queue),
            ...(queue.delivery_limit === undefined
              ? []
              : [['Delivery limit', String(queue.delivery_limit)] as [string, string]]),
            ...(queue.single_active_consumer_tag
              ? [['Active consumer', queue.single_active_consumer_tag] as [string, string]]
              : []),
          ]}
        />
      </Panel>
      <div className="grid gap-5 lg:grid-cols-2">
        <Panel
          title="Arguments"
          aside={
            <Button small icon={<Pencil size={14} />} onClick={() => setEditing(true)}>
              Change
            </Button>
          }
        >
          <ArgumentList all={all} none="None: it was declared without arguments." />
        </Panel>
        <Panel title="From policies">
          <ArgumentList all={effective ?? {}} none="No policy applies." />
        </Panel>
      </div>
      {editing && <ArgumentsDialog queue={queue} onClose={() => setEditing(false)} />}
    </>
  )
}

/** How messages are handed out, where it is a question. */
function delivery(queue: QueueRow): [string, string][] {
  if (queue.type === 'stream') return []
  const retry = retryOf(queue)
  return [
    ['Order within keys', isOrdered(queue) ? 'one message of a key at a time' : 'no'],
    ['Next message goes to', DISPATCHES[dispatchOf(queue)] ?? dispatchOf(queue)],
    ['Delayed retry', retry ?? 'none: at once'],
  ]
}

function ArgumentList({ all, none }: { all: Arguments; none: string }) {
  const entries = Object.entries(all)
  if (entries.length === 0) return <p className="text-ink-2">{none}</p>
  return (
    <dl className="flex flex-col gap-3">
      {entries.map(([name, value]) => (
        <div key={name}>
          <div className="flex flex-wrap justify-between gap-x-4">
            <dt>
              <code>{name}</code>
            </dt>
            <dd className="font-semibold [overflow-wrap:anywhere]">
              {typeof value === 'object' ? JSON.stringify(value) : String(value)}
            </dd>
          </div>
          <dd className="text-[0.929rem] text-ink-3">{QUEUE_ARGUMENTS.find((known) => known.name === name)?.text}</dd>
        </div>
      ))}
    </dl>
  )
}

function ArgumentsDialog({ queue, onClose }: { queue: QueueRow; onClose: () => void }) {
  const { vhost, name, arguments: before } = queue
  const [pairs, setPairs] = useState<readonly Pair[]>(() => untypedPairs(before))
  const change = useChange(() => {
    const after = typedPairs(pairs)
    const gone = Object.keys(before).filter((name) => !(name in after))
    const changed = Object.entries(after).filter(
      ([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value),
    )
    return api.patch(path`/queues/${vhost}/${name}`, {
      arguments: { ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((name) => [name, null])) },
    })
  }, 'Arguments changed')
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Arguments of ${name}`}
      lead="Take effect at once, for messages that are in the queue, too. Clients that declare the queue with other arguments are refused from then on."
      submit="Change"
      busy={change.isPending}
      onSubmit={() => change.mutate(undefined, { onSuccess: onClose })}
    >
      <PairsField
        label="Arguments"
        pairs={pairs}
        onChange={setPairs}
        names={QUEUE_ARGUMENTS.map(({ name }) => name)}
        add="Add argument"
      />
    </FormDialog>
  )
}
