/** Makes an exchange. */
import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { CheckField, type Pair, PairsField, SelectField, TextField, typedPairs } from '../../parts/form.tsx'
import { useDefaultVhost, useVhostNames } from '../../shell/vhost.ts'
import { argumentsOf, NEW_PLAN } from './schedule.ts'
import { ScheduleFields } from './schedule-fields.tsx'

const TYPES: Readonly<Record<string, string>> = {
  direct: 'To the queues bound with the very routing key of the message.',
  topic: 'To the queues whose pattern fits the routing key: * is one word, # any number.',
  fanout: 'To all queues bound to it.',
  headers: 'To the queues whose arguments match the headers of the message.',
  'x-consistent-hash': 'To one of the bound queues, by a hash of the routing key; the binding key is a weight.',
  'x-modulus-hash': 'To one of the bound queues, by a hash of the routing key.',
  'x-random': 'To one of the bound queues, by chance.',
  'x-recent-history': 'To all bound queues; who binds later gets the last messages first.',
  'x-delayed-message': 'Later: after the milliseconds in the header x-delay. Needs the argument x-delayed-type.',
  'x-schedule': 'To all bound queues; and it publishes by itself, at the times of a cron expression.',
  'x-message-deduplication': 'Each message once: by the header x-deduplication-header. Needs x-cache-size.',
}

export function NewExchangeDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const navigate = useNavigate()
  const standard = useDefaultVhost()
  const vhosts = useVhostNames()
  const [vhost, setVhost] = useState(standard)
  const [name, setName] = useState('')
  const [type, setType] = useState('topic')
  const [durable, setDurable] = useState(true)
  const [autoDelete, setAutoDelete] = useState(false)
  const [internal, setInternal] = useState(false)
  const [alternate, setAlternate] = useState('')
  const [delayedType, setDelayedType] = useState('direct')
  const [plan, setPlan] = useState(NEW_PLAN)
  const [pairs, setPairs] = useState<readonly Pair[]>([])
  useEffect(() => setVhost(standard), [standard])
  const create = useChange(
    () =>
      api.put(path`/exchanges/${vhost}/${name}`, {
        type,
        durable,
        auto_delete: autoDelete,
        internal,
        arguments: {
          ...(alternate !== '' && { 'alternate-exchange': alternate }),
          ...(type === 'x-delayed-message' && { 'x-delayed-type': delayedType }),
          ...(type === 'x-schedule' && argumentsOf(plan)),
          ...typedPairs(pairs),
        },
      }),
    () => `Made ${name}`,
  )
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="New exchange"
      wide={type === 'x-schedule'}
      submit="Make exchange"
      busy={create.isPending}
      disabled={name === ''}
      onSubmit={() => create.mutate(undefined, { onSuccess: () => navigate(pageOf('exchange', name, vhost)) })}
    >
      <div className="grid gap-4 sm:grid-cols-[1fr_10rem]">
        <TextField label="Name" value={name} onChange={setName} mono autoFocus required />
        <SelectField
          label="Vhost"
          value={vhost}
          onChange={setVhost}
          choices={vhosts.includes(vhost) ? vhosts : [vhost, ...vhosts]}
        />
      </div>
      <SelectField label="Type" help={TYPES[type]} value={type} onChange={setType} choices={Object.keys(TYPES)} />
      {type === 'x-delayed-message' && (
        <SelectField
          label="Then routes as"
          value={delayedType}
          onChange={setDelayedType}
          choices={['direct', 'topic', 'fanout', 'headers']}
        />
      )}
      {type === 'x-schedule' && <ScheduleFields plan={plan} onChange={setPlan} />}
      <TextField
        label="Alternate exchange"
        optional
        help="Gets what this one cannot route."
        value={alternate}
        onChange={setAlternate}
        mono
      />
      <div className="flex flex-col gap-2">
        <CheckField label="Durable" help="Is there after a restart." checked={durable} onChange={setDurable} />
        <CheckField
          label="Deletes itself"
          help="With its last binding."
          checked={autoDelete}
          onChange={setAutoDelete}
        />
        <CheckField
          label="Internal"
          help="Takes messages from other exchanges only."
          checked={internal}
          onChange={setInternal}
        />
      </div>
      <PairsField label="Other arguments" pairs={pairs} onChange={setPairs} add="Add argument" />
    </FormDialog>
  )
}
