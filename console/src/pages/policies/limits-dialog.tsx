/** Sets the limits of a vhost or a user. */
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/form.tsx'
import { LIMITS, type Limited, type LimitValues } from './limits.ts'

interface LimitsDialogProps {
  readonly kind: Limited
  readonly name: string
  readonly values: LimitValues
  readonly onClose: () => void
  /** Lets it be chosen. */
  readonly choose?: { readonly names: readonly string[]; readonly onChoose: (name: string) => void }
}

export function LimitsDialog({ kind, name, values: before, onClose, choose }: LimitsDialogProps) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(Object.entries(before).map(([limit, value]) => [limit, String(value)])),
  )
  const save = useChange(async () => {
    for (const { name: limit } of LIMITS[kind]) {
      const value = values[limit] ?? ''
      const target = `/${kind}-limits${path`/${name}/${limit}`}`
      if (value === String(before[limit] ?? '')) continue
      if (value === '') await api.del(target)
      else await api.put(target, { value: Number(value) })
    }
  }, `Limits of ${name} set`)
  return (
    <FormDialog
      open
      onClose={onClose}
      title={choose === undefined ? `Limits of ${name}` : `Limit a ${kind}`}
      lead="They stop what comes later, and end nothing that is there."
      submit="Set limits"
      busy={save.isPending}
      disabled={name === ''}
      onSubmit={() => save.mutate(undefined, { onSuccess: onClose })}
    >
      {choose !== undefined && (
        <SelectField
          label={kind === 'vhost' ? 'Vhost' : 'User'}
          value={name}
          onChange={choose.onChoose}
          choices={choose.names}
        />
      )}
      {LIMITS[kind].map(({ name: limit, title, text }) => (
        <TextField
          key={limit}
          label={title}
          help={text}
          optional
          type="number"
          min={0}
          placeholder="no limit"
          value={values[limit] ?? ''}
          onChange={(value) => setValues({ ...values, [limit]: value })}
        />
      ))}
    </FormDialog>
  )
}
