/**
 * A table of many things: a page of it at a time, sorted and filtered by the broker. Page, order and filter stand in the
 * address, so a view can be sent to somebody; which columns are shown is kept in the browser. On a phone each row is a
 * card. What the broker answers unpaged is paged here.
 */
import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight, Columns3, Search } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { type ReactNode, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { ApiError, type Params } from '../api/client.ts'
import { useGet } from '../api/queries.ts'
import { useStored } from '../shell/stored.ts'
import { Button, IconButton } from './button.tsx'
import { plural } from './format.ts'
import { type Action, ActionMenu } from './menu.tsx'
import { EmptyState, ErrorState, Skeleton } from './states.tsx'

export interface Column<T> {
  readonly id: string
  readonly title: string
  readonly cell: (row: T) => ReactNode
  /** What the broker sorts by, and the field an unpaged answer is sorted by; without it the column is not sortable. */
  readonly sort?: string
  readonly align?: 'right'
  /** Only shown when chosen. */
  readonly optional?: boolean
}

interface DataTableProps<T> {
  /** Keeps the choice of columns apart, and the address's parameters when there are several tables on a page. */
  readonly id: string
  /** Below /api; or give `rows`, undefined while they are loading. */
  readonly path?: string
  readonly params?: Params
  readonly rows?: readonly T[] | undefined
  readonly columns: readonly Column<T>[]
  readonly rowKey: (row: T) => string
  readonly rowHref?: (row: T) => string
  readonly actions?: (row: T) => readonly (Action | null)[]
  /** `queue` */
  readonly noun: string
  readonly empty?: ReactNode
  /** Sorted by at first: a sort key. */
  readonly sort?: string
  readonly sortReverse?: boolean
  readonly pageSize?: number
  readonly filter?: boolean
  /** Beside the filter. */
  readonly tools?: ReactNode
}

interface Paged<T> {
  readonly items: readonly T[]
  readonly total: number
  readonly filtered: number
  readonly pages: number
}

interface PagedAnswer<T> {
  readonly items: readonly T[]
  readonly total_count: number
  readonly filtered_count: number
  readonly page_count: number
}

interface View {
  readonly page: number
  readonly size: number
  readonly sort: string | undefined
  readonly reverse: boolean
  readonly filter: string
}

export function DataTable<T>(props: DataTableProps<T>) {
  const { id, path, params = {}, rows, columns, noun, pageSize = 50, empty, tools } = props
  const [view, setView] = useView(id, {
    page: 1,
    size: pageSize,
    sort: props.sort,
    reverse: props.sortReverse ?? false,
    filter: '',
  })
  const [hidden, setHidden] = useStored<string[]>(
    `columns.${id}`,
    columns.filter(({ optional }) => optional).map(({ id }) => id),
  )
  const filter = useDeferredValue(view.filter)
  const asked = {
    ...params,
    page: view.page,
    page_size: view.size,
    name: filter,
    use_regex: false,
    sort: view.sort,
    sort_reverse: view.reverse,
  }
  const query = useGet<PagedAnswer<T> | T[]>(path ?? null, asked)
  const answer = path === undefined ? rows : query.data
  const paged = useMemo(
    () => (answer === undefined ? undefined : pagedOf(answer, { ...view, filter })),
    [answer, view, filter],
  )
  const { error } = query
  useEffect(() => {
    if (view.page > 1 && error instanceof ApiError && error.status === 400) setView({ page: 1 })
  })
  const shown = columns.filter(({ id }) => !hidden.includes(id))
  return (
    <div>
      <Toolbar
        noun={noun}
        filter={props.filter === false ? null : view.filter}
        onFilter={(filter) => setView({ filter, page: 1 })}
        chooser={<ColumnChooser columns={columns} hidden={hidden} onChange={setHidden} />}
        tools={tools}
        state={paged === undefined ? '' : countOf(paged, noun)}
      />
      {paged === undefined && error !== null ? (
        <ErrorState error={error} retry={() => void query.refetch()} />
      ) : paged !== undefined && paged.items.length === 0 ? (
        filter === '' && view.page === 1 ? (
          (empty ?? <EmptyState title={`No ${noun}s yet`} />)
        ) : (
          <EmptyState
            title={filter === '' ? 'This page is empty' : `No ${noun} has “${filter}” in its name`}
            action={<Button onClick={() => setView({ filter: '', page: 1 })}>Show all</Button>}
          />
        )
      ) : (
        <Rows
          {...props}
          columns={shown}
          view={view}
          items={paged?.items}
          stale={path !== undefined && query.isPlaceholderData}
          onSort={setView}
        />
      )}
      {paged !== undefined && paged.pages > 1 && (
        <Pager view={view} paged={paged} onChange={(page) => setView({ page })} />
      )}
    </div>
  )
}

const countOf = ({ total, filtered }: Paged<unknown>, noun: string): string =>
  filtered === total ? plural(total, noun) : `${filtered} of ${plural(total, noun)}`

/** The view as the address says it. */
function useView(id: string, initial: View): [View, (change: Partial<View>) => void] {
  const [search, setSearch] = useSearchParams()
  const prefix = `${id}.`
  const text = (name: string): string | null => search.get(prefix + name) ?? search.get(name)
  const view: View = {
    page: Math.max(1, Number(text('page')) || 1),
    size: Number(text('size')) || initial.size,
    sort: text('sort') ?? initial.sort,
    reverse: text('sort') === null ? initial.reverse : text('reverse') === '1',
    filter: text('filter') ?? '',
  }
  const change = (next: Partial<View>): void => {
    setSearch(
      (old) => {
        const all = { ...view, ...next }
        const params = new URLSearchParams(old)
        const put = (name: string, value: string, standard: string): void => {
          params.delete(name)
          if (value === standard) params.delete(prefix + name)
          else params.set(prefix + name, value)
        }
        put('page', String(all.page), '1')
        put('filter', all.filter, '')
        put('sort', all.sort ?? '', all.reverse === initial.reverse ? (initial.sort ?? '') : '\0')
        put('reverse', all.reverse ? '1' : '', '')
        return params
      },
      { replace: true },
    )
  }
  return [view, change]
}

/** What came whole is filtered, sorted and cut here. */
function pagedOf<T>(answer: PagedAnswer<T> | readonly T[], view: View): Paged<T> {
  if (!Array.isArray(answer)) {
    const { items, total_count, filtered_count, page_count } = answer as PagedAnswer<T>
    return { items, total: total_count, filtered: filtered_count, pages: page_count }
  }
  const all = answer as readonly T[]
  const word = view.filter.toLowerCase()
  const found = word === '' ? [...all] : all.filter((row) => nameOf(row).toLowerCase().includes(word))
  if (view.sort !== undefined) {
    const key = view.sort
    found.sort((a, b) => compare(fieldOf(a, key), fieldOf(b, key)))
    if (view.reverse) found.reverse()
  }
  const start = (view.page - 1) * view.size
  const pages = Math.max(1, Math.ceil(found.length / view.size))
  return { items: found.slice(start, start + view.size), total: all.length, filtered: found.length, pages }
}

const fieldOf = (row: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], row)

