/** Who may log in, as what, and where to. */
import { KeyRound, Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { useGet } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Page, Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { useSession } from '../../session/session.ts'
import { DeleteUserDialog } from './delete-user-dialog.tsx'
import { Tags } from './tags.tsx'
import type { PermissionRow, UserRow } from './user.ts'
import { UserDialog } from './user-dialog.tsx'

function columnsOf(permissions: readonly PermissionRow[] | undefined, self: string): Column<UserRow>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      sort: 'name',
      cell: ({ name }) => (
        <>
          {name}
          {name === self && <span className="ml-1.5 font-normal text-ink-3">you</span>}
        </>
      ),
    },
    { id: 'tags', title: 'Roles', sort: 'tags', cell: ({ tags }) => <Tags tags={tags} /> },
    {
      id: 'vhosts',
      title: 'May enter',
      cell: ({ name }) => <Vhosts names={permissions?.filter(({ user }) => user === name).map(({ vhost }) => vhost)} />,
    },
    {
      id: 'password',
      title: 'Password',
      cell: ({ password_hash }) =>
        password_hash === '' ? <Badge title="Nobody comes in by a password">none</Badge> : 'set',
    },
    {
      id: 'limits',
      title: 'Limits',
      cell: ({ limits = {} }) =>
        Object.keys(limits).length === 0 ? (
          <span className="text-ink-3">none</span>
        ) : (
          Object.entries(limits)
            .map(([name, value]) => `${value} ${name.replace('max-', '')}`)
            .join(', ')
        ),
    },
  ]
}

function Vhosts({ names }: { names: readonly string[] | undefined }) {
  if (names === undefined) return null
  if (names.length === 0) return <Badge tone="warn">no vhost</Badge>
  const shown = names.slice(0, 4).join(', ')
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown
}

export default function UserList() {
  const navigate = useNavigate()
  const { user: self } = useSession()
  const [search, setSearch] = useSearchParams()
  const permissions = useGet<PermissionRow[]>('/permissions')
  const [leaving, setLeaving] = useState<UserRow | null>(null)
  const setNew = (open: boolean): void => setSearch(open ? { new: '1' } : {})
  const create = (
    <Button look="primary" icon={<Plus size={16} />} onClick={() => setNew(true)}>
      New user
    </Button>
  )
  return (
    <Page title="Users" actions={create} lead="The same for AMQP, Kafka, HTTP and this console.">
      <Panel flush>
        <DataTable<UserRow>
          id="users"
          noun="user"
          path="/users"
          columns={columnsOf(permissions.data, self.name)}
          rowKey={({ name }) => name}
          rowHref={({ name }) => pageOf('user', name)}
          actions={(user) => [
            { title: 'Open', icon: <Pencil size={15} />, onSelect: () => navigate(pageOf('user', user.name)) },
            { title: 'Delete…', icon: <Trash2 size={15} />, danger: true, onSelect: () => setLeaving(user) },
          ]}
          sort="name"
          empty={<EmptyState icon={<KeyRound size={28} />} title="No users" action={create} />}
        />
      </Panel>
      {search.has('new') && <UserDialog user={null} onClose={() => setNew(false)} />}
      {leaving !== null && <DeleteUserDialog name={leaving.name} onClose={() => setLeaving(null)} />}
    </Page>
  )
}
