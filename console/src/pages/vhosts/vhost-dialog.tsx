/** Makes a virtual host, or describes one anew. */
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { CheckField, SelectField, TextField } from '../../parts/form.tsx'
import type { VhostRow } from './vhost.ts'

export function VhostDialog({ vhost, onClose }: { vhost: VhostRow | null; onClose: () => void }) {
  const navigate = useNavigate()
  const [name, setName] = useState(vhost?.name ?? '')
  const [description, setDescription] = useState(vhost?.description ?? '')
  const [tags, setTags] = useState(vhost?.tags.join(', ') ?? '')
  const [type, setType] = useState(vhost?.default_queue_type ?? 'classic')
  const [tracing, setTracing] = useState(vhost?.tracing ?? false)
  const save = useChange(
    () => api.put(path`/vhosts/${name}`, { description, tags, default_queue_type: type, tracing }),
    vhost === null ? `Made ${name}` : `Changed ${name}`,
  )
  return (
    <FormDialog
      open
      onClose={onClose}
      title={vhost === null ? 'New vhost' : `Edit ${name}`}
      {...(vhost === null && { lead: 'You get all permissions in it; other users are let in on its page.' })}
      submit={vhost === null ? 'Make vhost' : 'Save'}
      busy={save.isPending}
      disabled={name === ''}
      onSubmit={() =>
        save.mutate(undefined, {
          onSuccess: () => {
            onClose()
            if (vhost === null) navigate(pageOf('vhost', name))
          },
        })
      }
    >
      {vhost === null && <TextField label="Name" value={name} onChange={setName} mono autoFocus required />}
      <TextField label="Description" optional value={description} onChange={setDescription} />
      <TextField label="Tags" optional help="With commas between them." value={tags} onChange={setTags} />
      <SelectField
        label="New queues are"
        help="Where the client that declares one does not say which type it wants."
        value={type}
        onChange={setType}
        choices={['classic', 'quorum', 'stream']}
      />
      <CheckField
        label="Tracing"
        help="Copies every message to the exchange amq.rabbitmq.trace. Costs speed; for looking for mistakes."
        checked={tracing}
        onChange={setTracing}
      />
    </FormDialog>
  )
}
