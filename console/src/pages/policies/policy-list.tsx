/** The policies of one kind: made, changed and deleted. */
import { Pencil, Plus, ScrollText, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ConfirmDialog } from '../../parts/dialog.tsx'
import { Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { useSession } from '../../session/session.ts'
import { useVhost } from '../../shell/vhost.ts'
import { ArgumentsText } from '../exchanges/bindings-panel.tsx'
import { APPLY_TO, type PolicyKind, type PolicyRow } from './policy.ts'
import { PolicyDialog } from './policy-dialog.tsx'

const COLUMNS: readonly Column<PolicyRow>[] = [
  { id: 'name', title: 'Name', sort: 'name', cell: ({ name }) => name },
  {
    id: 'vhost',
    title: 'Vhost',
    sort: 'vhost',
    cell: ({ vhost }) => <span className="text-ink-2">{vhost}</span>,
  },
  {
    id: 'pattern',
    title: 'Pattern',
    sort: 'pattern',
    cell: ({ pattern }) => (pattern === '' ? <span className="text-ink-3">every name</span> : <code>{pattern}</code>),
  },
  {
    id: 'apply-to',
    title: 'Applies to',
    sort: 'apply-to',
    cell: (policy) => APPLY_TO[policy['apply-to']] ?? policy['apply-to'],
  },
  { id: 'priority', title: 'Priority', sort: 'priority', align: 'right', cell: ({ priority }) => priority },
  { id: 'definition', title: 'Sets', cell: ({ definition }) => <ArgumentsText all={definition} /> },
]

const TEXTS: Readonly<Record<PolicyKind, { readonly noun: string; readonly lead: string; readonly empty: string }>> = {
  policies: {
    noun: 'policy',
    lead: 'Settings for everything whose name matches a pattern, changed at once. One policy applies to each queue and exchange: that of the highest priority.',
    empty: 'A policy gives many queues a limit, a time to live or a dead-letter exchange at once.',
  },
  'operator-policies': {
    noun: 'operator policy',
    lead: 'Bounds that no policy and no client can exceed: where both set a number, the stricter one holds.',
    empty: 'With an operator policy you keep queues small whatever the programs that declare them ask for.',
  },
}

export function PolicyList({ kind }: { kind: PolicyKind }) {
  const [vhost] = useVhost()
  const { may } = useSession()
  const [editing, setEditing] = useState<PolicyRow | 'new' | null>(null)
  const [leaving, setLeaving] = useState<PolicyRow | null>(null)
  const { noun, lead, empty } = TEXTS[kind]
  const mayChange = may(kind === 'policies' ? 'policymaker' : 'administrator')
  const create = mayChange && (
    <Button look="primary" icon={<Plus size={16} />} onClick={() => setEditing('new')}>
      New {noun}
    </Button>
  )
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-prose text-ink-2">{lead}</p>
        {create}
      </div>
      <Panel flush>
        <DataTable<PolicyRow>
          id={kind}
          noun={noun}
          path={vhost === null ? `/${kind}` : `/${kind}${path`/${vhost}`}`}
          columns={vhost === null ? COLUMNS : COLUMNS.filter(({ id }) => id !== 'vhost')}
          rowKey={({ name, vhost }) => `${vhost} ${name}`}
          {...(mayChange && {
            actions: (policy: PolicyRow) => [
              { title: 'Edit…', icon: <Pencil size={15} />, onSelect: () => setEditing(policy) },
              { title: 'Delete…', icon: <Trash2 size={15} />, danger: true, onSelect: () => setLeaving(policy) },
            ],
          })}
          sort="name"
          filter={false}
          empty={
            <EmptyState
              icon={<ScrollText size={28} />}
              title={`No ${noun} yet`.replace('y yet', 'ies yet')}
              action={create}
            >
              {empty}
            </EmptyState>
          }
        />
      </Panel>
      {editing !== null && (
        <PolicyDialog
          kind={kind}
          noun={noun}
          policy={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      {leaving !== null && <DeletePolicy kind={kind} noun={noun} policy={leaving} onClose={() => setLeaving(null)} />}
    </>
  )
}

function DeletePolicy(props: { kind: PolicyKind; noun: string; policy: PolicyRow; onClose: () => void }) {
  const { kind, noun, policy, onClose } = props
  const { vhost, name } = policy
  const remove = useChange(() => api.del(`/${kind}${path`/${vhost}/${name}`}`), `Deleted ${name}`)
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Delete ${name}?`}
      action={`Delete ${noun}`}
      busy={remove.isPending}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
    >
      What it applied to falls back to the policy of the next priority, or to its own arguments, at once: messages that
      were kept by it may then expire, or be kept longer.
    </ConfirmDialog>
  )
}
