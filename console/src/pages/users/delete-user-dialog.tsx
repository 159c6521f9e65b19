/** Asks before a user is deleted. */
import { path } from '../../api/client.ts'
import { pageOf } from '../../links.ts'
import { DeleteDialog } from '../../parts/delete-dialog.tsx'
import { useSession } from '../../session/session.ts'

export function DeleteUserDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { user } = useSession()
  return (
    <DeleteDialog
      noun="user"
      name={name}
      target={path`/users/${name}`}
      page={pageOf('user', name)}
      list="/users"
      onClose={onClose}
    >
      {name === user.name && (
        <p role="alert" className="mb-3 rounded-md bg-danger-soft px-3 py-2 text-danger">
          This is you. You are logged out, and cannot log in again.
        </p>
      )}
      The user goes with its permissions and limits, and its connections are closed. What it declared stays.
    </DeleteDialog>
  )
}
