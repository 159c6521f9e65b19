/** Asks before an exchange is deleted. */
import { path } from '../../api/client.ts'
import { pageOf } from '../../links.ts'
import { DeleteDialog } from '../../parts/delete-dialog.tsx'

interface Props {
  readonly exchange: { readonly vhost: string; readonly name: string }
  readonly onClose: () => void
}

export function DeleteExchangeDialog({ exchange: { vhost, name }, onClose }: Props) {
  return (
    <DeleteDialog
      noun="exchange"
      name={name}
      target={path`/exchanges/${vhost}/${name}`}
      page={pageOf('exchange', name, vhost)}
      list="/exchanges"
      onClose={onClose}
    >
      The exchange goes with its bindings. Channels that publish to it are closed with an error.
    </DeleteDialog>
  )
}
