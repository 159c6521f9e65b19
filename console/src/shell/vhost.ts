/** Which vhost lists show: one, or all that the user may see. Kept in the browser. */
import { useGet } from '../api/queries.ts'
import { useStored } from './stored.ts'

/** @returns null for all */
export function useVhost(): [string | null, (vhost: string | null) => void] {
  return useStored<string | null>('vhost', null)
}

export function useVhostNames(): string[] {
  const { data } = useGet<{ name: string }[]>('/vhosts', { columns: 'name' }, { poll: false })
  return Array.isArray(data) ? data.map(({ name }) => name) : []
}

/** The vhost that something new goes into unless said otherwise. */
export function useDefaultVhost(): string {
  const [vhost] = useVhost()
  const names = useVhostNames()
  return vhost ?? (names.includes('/') || names.length === 0 ? '/' : names[0])
}
