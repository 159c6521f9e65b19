/** Writes one record to a topic by hand, and says where it came to lie. */
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { CheckField, type Pair, PairsField, SelectField, TextArea, TextField } from '../../parts/form.tsx'
import type { Topic } from './topic.ts'

interface PublishRecordDialogProps {
  readonly topic: Topic
  readonly partition: number | undefined
  readonly onClose: () => void
}

export function PublishRecordDialog({ topic, partition: initial, onClose }: PublishRecordDialogProps) {
  const { vhost, name, partitions, cleanup_policy } = topic
  const [key, setKey] = useState('')
  const [partition, setPartition] = useState(initial === undefined ? '' : String(initial))
  const [value, setValue] = useState('')
  const [tombstone, setTombstone] = useState(false)
  const [base64, setBase64] = useState(false)
  const [headers, setHeaders] = useState<readonly Pair[]>([])
  const publish = useChange(
    () =>
      api.post<{ partition: number; offset: number }>(`${path`/topics/${vhost}/${name}`}/publish`, {
        ...(key !== '' && { key }),
        ...(partition !== '' && { partition: Number(partition) }),
        value: tombstone ? null : value,
        value_encoding: base64 ? 'base64' : 'string',
        headers: headers.filter(([key]) => key !== '').map(([key, value]) => ({ key, value })),
      }),
    ({ partition, offset }) => `Published to partition ${partition} at offset ${offset}`,
  )
  const compacted = cleanup_policy.includes('compact')
  return (
    <FormDialog
      open
      onClose={onClose}
      wide
      title={`Publish to ${name}`}
      submit="Publish"
      busy={publish.isPending}
      disabled={compacted && key === ''}
      onSubmit={() => publish.mutate(undefined, { onSuccess: onClose })}
    >
      <div className="grid gap-4 sm:grid-cols-[1fr_14rem]">
        <TextField
          label="Key"
          optional={!compacted}
          help={compacted ? 'Records of a compacted topic need one.' : undefined}
          value={key}
          onChange={setKey}
          mono
          autoFocus
        />
        <SelectField
          label="Partition"
          value={partition}
          onChange={setPartition}
          choices={[
            { value: '', label: 'by the key, or in turn' },
            ...Array.from({ length: partitions }, (_, i) => String(i)),
          ]}
        />
      </div>
      {!tombstone && (
        <TextArea label={base64 ? 'Value, in base64' : 'Value'} value={value} onChange={setValue} rows={8} />
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        <CheckField
          label="No value"
          help="A tombstone: compaction takes the key away."
          checked={tombstone}
          onChange={setTombstone}
        />
        {!tombstone && <CheckField label="The value is base64" checked={base64} onChange={setBase64} />}
      </div>
      <PairsField label="Headers" pairs={headers} onChange={setHeaders} add="Add header" />
    </FormDialog>
  )
}
