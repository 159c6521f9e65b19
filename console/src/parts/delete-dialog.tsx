/** Asks before a thing goes for good: its name has to be typed. From its own page, it leads to where its like are listed. */
import type { ReactNode } from 'react'
import { useNavigate } from 'react-router'
import { api } from '../api/client.ts'
import { useChange } from '../api/queries.ts'
import { ConfirmDialog } from './dialog.tsx'

interface DeleteDialogProps {
  /** `queue` */
  readonly noun: string
  readonly name: string
  /** Below /api. */
  readonly target: string
  /** Its page, and that of the list. */
  readonly page: string
  readonly list: string
  /** What goes with it. */
  readonly children: ReactNode
  readonly onClose: () => void
  readonly onDeleted?: () => void
}

export function DeleteDialog({ noun, name, target, page, list, children, onClose, onDeleted }: DeleteDialogProps) {
  const navigate = useNavigate()
  const remove = useChange(() => api.del(target), `Deleted ${name}`)
  const isHere = page === location.pathname
  const gone = (): void => {
    onClose()
    onDeleted?.()
    if (isHere) navigate(list, { replace: true })
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Delete ${name}?`}
      action={`Delete ${noun}`}
      name={name}
      busy={remove.isPending}
      onConfirm={() => remove.mutate(undefined, { onSuccess: gone })}
    >
      {children}
    </ConfirmDialog>
  )
}
