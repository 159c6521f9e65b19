/** Asks before a user is deleted. */
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { ConfirmDialog } from '../../parts/dialog.tsx'
import { useSession } from '../../session/session.ts'

interface Props {
  readonly name: string
  readonly onClose: () => void
  readonly onDeleted?: () => void
}

export function DeleteUserDialog({ name, onClose, onDeleted }: Props) {
  const { user } = useSession()
  const remove = useChange(() => api.del(path`/users/${name}`), `Deleted ${name}`)
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Delete ${name}?`}
      action="Delete user"
      name={name}
      busy={remove.isPending}
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            onClose()
            onDeleted?.()
          },
        })
      }
    >
      {name === user.name && (
        <p role="alert" className="mb-3 rounded-md bg-danger-soft px-3 py-2 text-danger">
          This is you. You are logged out, and cannot log in again.
        </p>
      )}
      The user goes with its permissions and limits, and its connections are closed. What it declared stays.
    </ConfirmDialog>
  )
}
