/** Makes a topic. What is not said is as the broker's defaults have it. */
import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { type Pair, PairsField, SelectField, TextField } from '../../parts/form.tsx'
import { useDefaultVhost, useVhostNames } from '../../shell/vhost.ts'

const DURABILITIES = [
  {
    value: 'synced',
    title: 'Synced',
    text: 'What acks=all was told is on the disk. A power cut loses nothing that was confirmed.',
  },
  {
    value: 'written',
    title: 'Written',
    text: 'As Kafka has it: confirmed records are with the operating system, and on the disk a little later. Faster.',
  },
] as const

const CLEANUPS = [
  { value: '', label: 'as the broker’s default (delete)' },
  { value: 'delete', label: 'delete: old records go by time and size' },
  { value: 'compact', label: 'compact: the newest record of each key stays' },
  { value: 'compact,delete', label: 'both: compacted, and old records go' },
]

const UNITS: Readonly<Record<string, number>> = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 }
const FURTHER = [
  'compression.type',
  'max.message.bytes',
  'message.timestamp.type',
  'segment.bytes',
  'segment.ms',
  'min.compaction.lag.ms',
  'max.compaction.lag.ms',
  'delete.retention.ms',
  'min.cleanable.dirty.ratio',
]

type Keeping = 'default' | 'ever' | keyof typeof UNITS

export function NewTopicDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const navigate = useNavigate()
  const standard = useDefaultVhost()
  const vhosts = useVhostNames()
  const [vhost, setVhost] = useState(standard)
  const [name, setName] = useState('')
  const [partitions, setPartitions] = useState('')
  const [durability, setDurability] = useState<string>('synced')
  const [cleanup, setCleanup] = useState('')
  const [time, setTime] = useState('7')
  const [keeping, setKeeping] = useState<Keeping>('default')
  const [bytes, setBytes] = useState('')
  const [others, setOthers] = useState<readonly Pair[]>([])
  useEffect(() => setVhost(standard), [standard])
  const create = useChange(
    () =>
      api.put(path`/topics/${vhost}/${name}`, {
        ...(partitions !== '' && { partitions: Number(partitions) }),
        configs: {
          durability,
          ...(cleanup !== '' && { 'cleanup.policy': cleanup }),
          ...(keeping === 'ever' && { 'retention.ms': '-1' }),
          ...(keeping in UNITS && { 'retention.ms': String(Math.round(Number(time) * UNITS[keeping])) }),
          ...(bytes !== '' && { 'retention.bytes': bytes }),
          ...Object.fromEntries(others.filter(([name]) => name !== '')),
        },
      }),
    () => `Made ${name}`,
  )
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="New topic"
      wide
      submit="Make topic"
      busy={create.isPending}
      disabled={name === ''}
      onSubmit={() => create.mutate(undefined, { onSuccess: () => navigate(pageOf('topic', name, vhost)) })}
    >
      <div className="grid gap-4 sm:grid-cols-[1fr_9rem_12rem]">
        <TextField
          label="Name"
          help="Letters, digits, dots, dashes and underscores."
          value={name}
          onChange={setName}
          mono
          autoFocus
          required
        />
        <TextField
          label="Partitions"
          help="Can be raised later, never lowered."
          type="number"
          min={1}
          placeholder="default"
          value={partitions}
          onChange={setPartitions}
        />
        <SelectField
          label="Vhost"
          value={vhost}
          onChange={setVhost}
          choices={vhosts.includes(vhost) ? vhosts : [vhost, ...vhosts]}
        />
      </div>
      <DurabilityField value={durability} onChange={setDurability} />
      <SelectField label="Cleanup" help="cleanup.policy" value={cleanup} onChange={setCleanup} choices={CLEANUPS} />
      {cleanup !== 'compact' && (
        <div className="grid gap-4 sm:grid-cols-2">
          <div className="grid grid-cols-[1fr_5.5rem] items-start gap-3">
            <SelectField
              label="Keeps records for"
              help="retention.ms"
              value={keeping}
              onChange={setKeeping}
              choices={[
                { value: 'default', label: 'the broker’s default' },
                ...Object.keys(UNITS),
                { value: 'ever', label: 'ever' },
              ]}
            />
            {keeping in UNITS && <TextField label="How many" type="number" min={1} value={time} onChange={setTime} />}
          </div>
          <TextField
            label="Keeps at most, in bytes"
            optional
            help="Of each partition: retention.bytes"
            type="number"
            min={-1}
            value={bytes}
            onChange={setBytes}
          />
        </div>
      )}
      <PairsField
        label="Further settings"
        help="Kafka’s names, such as max.message.bytes."
        pairs={others}
        onChange={setOthers}
        names={FURTHER}
        add="Add setting"
      />
    </FormDialog>
  )
}

function DurabilityField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Durability</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {DURABILITIES.map((one) => (
          <label
            key={one.value}
            className="flex cursor-pointer gap-2.5 rounded-md border border-line-strong bg-raised p-3 has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              name="durability"
              className="mt-0.5 size-4 shrink-0 accent-accent"
              checked={value === one.value}
              onChange={() => onChange(one.value)}
            />
            <span>
              <span className="block font-semibold">{one.title}</span>
              <span className="block text-[0.929rem] text-ink-2">{one.text}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
