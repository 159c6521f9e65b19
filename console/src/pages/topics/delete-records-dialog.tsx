/** Deletes the oldest records of one partition: all before an offset. */
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { CheckField, SelectField, TextField } from '../../parts/form.tsx'
import { exactNumber, plural } from '../../parts/format.ts'
import type { Topic } from './topic.ts'

interface DeleteRecordsDialogProps {
  readonly topic: Topic
  readonly partition: number | undefined
  readonly onClose: () => void
}

export function DeleteRecordsDialog({ topic, partition: initial, onClose }: DeleteRecordsDialogProps) {
  const { vhost, name, partition_list: partitions } = topic
  const [partition, setPartition] = useState(String(initial ?? 0))
  const [before, setBefore] = useState('')
  const [all, setAll] = useState(false)
  const remove = useChange(
    () =>
      api.post<{ start_offset: number }>(`${path`/topics/${vhost}/${name}`}/delete-records`, {
        partition: Number(partition),
        before: all ? 'end' : Number(before),
      }),
    ({ start_offset }) => `Partition ${partition} now starts at offset ${exactNumber(start_offset)}`,
  )
  const { start_offset: start = 0, end_offset: end = 0 } = partitions[Number(partition)] ?? {}
  const until = all ? end : Number(before)
  const wrong = !all && before !== '' && (until < start || until > end)
  const count = Math.max(0, until - start)
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Delete records of ${name}`}
      lead="Takes away the oldest records of a partition, for good. Groups that stand before the new start go on from there."
      submit={count > 0 && !wrong ? `Delete ${plural(count, 'offset')}` : 'Delete records'}
      danger
      busy={remove.isPending}
      disabled={count === 0 || wrong}
      onSubmit={() => remove.mutate(undefined, { onSuccess: onClose })}
    >
      <SelectField
        label="Partition"
        value={partition}
        onChange={setPartition}
        choices={partitions.map((one) => ({
          value: String(one.partition),
          label: `${one.partition}: offsets ${exactNumber(one.start_offset)} to ${exactNumber(one.end_offset)}`,
        }))}
      />
      {!all && (
        <TextField
          label="Before offset"
          help={`The first that stays, between ${exactNumber(start)} and ${exactNumber(end)}.`}
          error={wrong ? `The partition has offsets ${exactNumber(start)} to ${exactNumber(end)}.` : null}
          type="number"
          min={0}
          value={before}
          onChange={setBefore}
          autoFocus
        />
      )}
      <CheckField label="All there are now" checked={all} onChange={setAll} />
    </FormDialog>
  )
}
