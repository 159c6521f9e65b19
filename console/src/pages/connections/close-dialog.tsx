/** Closes a connection, and tells its client why. */
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/form.tsx'
import { plural } from '../../parts/format.ts'
import { type ConnectionRow, hasChannels, titleOf } from './connection.ts'

interface Props {
  readonly connection: ConnectionRow
  readonly onClose: () => void
  readonly onGone?: () => void
}

/** What a header can carry. */
const PLAIN = /^[\x20-\x7e]*$/

export function CloseConnectionDialog({ connection, onClose, onGone }: Props) {
  const { name, channels = 0 } = connection
  const [reason, setReason] = useState('')
  const close = useChange(
    () => api.del(path`/connections/${name}`, {}, reason === '' ? {} : { 'x-reason': reason }),
    `Closed ${titleOf(connection)}`,
  )
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Close ${titleOf(connection)}?`}
      lead={`${hasChannels(connection) ? `Its ${plural(channels, 'channel')} go with it; what they hold unacknowledged goes back to its queues. ` : ''}Most clients connect again by themselves.`}
      submit="Close connection"
      danger
      busy={close.isPending}
      disabled={!PLAIN.test(reason)}
      onSubmit={() =>
        close.mutate(undefined, {
          onSuccess: () => {
            onClose()
            onGone?.()
          },
        })
      }
    >
      <TextField
        label="Reason"
        optional
        help={
          hasChannels(connection)
            ? 'The client is told, and most write it to their logs.'
            : 'For the log of the broker.'
        }
        error={PLAIN.test(reason) ? null : 'Only letters, digits and signs of ASCII can be sent.'}
        value={reason}
        onChange={setReason}
        autoFocus
      />
    </FormDialog>
  )
}
