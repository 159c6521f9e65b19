/** Which routing keys users may publish and bind with, on topic exchanges. */
import { Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange, useGet } from '../../api/queries.ts'
import { ObjectLink } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { FormDialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/form.tsx'
import { Panel } from '../../parts/page.tsx'
import { Answered } from '../../parts/states.tsx'
import { type Holder, Pattern, permissionsOf } from './permissions-panel.tsx'
import type { PermissionRow, TopicPermissionRow } from './user.ts'

function columnsOf(of: Holder['of']): Column<TopicPermissionRow>[] {
  const other = of === 'user' ? 'vhost' : 'user'
  return [
    {
      id: 'exchange',
      title: 'Topic exchange',
      sort: 'exchange',
      cell: ({ exchange, vhost }) => <ObjectLink kind="exchange" name={exchange} vhost={vhost} />,
    },
    {
      id: other,
      title: other === 'vhost' ? 'Vhost' : 'User',
      sort: other,
      cell: (row) => <ObjectLink kind={other} name={row[other]} />,
    },
    { id: 'write', title: 'Publishes with', sort: 'write', cell: ({ write }) => <Pattern text={write} /> },
    { id: 'read', title: 'Binds with', sort: 'read', cell: ({ read }) => <Pattern text={read} /> },
  ]
}

export function TopicPermissionsPanel(holder: Holder) {
  const { of, name } = holder
  const target = of === 'user' ? path`/users/${name}/topic-permissions` : path`/vhosts/${name}/topic-permissions`
  const query = useGet<TopicPermissionRow[]>(target)
  const entered = useGet<PermissionRow[]>(permissionsOf(holder))
  const others = (entered.data ?? []).map((row) => row[of === 'user' ? 'vhost' : 'user'])
  const [editing, setEditing] = useState<TopicPermissionRow | 'new' | null>(null)
  const clear = useChange(
    ({ user, vhost, exchange }: TopicPermissionRow) => api.del(path`/topic-permissions/${vhost}/${user}/${exchange}`),
    'Taken away',
  )
  return (
    <Panel
      flush
      title="Routing keys"
      aside={
        others.length > 0 && (
          <Button small icon={<Plus size={15} />} onClick={() => setEditing('new')}>
            Narrow routing keys
          </Button>
        )
      }
    >
      <Answered query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="px-4 py-4 text-ink-2">
              Not narrowed: on exchanges that may be written or read, every routing key may be used.
            </p>
          ) : (
            <DataTable<TopicPermissionRow>
              id="topic-permissions"
              noun="topic permission"
              rows={rows}
              columns={columnsOf(of)}
              rowKey={({ user, vhost, exchange }) => `${user} on ${exchange} in ${vhost}`}
              actions={(row) => [
                { title: 'Change…', icon: <Pencil size={15} />, onSelect: () => setEditing(row) },
                {
                  title: 'Take away',
                  icon: <Trash2 size={15} />,
                  danger: true,
                  disabled: row.exchange === '',
                  onSelect: () => clear.mutate(row),
                },
              ]}
              filter={false}
              sort="exchange"
            />
          )
        }
      </Answered>
      {editing !== null && (
        <TopicPermissionDialog
          holder={holder}
          others={others}
          permission={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </Panel>
  )
}

interface DialogProps {
  readonly holder: Holder
  readonly others: readonly string[]
  /** Null gives one. */
  readonly permission: TopicPermissionRow | null
  readonly onClose: () => void
}

function TopicPermissionDialog({ holder: { of, name }, others, permission, onClose }: DialogProps) {
  const [other, setOther] = useState(permission?.[of === 'user' ? 'vhost' : 'user'] ?? others[0])
  const [exchange, setExchange] = useState(permission?.exchange ?? 'amq.topic')
  const [write, setWrite] = useState(permission?.write ?? '.*')
  const [read, setRead] = useState(permission?.read ?? '.*')
  const [user, vhost] = of === 'user' ? [name, other] : [other, name]
  const save = useChange(
    () => api.put(path`/topic-permissions/${vhost}/${user}`, { exchange, write, read }),
    `Routing keys of ${user} on ${exchange} set`,
  )
  return (
    <FormDialog
      open
      onClose={onClose}
      title={permission === null ? 'Narrow routing keys' : `Routing keys of ${user} on ${exchange}`}
      lead="Beside the permissions of the vhost, for topic exchanges. {username} and {vhost} stand for those of the connection."
      submit="Set"
      busy={save.isPending}
      disabled={exchange === ''}
      onSubmit={() => save.mutate(undefined, { onSuccess: onClose })}
    >
      {permission === null && (
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField label={of === 'user' ? 'Vhost' : 'User'} value={other} onChange={setOther} choices={others} />
          <TextField label="Topic exchange" value={exchange} onChange={setExchange} mono required />
        </div>
      )}
      <TextField
        label="Publishes with"
        help="Routing keys that match."
        placeholder="nothing"
        value={write}
        onChange={setWrite}
        mono
      />
      <TextField
        label="Binds with"
        help="Binding keys that match."
        placeholder="nothing"
        value={read}
        onChange={setRead}
        mono
      />
    </FormDialog>
  )
}
