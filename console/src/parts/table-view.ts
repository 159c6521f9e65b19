/** What of a table is shown: page, order and filter, as the address says it, so that a view can be sent to somebody. */
import { useSearchParams } from 'react-router'

export interface View {
  readonly page: number
  readonly size: number
  readonly sort: string | undefined
  readonly reverse: boolean
  readonly filter: string
}

/** The view as the address says it. */
export function useTableView(id: string, initial: View): [View, (change: Partial<View>) => void] {
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
