/** All vhosts and users that are limited. */
import { Gauge, Pencil, Plus } from 'lucide-react'
import { useState } from 'react'
import { useGet } from '../../api/queries.ts'
import { ObjectLink } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Panel } from '../../parts/page.tsx'
import { Answered, EmptyState } from '../../parts/states.tsx'
import { Count } from '../../parts/values.tsx'
import { useSession } from '../../session/session.ts'
import { useVhostNames } from '../../shell/vhost.ts'
import { LIMITS, type Limited, type LimitRow } from './limits.ts'
import { LimitsDialog } from './limits-dialog.tsx'

export function LimitsOverview() {
  return (
    <div className="grid items-start gap-5 xl:grid-cols-2">
      <LimitTable kind="vhost" />
      <LimitTable kind="user" />
    </div>
  )
}

const nameOf = (kind: Limited, row: LimitRow): string => row[kind] ?? ''

function columnsOf(kind: Limited, linked: boolean): Column<LimitRow>[] {
  return [
    {
      id: 'name',
      title: kind === 'vhost' ? 'Vhost' : 'User',
      sort: kind,
      cell: (row) => (linked ? <ObjectLink kind={kind} name={nameOf(kind, row)} /> : nameOf(kind, row)),
    },
    ...LIMITS[kind].map(
      ({ name, title }): Column<LimitRow> => ({
        id: name,
        title,
        sort: `value.${name}`,
        align: 'right',
        cell: ({ value }) => <Count value={value[name]} />,
      }),
    ),
  ]
}

function LimitTable({ kind }: { kind: Limited }) {
  const { may } = useSession()
  const query = useGet<LimitRow[]>(`/${kind}-limits`)
  const vhosts = useVhostNames()
  const users = useGet<{ name: string }[]>(kind === 'user' && may('administrator') ? '/users' : null)
  const names = kind === 'vhost' ? vhosts : (users.data ?? []).map(({ name }) => name)
  const [name, setName] = useState<string | null>(null)
  const [isNew, setNew] = useState(false)
  const edit = (name: string, isNew: boolean): void => {
    setName(name)
    setNew(isNew)
  }
  return (
    <Panel
      flush
      title={kind === 'vhost' ? 'Of vhosts' : 'Of users'}
      aside={
        may('administrator') &&
        names.length > 0 && (
          <Button small icon={<Plus size={15} />} onClick={() => edit(names[0], true)}>
            Limit a {kind}
          </Button>
        )
      }
    >
      <Answered query={query}>
        {(rows) => (
          <>
            <DataTable<LimitRow>
              id={`${kind}-limits`}
              noun={kind}
              rows={rows}
              columns={columnsOf(kind, kind === 'vhost' || may('administrator'))}
              rowKey={(row) => nameOf(kind, row)}
              {...(may('administrator') && {
                actions: (row: LimitRow) => [
                  {
                    title: 'Set limits…',
                    icon: <Pencil size={15} />,
                    onSelect: () => edit(nameOf(kind, row), false),
                  },
                ],
              })}
              filter={false}
              sort={kind}
              empty={
                <EmptyState icon={<Gauge size={28} />} title={`No ${kind} is limited`}>
                  {kind === 'vhost'
                    ? 'A limit keeps one vhost from taking all connections or queues for itself.'
                    : 'A limit keeps one program that leaks connections or channels from harming the others.'}
                </EmptyState>
              }
            />
            {name !== null && (
              <LimitsDialog
                key={name}
                kind={kind}
                name={name}
                values={rows.find((row) => nameOf(kind, row) === name)?.value ?? {}}
                onClose={() => setName(null)}
                {...(isNew && { choose: { names, onChoose: setName } })}
              />
            )}
          </>
        )}
      </Answered>
    </Panel>
  )
}
