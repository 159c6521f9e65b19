/** Copies a range of a topic's records into a queue. */
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { CheckField, SelectField, TextField } from '../../parts/form.tsx'
import { plural } from '../../parts/format.ts'
import { sourceUrl } from './message.ts'
import type { Source } from './messages-page.tsx'
import { NameField } from './name-field.tsx'
import { selectionOf } from './scope.tsx'
import { isSearch, type View } from './view.ts'

interface ReplayDialogProps {
  readonly view: View
  readonly source: Source | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}

type End = 'none' | 'offset' | 'time'

export function ReplayDialog({ view, source, onClose, onDone }: ReplayDialogProps) {
  const [queue, setQueue] = useState('')
  const [partition, setPartition] = useState(view.partition === null ? '' : String(view.partition))
  const [from, setFrom] = useState<readonly [End, string]>(
    view.start.kind === 'place' ? ['offset', view.start.place] : ['none', ''],
  )
  const [to, setTo] = useState<readonly [End, string]>(['none', ''])
  const [onlyFound, setOnlyFound] = useState(isSearch(view))
  const change = useChange(
    () =>
      replayAll(`${sourceUrl(view)}/replay`, {
        queue,
        ...(partition === '' ? {} : { partition: Number(partition) }),
        ...endOf('from', from),
        ...endOf('to', to),
        ...(onlyFound ? selectionOf('found', view, []) : {}),
      }),
    ({ copied, refused }) =>
      `${plural(copied, 'record')} copied into ${queue}${refused > 0 ? `, which is full and refused ${refused}` : ''}.`,
  )
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Replay into a queue"
      lead="Copies records as messages, with their keys as routing keys. The topic keeps all it has."
      submit="Replay"
      busy={change.isPending}
      disabled={queue === ''}
      onSubmit={() => change.mutate(undefined, { onSuccess: onDone })}
    >
      <NameField label="Queue" kind="queue" vhost={view.vhost} value={queue} onChange={setQueue} />
      <SelectField
        label="Partition"
        value={partition}
        onChange={setPartition}
        choices={[{ value: '', label: 'all' }, ...(source?.partition_list ?? []).map((one) => String(one.partition))]}
      />
      <EndField label="From" none="the oldest" value={from} onChange={setFrom} />
      <EndField label="To, not included" none="the newest" value={to} onChange={setTo} />
      {isSearch(view) && <CheckField label="Only what the search finds" checked={onlyFound} onChange={setOnlyFound} />}
    </FormDialog>
  )
}

interface Replayed {
  readonly copied: number
  readonly refused: number
}

/** Each call copies so many; the next goes on where it ended, unless the queue is full and refuses. */
async function replayAll(target: string, range: object): Promise<Replayed> {
  let copied = 0
  let next: unknown = null
  do {
    const part = await api.post<Replayed & { next: unknown }>(target, { ...range, next })
    copied += part.copied
    next = part.next
    if (part.refused > 0) return { copied, refused: part.refused }
  } while (next !== null)
  return { copied, refused: 0 }
}

function endOf(name: 'from' | 'to', [kind, value]: readonly [End, string]): object {
  if (kind === 'offset' && value !== '') return { [name]: { offset: Number(value) } }
  if (kind === 'time' && value !== '') return { [name]: { time: new Date(value).getTime() } }
  return {}
}

function EndField(props: {
  label: string
  none: string
  value: readonly [End, string]
  onChange: (value: readonly [End, string]) => void
}) {
  const { label, none, value, onChange } = props
  const [kind, text] = value
  return (
    <div className="grid grid-cols-2 items-end gap-3">
      <SelectField
        label={label}
        value={kind}
        onChange={(next) => onChange([next as End, ''])}
        choices={[
          { value: 'none', label: none },
          { value: 'offset', label: 'an offset' },
          { value: 'time', label: 'a time' },
        ]}
      />
      {kind !== 'none' && (
        <TextField
          label={kind === 'offset' ? 'Offset' : 'Time'}
          type={kind === 'offset' ? 'number' : 'datetime-local'}
          min={0}
          value={text}
          onChange={(next) => onChange([kind, next])}
        />
      )}
    </div>
  )
}
