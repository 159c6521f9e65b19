/** The rows of a table under their headings, which sort; on a phone each row is a card. */
import { ArrowDown, ArrowUp } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { type Action, ActionMenu } from './menu.tsx'
import { Skeleton } from './states.tsx'
import type { View } from './table-view.ts'

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

interface RowsProps<T> {
  readonly columns: readonly Column<T>[]
  readonly rowKey: (row: T) => string
  readonly rowHref?: (row: T) => string
  readonly actions?: (row: T) => readonly (Action | null)[]
  readonly noun: string
  readonly view: View
  /** Undefined while loading. */
  readonly items: readonly T[] | undefined
  readonly stale: boolean
  readonly onSort: (change: Partial<View>) => void
}

export function TableRows<T>({ columns, items, rowKey, rowHref, actions, view, stale, onSort, noun }: RowsProps<T>) {
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
