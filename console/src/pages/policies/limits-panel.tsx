/** The limits of one vhost or user, with what counts against them now. */
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { humanNumber } from '../../parts/format.ts'
import { KeyValue, Panel } from '../../parts/page.tsx'
import { useSession } from '../../session/session.ts'
import { LIMITS, type Limited, type LimitRow } from './limits.ts'
import { LimitsDialog } from './limits-dialog.tsx'

export function LimitsPanel({ kind, name }: { kind: Limited; name: string }) {
  const { may } = useSession()
  const query = useGet<LimitRow[]>(`/${kind}-limits${path`/${name}`}`)
  const [editing, setEditing] = useState(false)
  const values = query.data?.[0]?.value ?? {}
  return (
    <Panel
      title="Limits"
      aside={
        may('administrator') &&
        query.data !== undefined && (
          <Button small icon={<Pencil size={14} />} onClick={() => setEditing(true)}>
            Set limits
          </Button>
        )
      }
    >
      <KeyValue
        items={LIMITS[kind].map(({ name: limit, title }) => [
          title,
          values[limit] === undefined || values[limit] < 0 ? (
            <span key={limit} className="text-ink-3">
              no limit
            </span>
          ) : (
            <span key={limit} className="font-semibold">
              {humanNumber(values[limit])}
            </span>
          ),
        ])}
      />
      {editing && <LimitsDialog kind={kind} name={name} values={values} onClose={() => setEditing(false)} />}
    </Panel>
  )
}
