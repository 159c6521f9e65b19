/** Sends dead letters back to where they died, edited on the way if need be. */
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { CheckField, SelectField, TextArea, TextField } from '../../parts/form.tsx'
import { toast } from '../../parts/toasts.tsx'
import { deathsOf } from './deaths.ts'
import { HeadersField } from './headers-field.tsx'
import { editOf, type HeaderRow, rowsOf } from './headers-form.ts'
import { type Message, sourceUrl } from './message.ts'
import { type Moved, movedText } from './move-dialog.tsx'
import { ScopeField, selectionOf, useScope } from './scope.tsx'
import type { View } from './view.ts'

interface RedriveDialogProps {
  readonly view: View
  readonly picked: readonly Message[]
  readonly onClose: () => void
  readonly onDone: () => void
}

/** What the broker wrote about deaths is not for editing. */
const isDeath = (name: string): boolean =>
  name.startsWith('x-death') || name.startsWith('x-first-death') || name.startsWith('x-last-death')

export function RedriveDialog({ view, picked, onClose, onDone }: RedriveDialogProps) {
  const [scope, setScope] = useScope(view, picked)
  const [to, setTo] = useState('queue')
  const [death, setDeath] = useState('last')
  const [cleared, setCleared] = useState(false)
  const [edited, setEdited] = useState(false)
  const one = scope === 'picked' && picked.length === 1 ? picked[0] : null
  const own = Object.fromEntries(Object.entries(one?.headers ?? {}).filter(([name]) => !isDeath(name)))
  const [headers, setHeaders] = useState<readonly HeaderRow[]>(rowsOf(own))
  const canEditBody = one !== null && one.body.text !== null && !one.truncated
  const [payload, setPayload] = useState(one?.body.text ?? '')
  const [routingKey, setRoutingKey] = useState('')
  const change = useChange(
    (edit: object) =>
      api.post<Moved>(`${sourceUrl(view)}/redrive`, {
        to,
        death,
        history: cleared ? 'cleared' : 'kept',
        ...edit,
        ...selectionOf(scope, view, picked),
      }),
    (moved) => movedText('sent back', moved),
  )
  const submit = (): void => {
    try {
      change.mutate(edited ? { edit: editNow() } : {}, { onSuccess: onDone })
    } catch (error) {
      toast.failed((error as Error).message)
    }
  }
  const editNow = (): object => ({
    ...editOf(own, headers),
    ...(canEditBody && payload !== one.body.text ? { payload, payload_encoding: 'string' } : {}),
    ...(routingKey !== '' ? { routing_key: routingKey } : {}),
  })
  const deaths = one === null ? [] : deathsOf(one.headers)
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Redrive dead letters"
      lead="Sends them back to where they came from. What never died, or whose queue is gone, stays."
      submit="Redrive"
      wide={edited}
      busy={change.isPending}
      onSubmit={submit}
    >
      <ScopeField view={view} picked={picked} scope={scope} onChange={setScope} />
      <div className="grid gap-4 md:grid-cols-2">
        <SelectField
          label="Back to"
          value={to}
          onChange={setTo}
          choices={[
            { value: 'queue', label: 'the queue where it died' },
            { value: 'exchange', label: 'the exchange it was published to' },
          ]}
        />
        <SelectField
          label="Which death"
          value={death}
          onChange={setDeath}
          choices={[
            { value: 'last', label: deaths[0] === undefined ? 'the last' : `the last, in ${deaths[0].queue}` },
            {
              value: 'first',
              label: deaths.length < 2 ? 'the first' : `the first, in ${deaths[deaths.length - 1].queue}`,
            },
          ]}
        />
      </div>
      <CheckField
        label="Forget its history"
        help="Removes x-death and its kin, so that counts of deliveries and retries begin anew."
        checked={cleared}
        onChange={setCleared}
      />
      <CheckField
        label="Edit on the way"
        help={
          one === null
            ? 'Headers and routing key of all of them. Choose a single message to edit its body.'
            : 'Headers, routing key and body.'
        }
        checked={edited}
        onChange={setEdited}
      />
      {edited && (
        <>
          <TextField
            label="Routing key"
            optional
            mono
            help="Instead of the one it had."
            value={routingKey}
            onChange={setRoutingKey}
          />
          <HeadersField rows={headers} onChange={setHeaders} />
          {canEditBody && <TextArea label="Body" rows={10} value={payload} onChange={setPayload} />}
          {one !== null && !canEditBody && (
            <p className="text-ink-3">
              {one.truncated ? 'The body is too long to be edited here.' : 'A body that is no text stays as it is.'}
            </p>
          )}
        </>
      )}
    </FormDialog>
  )
}
