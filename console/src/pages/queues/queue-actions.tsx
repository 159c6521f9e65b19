/** What can be done to a queue as a whole, and the dialogs that ask before. */
import { ArrowRightLeft, Eraser, List, Pause, Play, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import type { QueueRow } from '../../api/types.ts'
import { messagesOf, pageOf } from '../../links.ts'
import { DeleteDialog } from '../../parts/delete-dialog.tsx'
import { ConfirmDialog, FormDialog } from '../../parts/dialog.tsx'
import { CheckField, SelectField, TextField } from '../../parts/form.tsx'
import { plural } from '../../parts/format.ts'
import type { Action } from '../../parts/menu.tsx'

type Kind = 'purge' | 'delete' | 'move' | 'redrive'

export interface Asked {
  readonly kind: Kind
  readonly queue: QueueRow
}

const ICON = { size: 15, 'aria-hidden': true } as const

/** The actions of a queue's menu; `asked` is what `QueueActionDialog` has to ask. */
export function useQueueActions(): {
  actionsOf: (queue: QueueRow) => (Action | null)[]
  asked: Asked | null
  done: () => void
} {
  const navigate = useNavigate()
  const [asked, setAsked] = useState<Asked | null>(null)
  const pause = useChange(
    ({ vhost, name, paused }: QueueRow) => api.put(`${path`/queues/${vhost}/${name}`}/${paused ? 'resume' : 'pause'}`),
    (_, { name, paused }) =>
      paused ? `${name} delivers again` : `${name} is paused: it takes messages and delivers none`,
  )
  const actionsOf = (queue: QueueRow): (Action | null)[] => {
    const { vhost, name, type, paused } = queue
    const ask = (kind: Kind) => () => setAsked({ kind, queue })
    const isStream = type === 'stream'
    return [
      { title: 'Messages', icon: <List {...ICON} />, onSelect: () => navigate(messagesOf('queue', vhost, name)) },
      isStream
        ? null
        : {
            title: paused ? 'Resume' : 'Pause',
            icon: paused ? <Play {...ICON} /> : <Pause {...ICON} />,
            onSelect: () => pause.mutate(queue),
          },
      isStream ? null : { title: 'Move messages…', icon: <ArrowRightLeft {...ICON} />, onSelect: ask('move') },
      isStream ? null : { title: 'Redrive dead letters…', icon: <RotateCcw {...ICON} />, onSelect: ask('redrive') },
      isStream ? null : { title: 'Purge…', icon: <Eraser {...ICON} />, danger: true, onSelect: ask('purge') },
      { title: 'Delete…', icon: <Trash2 {...ICON} />, danger: true, onSelect: ask('delete') },
    ]
  }
  return { actionsOf, asked, done: () => setAsked(null) }
}

export function QueueActionDialog({ asked, onClose }: { asked: Asked | null; onClose: () => void }) {
  if (asked === null) return null
  const { kind, queue } = asked
  const props = { queue, onClose }
  if (kind === 'purge') return <PurgeDialog {...props} />
  if (kind === 'delete') return <DeleteQueueDialog {...props} />
  if (kind === 'move') return <MoveDialog {...props} />
  return <RedriveDialog {...props} />
}

interface Props {
  readonly queue: QueueRow
  readonly onClose: () => void
}

function PurgeDialog({ queue: { vhost, name, messages_ready = 0 }, onClose }: Props) {
  const purge = useChange(() => api.del(`${path`/queues/${vhost}/${name}`}/contents`), `Purged ${name}`)
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Purge ${name}?`}
      action="Purge"
      name={name}
      busy={purge.isPending}
      onConfirm={() => purge.mutate(undefined, { onSuccess: onClose })}
    >
      {plural(messages_ready, 'ready message')} will be deleted for good. What consumers hold stays theirs.
    </ConfirmDialog>
  )
}

function DeleteQueueDialog({ queue: { vhost, name, messages = 0, consumers = 0 }, onClose }: Props) {
  return (
    <DeleteDialog
      noun="queue"
      name={name}
      target={path`/queues/${vhost}/${name}`}
      page={pageOf('queue', name, vhost)}
      list="/queues"
      onClose={onClose}
    >
      The queue goes with its bindings and {plural(messages, 'message')} in it
      {consumers > 0 && `, and ${plural(consumers, 'consumer is', 'consumers are')} cut off`}. This cannot be undone.
    </DeleteDialog>
  )
}

function MoveDialog({ queue: { vhost, name, messages_ready = 0 }, onClose }: Props) {
  const [kind, setKind] = useState('queue')
  const [target, setTarget] = useState('')
  const [key, setKey] = useState('')
  const [text, setText] = useState('')
  const [limit, setLimit] = useState('')
  const move = useChange(
    () =>
      api.post<{ moved: number; stayed: number }>(`${path`/queues/${vhost}/${name}`}/move`, {
        to: kind === 'queue' ? { queue: target } : { exchange: target, ...(key !== '' && { routing_key: key }) },
        ...(text !== '' && { filter: { text } }),
        ...(limit !== '' && { limit: Number(limit) }),
      }),
    ({ moved, stayed }) => `Moved ${plural(moved, 'message')}${stayed > 0 ? `, ${stayed} stayed` : ''}`,
  )
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Move messages of ${name}`}
      lead={`${plural(messages_ready, 'ready message')}. None is lost: each leaves when it has arrived. To choose single ones, open Messages.`}
      submit="Move"
      busy={move.isPending}
      disabled={kind === 'queue' && target === ''}
      onSubmit={() => move.mutate(undefined, { onSuccess: onClose })}
    >
      <SelectField
        label="To"
        value={kind}
        onChange={setKind}
        choices={[
          { value: 'queue', label: 'a queue' },
          { value: 'exchange', label: 'an exchange' },
        ]}
      />
      <TextField label={kind === 'queue' ? 'Queue' : 'Exchange'} value={target} onChange={setTarget} mono autoFocus />
      {kind === 'exchange' && (
        <TextField
          label="Routing key"
          optional
          help="Without it each message keeps its own."
          value={key}
          onChange={setKey}
          mono
        />
      )}
      <TextField label="Only with this text in the body" optional value={text} onChange={setText} />
      <TextField
        label="At most"
        optional
        type="number"
        min={1}
        value={limit}
        onChange={setLimit}
        help="Messages, oldest first."
      />
    </FormDialog>
  )
}

