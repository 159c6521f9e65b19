/** What can be done to a group, and the dialogs that ask before. Both need that none of its members is active. */
import { History, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { DeleteDialog } from '../../parts/delete-dialog.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { plural } from '../../parts/format.ts'
import type { Action } from '../../parts/menu.tsx'
import { ActiveMembers } from './active-members.tsx'
import type { Group, GroupRow, TopicPartition } from './group.ts'
import { ResetOffsetsDialog } from './reset-offsets-dialog.tsx'

type Named = Pick<GroupRow, 'vhost' | 'name'>

export interface Asked {
  readonly kind: 'reset' | 'delete'
  readonly group: Named
  readonly only?: TopicPartition
}

export function useGroupActions(): {
  actionsOf: (group: Named) => Action[]
  asked: Asked | null
  ask: (asked: Asked) => void
  done: () => void
} {
  const [asked, setAsked] = useState<Asked | null>(null)
  const actionsOf = (group: Named): Action[] => [
    {
      title: 'Reset offsets…',
      icon: <History size={15} aria-hidden="true" />,
      onSelect: () => setAsked({ kind: 'reset', group }),
    },
    {
      title: 'Delete…',
      icon: <Trash2 size={15} aria-hidden="true" />,
      danger: true,
      onSelect: () => setAsked({ kind: 'delete', group }),
    },
  ]
  return { actionsOf, asked, ask: setAsked, done: () => setAsked(null) }
}

export function GroupActionDialog({ asked, onClose }: { asked: Asked | null; onClose: () => void }) {
  const { data } = useGet<Group>(asked === null ? null : path`/groups/${asked.group.vhost}/${asked.group.name}`)
  if (asked === null || data === undefined || data.name !== asked.group.name) return null
  if (asked.kind === 'reset') return <ResetOffsetsDialog group={data} only={asked.only} onClose={onClose} />
  return <DeleteGroupDialog group={data} onClose={onClose} />
}

function DeleteGroupDialog({ group, onClose }: { group: Group; onClose: () => void }) {
  const { vhost, name, offsets, members } = group
  if (members.length > 0) {
    return (
      <Dialog open onClose={onClose} title={`${name} cannot be deleted now`}>
        <ActiveMembers group={group} what="A group is deleted" />
      </Dialog>
    )
  }
  return (
    <DeleteDialog
      noun="group"
      name={name}
      target={path`/groups/${vhost}/${name}`}
      page={pageOf('group', name, vhost)}
      list="/groups"
      onClose={onClose}
    >
      Where it stood in {plural(offsets.length, 'partition')} is forgotten. Consumers that come with this name begin
      where their <code>auto.offset.reset</code> says.
    </DeleteDialog>
  )
}
