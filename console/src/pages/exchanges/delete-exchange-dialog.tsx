/** Asks before an exchange is deleted. */
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { ConfirmDialog } from '../../parts/dialog.tsx'

interface Props {
  readonly exchange: { readonly vhost: string; readonly name: string }
  readonly onClose: () => void
  readonly onDeleted?: () => void
}

export function DeleteExchangeDialog({ exchange: { vhost, name }, onClose, onDeleted }: Props) {
  const remove = useChange(() => api.del(path`/exchanges/${vhost}/${name}`), `Deleted ${name}`)
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Delete ${name}?`}
      action="Delete exchange"
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
      The exchange goes with its bindings. Channels that publish to it are closed with an error.
    </ConfirmDialog>
  )
}
