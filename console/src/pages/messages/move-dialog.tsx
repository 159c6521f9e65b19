/** Moves messages into another queue, or to an exchange as if published there. */
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/form.tsx'
import { plural } from '../../parts/format.ts'
import { type Message, sourceUrl } from './message.ts'
import { NameField } from './name-field.tsx'
import { ScopeField, selectionOf, useScope } from './scope.tsx'
import type { View } from './view.ts'

interface MoveDialogProps {
  readonly view: View
  readonly picked: readonly Message[]
  readonly onClose: () => void
  readonly onDone: () => void
}

export interface Moved {
  readonly moved: number
  readonly stayed: number
}

export const movedText = (word: string, { moved, stayed }: Moved): string =>
  `${plural(moved, 'message')} ${word}${stayed > 0 ? `, ${stayed} stayed` : ''}.`

export function MoveDialog({ view, picked, onClose, onDone }: MoveDialogProps) {
  const [scope, setScope] = useScope(view, picked)
  const [kind, setKind] = useState<'queue' | 'exchange'>('queue')
  const [name, setName] = useState('')
  const [routingKey, setRoutingKey] = useState('')
  const change = useChange(
    () => {
      const key = routingKey === '' ? {} : { routing_key: routingKey }
      const to = kind === 'queue' ? { queue: name } : { exchange: name, ...key }
      return api.post<Moved>(`${sourceUrl(view)}/move`, { to, ...selectionOf(scope, view, picked) })
    },
    (moved) => movedText('moved', moved),
  )
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Move messages"
      lead="Each leaves this queue when its copy is safely in the other. What consumers hold stays with them."
      submit="Move"
      busy={change.isPending}
      disabled={kind === 'queue' && name === ''}
      onSubmit={() => change.mutate(undefined, { onSuccess: onDone })}
    >
      <ScopeField view={view} picked={picked} scope={scope} onChange={setScope} />
      <SelectField
        label="To"
        value={kind}
        onChange={(value) => setKind(value as 'queue' | 'exchange')}
        choices={[
          { value: 'queue', label: 'a queue' },
          { value: 'exchange', label: 'an exchange, which routes them' },
        ]}
      />
      <NameField
        label={kind === 'queue' ? 'Queue' : 'Exchange'}
        kind={kind}
        vhost={view.vhost}
        value={name}
        onChange={setName}
      />
      {kind === 'exchange' && (
        <TextField
          label="Routing key"
          optional
          help="Without one, each goes with the key it has."
          mono
          value={routingKey}
          onChange={setRoutingKey}
        />
      )}
    </FormDialog>
  )
}
