/** One user: roles, what it may touch where, its limits, and who is connected by its name. */
import { Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useParams } from 'react-router'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { Badge, KindPlate } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { KeyValue, Page, Panel } from '../../parts/page.tsx'
import { Answered, EmptyState } from '../../parts/states.tsx'
import { Time } from '../../parts/values.tsx'
import { useSession } from '../../session/session.ts'
import { type ConnectionRow, clientOf, titleOf } from '../connections/connection.ts'
import { ConnectionState } from '../connections/connection-state.tsx'
import { LimitsPanel } from '../policies/limits-panel.tsx'
import { DeleteUserDialog } from './delete-user-dialog.tsx'
import { PermissionsPanel } from './permissions-panel.tsx'
import { Tags } from './tags.tsx'
import { TopicPermissionsPanel } from './topic-permissions-panel.tsx'
import type { UserRow } from './user.ts'
import { UserDialog } from './user-dialog.tsx'

export default function UserPage() {
  const { name = '' } = useParams()
  const { user: self } = useSession()
  const query = useGet<UserRow>(path`/users/${name}`)
  const [dialog, setDialog] = useState<'edit' | 'delete' | null>(null)
  const close = (): void => setDialog(null)
  return (
    <Page
      title={name}
      plate={<KindPlate kind="user" />}
      above={[{ title: 'Users', to: '/users' }]}
      badges={name === self.name && <Badge tone="info">you</Badge>}
      actions={
        query.data !== undefined && (
          <>
            <Button icon={<Pencil size={15} />} onClick={() => setDialog('edit')}>
              Edit
            </Button>
            <Button look="danger" icon={<Trash2 size={15} />} onClick={() => setDialog('delete')}>
              Delete
            </Button>
          </>
        )
      }
    >
      <Answered query={query}>
        {(user) => (
          <>
            <div className="grid items-stretch gap-5 lg:grid-cols-2">
              <Panel title="Login">
                <KeyValue
                  items={[
                    ['Roles', <Tags key="roles" tags={user.tags} />],
                    [
                      'Password',
                      user.password_hash === '' ? (
                        <Badge key="password" tone="warn" title="Nobody comes in by a password">
                          none
                        </Badge>
                      ) : (
                        'set'
                      ),
                    ],
                  ]}
                />
              </Panel>
              <LimitsPanel kind="user" name={name} />
            </div>
            <PermissionsPanel of="user" name={name} />
            <TopicPermissionsPanel of="user" name={name} />
            <Connections user={name} />
            {dialog === 'edit' && <UserDialog user={user} onClose={close} />}
            {dialog === 'delete' && <DeleteUserDialog name={name} onClose={close} />}
          </>
        )}
      </Answered>
    </Page>
  )
}

const COLUMNS: readonly Column<ConnectionRow>[] = [
  { id: 'name', title: 'Client', sort: 'name', cell: titleOf },
  { id: 'vhost', title: 'Vhost', sort: 'vhost', cell: ({ vhost }) => <span className="text-ink-2">{vhost}</span> },
  { id: 'protocol', title: 'Protocol', sort: 'protocol', cell: ({ protocol }) => protocol },
  { id: 'client', title: 'Library', cell: clientOf },
  { id: 'state', title: 'State', sort: 'state', cell: ({ state }) => <ConnectionState state={state} /> },
  { id: 'since', title: 'Connected', sort: 'connected_at', cell: ({ connected_at }) => <Time at={connected_at} /> },
]

function Connections({ user }: { user: string }) {
  return (
    <Panel flush title="Connections">
      <DataTable<ConnectionRow>
        id="user-connections"
        noun="connection"
        path={path`/connections/username/${user}`}
        columns={COLUMNS}
        rowKey={({ name }) => name}
        rowHref={({ name }) => pageOf('connection', name)}
        sort="name"
        pageSize={10}
        filter={false}
        empty={<EmptyState title={`Nobody is connected as ${user}`} />}
      />
    </Panel>
  )
}
