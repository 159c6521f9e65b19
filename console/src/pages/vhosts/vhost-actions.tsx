/** What can be done to a virtual host as a whole. For administrators. */
import { Pencil, ShieldCheck, ShieldOff, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { DeleteDialog } from '../../parts/delete-dialog.tsx'
import { plural } from '../../parts/format.ts'
import type { Action } from '../../parts/menu.tsx'
import { useVhost } from '../../shell/vhost.ts'
import type { VhostRow } from './vhost.ts'
import { VhostDialog } from './vhost-dialog.tsx'

interface Asked {
  readonly kind: 'edit' | 'delete'
  readonly vhost: VhostRow
}

const ICON = { size: 15, 'aria-hidden': true } as const

/** The menu of a vhost; `asked` is what `VhostActionDialog` has to ask. */
export function useVhostActions(): {
  actionsOf: (vhost: VhostRow) => Action[]
  asked: Asked | null
  done: () => void
} {
  const [asked, setAsked] = useState<Asked | null>(null)
  const protect = useChange(
    ({ name, protected_from_deletion: isProtected }: VhostRow) => {
      const target = `${path`/vhosts/${name}`}/deletion/protection`
      return isProtected ? api.del(target) : api.post(target)
    },
    (_, { name, protected_from_deletion: was }) =>
      was ? `${name} can be deleted again` : `${name} is protected from deletion`,
  )
  const actionsOf = (vhost: VhostRow): Action[] => {
    const isProtected = vhost.protected_from_deletion
    return [
      { title: 'Edit…', icon: <Pencil {...ICON} />, onSelect: () => setAsked({ kind: 'edit', vhost }) },
      {
        title: isProtected ? 'Allow deletion' : 'Protect from deletion',
        icon: isProtected ? <ShieldOff {...ICON} /> : <ShieldCheck {...ICON} />,
        onSelect: () => protect.mutate(vhost),
      },
      {
        title: isProtected ? 'Delete (protected)' : 'Delete…',
        icon: <Trash2 {...ICON} />,
        danger: true,
        disabled: isProtected,
        onSelect: () => setAsked({ kind: 'delete', vhost }),
      },
    ]
  }
  return { actionsOf, asked, done: () => setAsked(null) }
}

export function VhostActionDialog({ asked, onClose }: { asked: Asked | null; onClose: () => void }) {
  if (asked === null) return null
  const { kind, vhost } = asked
  if (kind === 'edit') return <VhostDialog vhost={vhost} onClose={onClose} />
  return <DeleteVhostDialog vhost={vhost} onClose={onClose} />
}

function DeleteVhostDialog({ vhost: { name, messages = 0 }, onClose }: { vhost: VhostRow; onClose: () => void }) {
  const [chosen, choose] = useVhost()
  return (
    <DeleteDialog
      noun="vhost"
      name={name}
      target={path`/vhosts/${name}`}
      page={pageOf('vhost', name)}
      list="/vhosts"
      onClose={onClose}
      onDeleted={() => chosen === name && choose(null)}
    >
      Everything in it goes: queues with {plural(messages, 'message')}, streams, topics with their records, exchanges,
      groups, policies and permissions. All its connections are closed. This cannot be undone.
    </DeleteDialog>
  )
}
