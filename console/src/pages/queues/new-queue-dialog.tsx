/** Makes a queue. The usual arguments are asked for in words; any other can be named. */
import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { CheckField, type Pair, PairsField, SelectField, TextField, typedPairs } from '../../parts/form.tsx'
import { useDefaultVhost, useVhostNames } from '../../shell/vhost.ts'
import { ARGUMENT_GROUPS, type KnownArgument, QUEUE_ARGUMENTS, QUEUE_TYPES, type QueueType } from './queue-arguments.ts'

/** As the broker takes it; undefined for what was left empty. */
function argumentValue({ kind }: KnownArgument, text: string): unknown {
  if (text === '') return undefined
  return kind === 'number' ? Number(text) : kind === 'yes' ? true : text
}

export function NewQueueDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const navigate = useNavigate()
  const standard = useDefaultVhost()
  const vhosts = useVhostNames()
  const [vhost, setVhost] = useState(standard)
  const [name, setName] = useState('')
  const [type, setType] = useState<QueueType>('classic')
  const [durable, setDurable] = useState(true)
  const [autoDelete, setAutoDelete] = useState(false)
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const [others, setOthers] = useState<readonly Pair[]>([])
  useEffect(() => setVhost(standard), [standard])
  const known = QUEUE_ARGUMENTS.filter((argument) => argument.for.includes(type))
  const create = useChange(
    () => {
      const set = known.map(
        (argument) => [argument.name, argumentValue(argument, values[argument.name] ?? '')] as const,
      )
      return api.put(path`/queues/${vhost}/${name}`, {
        durable: durable || type !== 'classic',
        auto_delete: autoDelete && type !== 'stream',
        arguments: {
          ...(type !== 'classic' && { 'x-queue-type': type }),
          ...Object.fromEntries(set.filter(([, value]) => value !== undefined)),
          ...typedPairs(others),
        },
      })
    },
    () => `Made ${name}`,
  )
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="New queue"
      wide
      submit="Make queue"
      busy={create.isPending}
      disabled={name === ''}
      onSubmit={() => create.mutate(undefined, { onSuccess: () => navigate(pageOf('queue', name, vhost)) })}
    >
      <div className="grid gap-4 sm:grid-cols-[1fr_12rem]">
        <TextField label="Name" value={name} onChange={setName} mono autoFocus required />
        <SelectField
          label="Vhost"
          value={vhost}
          onChange={setVhost}
          choices={vhosts.includes(vhost) ? vhosts : [vhost, ...vhosts]}
        />
      </div>
      <fieldset>
        <legend className="mb-1 font-medium">Type</legend>
        <div className="grid gap-2 sm:grid-cols-3">
          {QUEUE_TYPES.map((one) => (
            <label
              key={one.type}
              className="flex cursor-pointer gap-2.5 rounded-md border border-line-strong bg-raised p-3 has-checked:border-accent has-checked:bg-accent-soft"
            >
              <input
                type="radio"
                name="type"
                className="mt-0.5 size-4 shrink-0 accent-accent"
                checked={type === one.type}
                onChange={() => setType(one.type)}
              />
              <span>
                <span className="block font-semibold">{one.title}</span>
                <span className="block text-[0.929rem] text-ink-2">{one.text}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <div className="grid gap-3 sm:grid-cols-2">
        <CheckField
          label="Durable"
          help={
            type === 'classic' ? 'Is there after a restart, with its persistent messages.' : 'Always, for this type.'
          }
          checked={durable || type !== 'classic'}
          disabled={type !== 'classic'}
          onChange={setDurable}
        />
        {type !== 'stream' && (
          <CheckField
            label="Deletes itself"
            help="When its last consumer goes away."
            checked={autoDelete}
            onChange={setAutoDelete}
          />
        )}
      </div>
      {ARGUMENT_GROUPS.map((group) => (
        <ArgumentGroup
          key={group}
          title={group}
          all={known.filter((argument) => argument.group === group)}
          values={values}
          onChange={(name, value) => setValues({ ...values, [name]: value })}
        />
      ))}
      <PairsField
        label="Other arguments"
        help="Numbers, true, false and JSON are taken as such; put quotes around what should stay text."
        pairs={others}
        onChange={setOthers}
        add="Add argument"
      />
    </FormDialog>
  )
}

function ArgumentGroup(props: {
  title: string
  all: readonly KnownArgument[]
  values: Readonly<Record<string, string>>
  onChange: (name: string, value: string) => void
}) {
  const { title, all, values, onChange } = props
  if (all.length === 0) return null
  const set = all.filter(({ name }) => (values[name] ?? '') !== '').length
  return (
    <details className="rounded-md border border-line">
      <summary className="cursor-pointer px-3 py-2 font-medium">
        {title}
        {set > 0 && <span className="ml-2 text-accent">{set} set</span>}
      </summary>
      <div className="grid gap-4 border-t border-line p-3 sm:grid-cols-2">
        {all.map((argument) => (
          <ArgumentField
            key={argument.name}
            argument={argument}
            value={values[argument.name] ?? ''}
            onChange={(value) => onChange(argument.name, value)}
          />
        ))}
      </div>
    </details>
  )
}

function ArgumentField(props: { argument: KnownArgument; value: string; onChange: (value: string) => void }) {
  const { argument, value, onChange } = props
  const { name, title, kind, text, choices = [], standard } = argument
  const help = (
    <>
      {text} <code className="text-ink-3">{name}</code>
    </>
  )
  if (kind === 'yes') {
    return <CheckField label={title} help={help} checked={value !== ''} onChange={(on) => onChange(on ? 'true' : '')} />
  }
  if (kind === 'choice') {
    return (
      <SelectField
        label={title}
        help={help}
        value={value}
        onChange={onChange}
        choices={[{ value: '', label: `as usual (${standard})` }, ...choices.filter((choice) => choice !== standard)]}
      />
    )
  }
  return (
    <TextField
      label={title}
      help={help}
      value={value}
      onChange={onChange}
      type={kind === 'number' ? 'number' : 'text'}
      mono={kind === 'text'}
      {...(kind === 'number' ? { min: 0 } : {})}
    />
  )
}
