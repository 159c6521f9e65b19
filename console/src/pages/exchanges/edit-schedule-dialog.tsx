/** Gives a schedule other times, or another message. */
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import type { ExchangeRow } from '../../api/types.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { argumentsOf, changesFrom, planOf } from './schedule.ts'
import { ScheduleFields } from './schedule-fields.tsx'

export function EditScheduleDialog({ exchange, onClose }: { exchange: ExchangeRow; onClose: () => void }) {
  const { vhost, name, arguments: before } = exchange
  const [plan, setPlan] = useState(() => planOf(before))
  const change = useChange(
    () => api.patch(path`/exchanges/${vhost}/${name}`, { arguments: changesFrom(before, argumentsOf(plan)) }),
    `Changed ${name}`,
  )
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Change ${name}`}
      lead="Holds from now on; bindings stay. A client that declares the schedule with other arguments changes it to those."
      wide
      submit="Change"
      busy={change.isPending}
      onSubmit={() => change.mutate(undefined, { onSuccess: onClose })}
    >
      <ScheduleFields plan={plan} onChange={setPlan} />
    </FormDialog>
  )
}
