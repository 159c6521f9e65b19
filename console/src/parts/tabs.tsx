/** Tabs of a page; which one is open stands in the address. */
import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { useSearchParams } from 'react-router'

export interface Tab {
  readonly id: string
  readonly title: string
  /** Beside the title. */
  readonly count?: number | undefined
  readonly content: ReactNode
}

export function Tabs({ tabs, param = 'tab' }: { tabs: readonly Tab[]; param?: string }) {
  const [search, setSearch] = useSearchParams()
  const wanted = search.get(param)
  const open = tabs.some(({ id }) => id === wanted) ? wanted! : tabs[0].id
  const choose = (id: string): void => {
    setSearch(
      (old) => {
        const next = new URLSearchParams(old)
        if (id === tabs[0].id) next.delete(param)
        else next.set(param, id)
        return next
      },
      { replace: true },
    )
  }
  return (
    <Radix.Root value={open} onValueChange={choose} className="flex flex-col gap-5">
      <Radix.List className="-mx-4 flex gap-1 overflow-x-auto border-b border-line px-4 md:mx-0 md:px-0">
        {tabs.map(({ id, title, count }) => (
          <Radix.Trigger
            key={id}
            value={id}
            className="-mb-px flex items-center gap-1.5 border-b-2 border-transparent px-3 py-2 font-medium whitespace-nowrap text-ink-2 hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {title}
            {count !== undefined && <span className="rounded-full bg-sunken px-1.5 text-[0.857rem]">{count}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ id, content }) => (
        <Radix.Content key={id} value={id} className="flex flex-col gap-5 outline-none">
          {content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
