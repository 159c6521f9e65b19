/** What a user may touch in each vhost, or what each user may touch in a vhost. */
import { Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange, useGet } from '../../api/queries.ts'
import { Badge, ObjectLink } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ConfirmDialog } from '../../parts/dialog.tsx'
import { Panel } from '../../parts/page.tsx'
import { Answered, EmptyState } from '../../parts/states.tsx'
import { PermissionDialog } from './permission-dialog.tsx'
import { type PermissionRow, presetOf } from './user.ts'

/** Whose permissions a panel shows. */
export interface Holder {
  readonly of: 'user' | 'vhost'
  readonly name: string
}

export const permissionsOf = ({ of, name }: Holder): string =>
  of === 'user' ? path`/users/${name}/permissions` : path`/vhosts/${name}/permissions`

/** A pattern as people read it; the empty one permits nothing. */
export function Pattern({ text }: { text: string }) {
  if (text === '') return <span className="text-ink-3">nothing</span>
  if (text === '.*') return <span title=".*">everything</span>
  return <code className="[overflow-wrap:anywhere]">{text}</code>
}

function columnsOf(of: Holder['of']): Column<PermissionRow>[] {
  const other = of === 'user' ? 'vhost' : 'user'
  return [
    {
      id: other,
      title: other === 'vhost' ? 'Vhost' : 'User',
      sort: other,
      cell: (row) => <ObjectLink kind={other} name={row[other]} />,
    },
    {
      id: 'may',
      title: 'May',
      cell: (row) => {
        const preset = presetOf(row)
        return <Badge title={preset?.text ?? 'Only what these patterns match'}>{preset?.title ?? 'Narrowed'}</Badge>
      },
    },
    { id: 'configure', title: 'Configure', sort: 'configure', cell: ({ configure }) => <Pattern text={configure} /> },
    { id: 'write', title: 'Write', sort: 'write', cell: ({ write }) => <Pattern text={write} /> },
    { id: 'read', title: 'Read', sort: 'read', cell: ({ read }) => <Pattern text={read} /> },
  ]
}

export function PermissionsPanel(holder: Holder) {
  const { of, name } = holder
  const query = useGet<PermissionRow[]>(permissionsOf(holder))
  const [editing, setEditing] = useState<PermissionRow | 'new' | null>(null)
  const [leaving, setLeaving] = useState<PermissionRow | null>(null)
  const add = (
    <Button small icon={<Plus size={15} />} onClick={() => setEditing('new')}>
      {of === 'user' ? 'Let into a vhost' : 'Let a user in'}
    </Button>
  )
  return (
    <Panel flush title="Permissions" aside={add}>
      <Answered query={query}>
        {(rows) => (
          <>
            <DataTable<PermissionRow>
              id="permissions"
              noun="permission"
              rows={rows}
              columns={columnsOf(of)}
              rowKey={({ user, vhost }) => `${user} in ${vhost}`}
              actions={(row) => [
                { title: 'Change…', icon: <Pencil size={15} />, onSelect: () => setEditing(row) },
                { title: 'Take away…', icon: <Trash2 size={15} />, danger: true, onSelect: () => setLeaving(row) },
              ]}
              filter={false}
              sort={of === 'user' ? 'vhost' : 'user'}
              empty={
                <EmptyState title={of === 'user' ? `${name} may enter no vhost` : 'No user may enter this vhost'}>
                  {of === 'user' && 'It can log in to this console, if it has a role, and connect nowhere.'}
                </EmptyState>
              }
            />
            {editing !== null && (
              <PermissionDialog
                holder={holder}
                permission={editing === 'new' ? null : editing}
                taken={rows.map((row) => row[of === 'user' ? 'vhost' : 'user'])}
                onClose={() => setEditing(null)}
              />
            )}
          </>
        )}
      </Answered>
      {leaving !== null && <ClearDialog permission={leaving} onClose={() => setLeaving(null)} />}
    </Panel>
  )
}

function ClearDialog({ permission: { user, vhost }, onClose }: { permission: PermissionRow; onClose: () => void }) {
  const clear = useChange(() => api.del(path`/permissions/${vhost}/${user}`), `${user} may not enter ${vhost} any more`)
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Keep ${user} out of ${vhost}?`}
      action="Take permissions away"
      busy={clear.isPending}
      onConfirm={() => clear.mutate(undefined, { onSuccess: onClose })}
    >
      From now on {user} cannot connect to {vhost}, and what it does on connections that are open is refused.
    </ConfirmDialog>
  )
}
