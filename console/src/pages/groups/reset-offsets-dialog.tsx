/** Sets where a group goes on reading, and shows before what that means for each partition. */
import { ArrowRight } from 'lucide-react'
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange, useGet } from '../../api/queries.ts'
import { Dialog, FormDialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/form.tsx'
import { exactNumber, humanNumber, plural } from '../../parts/format.ts'
import type { Topic } from '../topics/topic.ts'
import { ActiveMembers } from './active-members.tsx'
import type { Group, TopicPartition } from './group.ts'
import { foreseen, type TargetKind, targetOf } from './reset-offsets.ts'

const KINDS: readonly { readonly value: TargetKind; readonly label: string }[] = [
  { value: 'earliest', label: 'the earliest: read all that is there again' },
  { value: 'latest', label: 'the latest: skip all that is there' },
  { value: 'time', label: 'a time: the first record written then or later' },
  { value: 'offset', label: 'an offset' },
  { value: 'shift', label: 'a shift: so many forwards or backwards' },
]

interface ResetOffsetsDialogProps {
  readonly group: Group
  readonly only: TopicPartition | undefined
  readonly onClose: () => void
}

export function ResetOffsetsDialog(props: ResetOffsetsDialogProps) {
  const { group, onClose } = props
  if (group.members.length > 0) {
    return (
      <Dialog open onClose={onClose} title={`Offsets of ${group.name} cannot be reset now`}>
        <ActiveMembers group={group} what="Offsets of a group are reset" />
      </Dialog>
    )
  }
  return <ResetForm {...props} />
}

function ResetForm({ group, only, onClose }: ResetOffsetsDialogProps) {
  const { vhost, name, offsets } = group
  const topics = [...new Set(offsets.map(({ topic }) => topic))].sort()
  const [topic, setTopic] = useState(only?.topic ?? topics[0] ?? '')
  const [partition, setPartition] = useState(only === undefined ? '' : String(only.partition))
  const [kind, setKind] = useState<TargetKind>('earliest')
  const [text, setText] = useState('')
  const { data } = useGet<Topic>(topic === '' ? null : path`/topics/${vhost}/${topic}`)
  const partitions = data?.name === topic ? data.partition_list : []
  const to = targetOf(kind, text)
  const reset = useChange(
    () =>
      api.post<{ offsets: readonly unknown[] }>(`${path`/groups/${vhost}/${name}`}/reset-offsets`, {
        topic,
        ...(partition !== '' && { partition: Number(partition) }),
        to,
      }),
    ({ offsets }) => `${plural(offsets.length, 'offset')} of ${name} reset`,
  )
  const chosen = partitions.filter((one) => partition === '' || one.partition === Number(partition))
  return (
    <FormDialog
      open
      onClose={onClose}
      wide
      title={`Reset offsets of ${name}`}
      lead="Sets where its consumers go on when they come back."
      submit="Reset offsets"
      busy={reset.isPending}
      disabled={topic === '' || to === null}
      onSubmit={() => reset.mutate(undefined, { onSuccess: onClose })}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        {topics.length === 0 ? (
          <TextField label="Topic" value={topic} onChange={setTopic} mono autoFocus />
        ) : (
          <SelectField
            label="Topic"
            value={topic}
            onChange={(next) => {
              setTopic(next)
              setPartition('')
            }}
            choices={topics}
          />
        )}
        <SelectField
          label="Partition"
          value={partition}
          onChange={setPartition}
          choices={[{ value: '', label: 'all' }, ...partitions.map((one) => String(one.partition))]}
        />
        <SelectField
          label="To"
          value={kind}
          onChange={(next) => {
            setKind(next as TargetKind)
            setText('')
          }}
          choices={KINDS}
        />
        {kind === 'time' && (
          <TextField
            label="Time"
            help="In the time of your browser."
            type="datetime-local"
            value={text}
            onChange={setText}
          />
        )}
        {kind === 'offset' && (
          <TextField
            label="Offset"
            help="Beyond what a partition holds, its nearest end is taken."
            type="number"
            min={0}
            value={text}
            onChange={setText}
          />
        )}
        {kind === 'shift' && (
          <TextField label="By" help="Negative goes back." type="number" value={text} onChange={setText} />
        )}
      </div>
      {chosen.length > 0 && (
        <Preview
          rows={chosen.map((one) => {
            const committed =
              offsets.find((row) => row.topic === topic && row.partition === one.partition)?.committed ?? null
            return {
              partition: one.partition,
              committed,
              next: foreseen(kind, text, one, committed),
              end: one.end_offset,
            }
          })}
          unknown={kind === 'time' ? 'found by the broker' : '–'}
        />
      )}
    </FormDialog>
  )
}

interface PreviewRow {
  readonly partition: number
  readonly committed: number | null
  readonly next: number | null
  readonly end: number
}

function Preview({ rows, unknown }: { rows: readonly PreviewRow[]; unknown: string }) {
  return (
    <div className="max-h-64 overflow-auto rounded-md border border-line">
      <table className="w-full text-left">
        <caption className="sr-only">What will be set</caption>
        <thead>
          <tr className="border-b border-line">
            <th className="plate px-3 py-1.5">Partition</th>
            <th className="plate px-3 py-1.5 text-right">Now at</th>
            <th className="w-8" aria-label="becomes" />
            <th className="plate px-3 py-1.5 text-right">Then at</th>
            <th className="plate px-3 py-1.5 text-right">To read</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ partition, committed, next, end }) => (
            <tr key={partition} className="border-b border-line last:border-0">
              <td className="px-3 py-1.5">{partition}</td>
              <td className="px-3 py-1.5 text-right text-ink-2">
                {committed === null ? 'nothing' : exactNumber(committed)}
              </td>
              <td className="text-center text-ink-3">
                <ArrowRight size={14} className="inline" aria-hidden="true" />
              </td>
              <td className="px-3 py-1.5 text-right font-semibold">
                {next === null ? <span className="font-normal text-ink-3">{unknown}</span> : exactNumber(next)}
              </td>
              <td className="px-3 py-1.5 text-right text-ink-2">{next === null ? '' : humanNumber(end - next)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
