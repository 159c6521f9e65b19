/** Dialogs: forms, and the question before something is lost. */
import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { Button } from './button.tsx'

interface DialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly lead?: ReactNode
  readonly wide?: boolean
  readonly children: ReactNode
}

export function Dialog({ open, onClose, title, lead, wide = false, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 bg-[rgb(8_14_11/0.5)] backdrop-blur-[1px]" />
        <Radix.Content
          {...(lead === undefined ? { 'aria-describedby': undefined } : {})}
          className={`fixed inset-x-0 bottom-0 z-50 flex max-h-[92dvh] flex-col overflow-hidden rounded-t-xl border border-line bg-panel shadow-pop outline-none md:inset-x-auto md:bottom-auto md:left-1/2 md:top-[8vh] md:max-h-[84dvh] md:-translate-x-1/2 md:rounded-lg ${wide ? 'md:w-[min(56rem,94vw)]' : 'md:w-[min(34rem,94vw)]'}`}
        >
          <div className="flex items-start justify-between gap-4 border-b border-line px-5 py-4">
            <div className="min-w-0">
              <Radix.Title className="text-[1.143rem] font-semibold [overflow-wrap:anywhere]">{title}</Radix.Title>
              {lead !== undefined && <Radix.Description className="mt-1 text-ink-2">{lead}</Radix.Description>}
            </div>
            <Radix.Close aria-label="Close" className="rounded-md p-1 text-ink-2 hover:bg-sunken hover:text-ink">
              <X size={18} aria-hidden="true" />
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

interface FormDialogProps extends DialogProps {
  readonly submit: string
  readonly busy?: boolean
  readonly disabled?: boolean
  readonly danger?: boolean
  readonly onSubmit: () => void
}

/** A dialog around a form; Enter submits, the buttons stay in sight. */
export function FormDialog({ submit, busy, disabled, danger, onSubmit, children, ...rest }: FormDialogProps) {
  const send = (event: FormEvent): void => {
    event.preventDefault()
    event.stopPropagation()
    if (!disabled && !busy) onSubmit()
  }
  return (
    <Dialog {...rest}>
      <form onSubmit={send} className="flex min-h-0 flex-1 flex-col">
        <div className="flex min-h-0 flex-col gap-4 overflow-y-auto px-5 py-4">{children}</div>
        <div className="flex justify-end gap-2 border-t border-line bg-paper px-5 py-3">
          <Button onClick={rest.onClose}>Cancel</Button>
          <Button type="submit" look={danger ? 'danger' : 'primary'} busy={busy ?? false} disabled={disabled ?? false}>
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface ConfirmDialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  /** What will be lost. */
  readonly children: ReactNode
  /** On the button: what is done. */
  readonly action: string
  /** Must be typed first. */
  readonly name?: string
  readonly busy?: boolean
  readonly onConfirm: () => void
}

/** Asks before something is lost; for what cannot be had again, by its name. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onClose, title, children, action, name, busy, onConfirm } = props
  const [typed, setTyped] = useState('')
  const id = useId()
  const close = (): void => {
    setTyped('')
    onClose()
  }
  return (
    <FormDialog
      open={open}
      onClose={close}
      title={title}
      submit={action}
      danger
      busy={busy ?? false}
      disabled={name !== undefined && typed !== name}
      onSubmit={() => {
        setTyped('')
        onConfirm()
      }}
    >
      <div className="text-ink-2">{children}</div>
      {name !== undefined && (
        <div>
          <label htmlFor={id} className="mb-1 block">
            Type <code className="rounded-sm bg-sunken px-1 py-0.5 font-semibold">{name}</code> to confirm
          </label>
          <input
            id={id}
            className="field font-mono"
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      )}
    </FormDialog>
  )
}
