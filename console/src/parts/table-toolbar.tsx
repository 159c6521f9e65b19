/** Above a table: what to look for, how many there are, which columns are shown. */
import { Columns3, Search } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { type ReactNode, useEffect, useState } from 'react'
import { IconButton } from './button.tsx'
import type { Column } from './table-rows.tsx'

/** Nothing stands there for a short table that is not filtered. */
export function TableToolbar(props: {
  noun: string
  /** That is looked into. */
  what: string
  filter: string | null
  onFilter: (filter: string) => void
  chooser: ReactNode
  tools: ReactNode
  state: string
}) {
  const { noun, what, filter, onFilter, chooser, tools, state } = props
  const [typed, setTyped] = useState(filter ?? '')
  useEffect(() => setTyped(filter ?? ''), [filter])
  useEffect(() => {
    if (typed === (filter ?? '')) return
    const timer = setTimeout(() => onFilter(typed), 250)
    return () => clearTimeout(timer)
  })
  if (filter === null && tools === undefined) return null
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-3 py-2">
      {filter !== null && (
        <label className="relative min-w-40 flex-1 sm:max-w-xs">
          <Search
            size={15}
            className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3"
            aria-hidden="true"
          />
          <input
            type="search"
            data-filter=""
            className="field pl-8!"
            placeholder={`Filter ${noun}s by ${what}`}
            aria-label={`Filter ${noun}s by ${what}`}
            aria-keyshortcuts="/"
            value={typed}
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
      )}
      {tools}
      <span className="ml-auto flex items-center gap-2">
        <span role="status" className="text-[0.929rem] text-ink-3">
          {state}
        </span>
        {chooser}
      </span>
    </div>
  )
}

export function ColumnChooser<T>(props: {
  columns: readonly Column<T>[]
  hidden: string[]
  onChange: (hidden: string[]) => void
}) {
  const { columns, hidden, onChange } = props
  if (columns.length < 4) return null
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <IconButton label="Choose columns">
          <Columns3 size={16} aria-hidden="true" />
        </IconButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={4} className="pop max-h-[70dvh] overflow-y-auto">
          {columns.slice(1).map(({ id, title }) => (
            <DropdownMenu.CheckboxItem
              key={id}
              checked={!hidden.includes(id)}
              onSelect={(event) => event.preventDefault()}
              onCheckedChange={(on) => onChange(on ? hidden.filter((other) => other !== id) : [...hidden, id])}
              className="pop-item pl-7! relative"
            >
              <DropdownMenu.ItemIndicator className="absolute left-2">✓</DropdownMenu.ItemIndicator>
              {title}
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
