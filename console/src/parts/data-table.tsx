/**
 * A table of many things: a page of it at a time, sorted and filtered by the broker. What is shown stands in the address;
 * which columns are, is kept in the browser.
 */
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { type ReactNode, useDeferredValue, useEffect, useMemo } from 'react'
import { ApiError, type Params } from '../api/client.ts'
import { useGet } from '../api/queries.ts'
import { useStored } from '../shell/stored.ts'
import { Button, IconButton } from './button.tsx'
import { plural } from './format.ts'
import type { Action } from './menu.tsx'
import { EmptyState, ErrorState } from './states.tsx'
import { type Paged, type PagedAnswer, pagedOf } from './table-page.ts'
import { type Column, TableRows } from './table-rows.tsx'
import { ColumnChooser, TableToolbar } from './table-toolbar.tsx'
import { useTableView, type View } from './table-view.ts'

export type { Column } from './table-rows.tsx'

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
  /** The parameter that filters, and what it looks into. */
  readonly filterBy?: { readonly param: string; readonly what: string }
  /** Beside the filter. */
  readonly tools?: ReactNode
}

const BY_NAME = { param: 'name', what: 'name' }

export function DataTable<T>(props: DataTableProps<T>) {
  const { id, path, params = {}, rows, columns, noun, pageSize = 50, empty, tools, filterBy = BY_NAME } = props
  const [view, setView] = useTableView(id, {
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
    [filterBy.param]: filter,
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
      <TableToolbar
        noun={noun}
        what={filterBy.what}
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
            title={filter === '' ? 'This page is empty' : `No ${noun} has “${filter}” in its ${filterBy.what}`}
            action={<Button onClick={() => setView({ filter: '', page: 1 })}>Show all</Button>}
          />
        )
      ) : (
        <TableRows
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