const nameOf = (row: unknown): string => {
  const { name, ...rest } = row as Record<string, unknown>
  return typeof name === 'string' ? name : JSON.stringify(rest)
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a ?? 0) - Number(b ?? 0)
  return String(a ?? '').localeCompare(String(b ?? ''))
}

/** Nothing stands there for a short table that is not filtered. */
function Toolbar(props: {
  noun: string
  filter: string | null
  onFilter: (filter: string) => void
  chooser: ReactNode
  tools: ReactNode
  state: string
}) {
  const { noun, filter, onFilter, chooser, tools, state } = props
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
            placeholder={`Filter ${noun}s by name`}
            aria-label={`Filter ${noun}s by name`}
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

function ColumnChooser<T>(props: {
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

interface RowsProps<T> extends DataTableProps<T> {
  readonly view: View
  /** Undefined while loading. */
  readonly items: readonly T[] | undefined
  readonly stale: boolean
  readonly onSort: (change: Partial<View>) => void
}

function Rows<T>({ columns, items, rowKey, rowHref, actions, view, stale, onSort, noun }: RowsProps<T>) {
  return (
    <div className="overflow-x-auto">
      <table className={`w-full border-collapse text-left max-md:block ${stale ? 'opacity-70' : ''}`}>
        <caption className="sr-only">{`${noun}s`}</caption>
        <thead className="max-md:sr-only">
          <tr className="border-b border-line">
            {columns.map((column) => (
              <Heading key={column.id} column={column} view={view} onSort={onSort} />
            ))}
            {actions !== undefined && (
              <th className="w-10">
                <span className="sr-only">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody className="max-md:block">
          {items === undefined
            ? Array.from({ length: 8 }, (_, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows are alike
                <tr key={i} className="border-b border-line last:border-0 max-md:block">
                  <td className="px-3 py-3 max-md:block" colSpan={columns.length + 1}>
                    <Skeleton />
                  </td>
                </tr>
              ))
            : items.map((row) => (
                <tr
                  key={rowKey(row)}
                  className="group relative border-b border-line last:border-0 hover:bg-raised max-md:grid max-md:grid-cols-2 max-md:gap-x-4 max-md:gap-y-1.5 max-md:px-4 max-md:py-3"
                >
                  {columns.map((column, i) => (
                    <Cell
                      key={column.id}
                      column={column}
                      row={row}
                      first={i === 0}
                      href={i === 0 ? rowHref?.(row) : undefined}
                    />
                  ))}
                  {actions !== undefined && (
                    <td className="px-1 text-right max-md:absolute max-md:top-2 max-md:right-2">
                      <ActionMenu label={`Actions of ${rowKey(row)}`} actions={actions(row)} />
                    </td>
                  )}
                </tr>
              ))}
        </tbody>
      </table>
    </div>
  )
}

function Heading<T>(props: { column: Column<T>; view: View; onSort: (change: Partial<View>) => void }) {
  const { column, view, onSort } = props
  const { title, sort, align } = column
  const right = align === 'right'
  const sorted = sort !== undefined && view.sort === sort
  if (sort === undefined)
    return <th className={`plate px-3 py-2 whitespace-nowrap ${right ? 'text-right' : ''}`}>{title}</th>
  return (
    <th
      className={`px-3 py-1 ${right ? 'text-right' : ''}`}
      aria-sort={sorted ? (view.reverse ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        onClick={() => onSort({ sort, reverse: sorted ? !view.reverse : right, page: 1 })}
        className={`plate inline-flex items-center gap-1 rounded-sm py-1 whitespace-nowrap hover:text-ink ${sorted ? 'text-ink!' : ''}`}
      >
        {title}
        {sorted &&
          (view.reverse ? <ArrowDown size={12} aria-hidden="true" /> : <ArrowUp size={12} aria-hidden="true" />)}
      </button>
    </th>
  )
}

function Cell<T>({
  column,
  row,
  first,
  href,
}: {
  column: Column<T>
  row: T
  first: boolean
  href: string | undefined
}) {
  const { title, cell, align } = column
  const content = cell(row)
  if (first) {
    return (
      <td className="max-w-md px-3 py-2 font-medium [overflow-wrap:anywhere] max-md:col-span-2 max-md:px-0 max-md:py-0 max-md:pr-8">
        {href === undefined ? (
          content
        ) : (
          <Link to={href} className="group-hover:text-accent hover:underline underline-offset-3">
            {content}
          </Link>
        )}
      </td>
    )
  }
  return (
    <td
      className={`px-3 py-2 max-md:flex max-md:flex-wrap max-md:items-baseline max-md:justify-between max-md:gap-x-2 max-md:p-0 ${align === 'right' ? 'text-right whitespace-nowrap' : ''}`}
    >
      <span className="plate md:hidden">{title}</span>
      <span className="min-w-0">{content}</span>
    </td>
  )
}

function Pager({ view, paged, onChange }: { view: View; paged: Paged<unknown>; onChange: (page: number) => void }) {
  return (
    <nav aria-label="Pages" className="flex items-center justify-end gap-3 border-t border-line px-3 py-2">
      <span className="text-[0.929rem] text-ink-2">
        Page {view.page} of {paged.pages}
      </span>
      <span className="flex gap-1">
        <IconButton label="Previous page" disabled={view.page <= 1} onClick={() => onChange(view.page - 1)}>
          <ChevronLeft size={17} aria-hidden="true" />
        </IconButton>
        <IconButton label="Next page" disabled={view.page >= paged.pages} onClick={() => onChange(view.page + 1)}>
          <ChevronRight size={17} aria-hidden="true" />
        </IconButton>
      </span>
    </nav>
  )
}