function RedriveDialog({ queue: { vhost, name, messages_ready = 0 }, onClose }: Props) {
  const [to, setTo] = useState('queue')
  const [history, setHistory] = useState(true)
  const [limit, setLimit] = useState('')
  const redrive = useChange(
    () =>
      api.post<{ moved: number; stayed: number }>(`${path`/queues/${vhost}/${name}`}/redrive`, {
        to,
        history: history ? 'kept' : 'cleared',
        ...(limit !== '' && { limit: Number(limit) }),
      }),
    ({ moved, stayed }) => `Sent back ${plural(moved, 'message')}${stayed > 0 ? `, ${stayed} stayed` : ''}`,
  )
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Redrive dead letters of ${name}`}
      lead={`Sends back what died elsewhere and came here: ${plural(messages_ready, 'ready message')}. Messages that never died stay. To edit or choose them, open Messages.`}
      submit="Redrive"
      busy={redrive.isPending}
      onSubmit={() => redrive.mutate(undefined, { onSuccess: onClose })}
    >
      <SelectField
        label="Back to"
        value={to}
        onChange={setTo}
        choices={[
          { value: 'queue', label: 'the queue each one died in' },
          { value: 'exchange', label: 'the exchange each one was published to' },
        ]}
      />
      <CheckField
        label="Keep the history of deaths"
        help="The header x-death. Without it, messages look as new, and a delivery limit counts from zero."
        checked={history}
        onChange={setHistory}
      />
      <TextField
        label="At most"
        optional
        type="number"
        min={1}
        value={limit}
        onChange={setLimit}
        help="Messages, oldest first."
      />
    </FormDialog>
  )
}
