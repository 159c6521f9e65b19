/** A menu of actions behind a button. */
import { EllipsisVertical } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'

export interface Action {
  readonly title: string
  readonly icon?: ReactNode
  readonly danger?: boolean
  readonly disabled?: boolean
  readonly onSelect: () => void
}

export function ActionMenu(props: { label: string; actions: readonly (Action | null)[]; trigger?: ReactNode }) {
  const { label, trigger } = props
  const actions = props.actions.filter((action) => action !== null)
  if (actions.length === 0) return null
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        {trigger ?? (
          <button
            type="button"
            aria-label={label}
            className="inline-flex size-8 items-center justify-center rounded-md text-ink-2 hover:bg-sunken hover:text-ink"
          >
            <EllipsisVertical size={17} aria-hidden="true" />
          </button>
        )}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={4} className="pop">
          {actions.map(({ title, icon, danger, disabled, onSelect }) => (
            <DropdownMenu.Item
              key={title}
              disabled={disabled ?? false}
              onSelect={onSelect}
              className={`pop-item ${danger ? 'text-danger data-[highlighted]:bg-danger-soft! data-[highlighted]:text-danger!' : ''}`}
            >
              {icon}
              {title}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
