/** Questions that are asked again every five seconds while somebody looks, and changes that make all answers stale. */
import {
  keepPreviousData,
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { toast } from '../parts/toasts.tsx'
import { useLive } from '../shell/live.ts'
import { ApiError, api, type Params, reasonOf } from './client.ts'

const INTERVAL_MS = 5000

export const queryClient = new QueryClient({
  defaultOptions: {
    // A broker on this machine answers whatever the browser thinks of the network.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 1000,
      refetchOnWindowFocus: true,
      retry: (count, error) => error instanceof ApiError && (error.status === 0 || error.status >= 500) && count < 1,
    },
  },
})

interface GetOptions {
  /** False asks once. */
  readonly poll?: boolean
  readonly enabled?: boolean
}

/**
 * GET below /api. Keeps the last answer while the next is under way, polls unless the reader paused or looks elsewhere.
 * @param target as for `api.get`; null asks nothing
 */
export function useGet<T>(target: string | null, params: Params = {}, options: GetOptions = {}): UseQueryResult<T> {
  const { poll = true, enabled = true } = options
  const { live } = useLive()
  return useQuery<T>({
    queryKey: [target, params],
    queryFn: ({ signal }) => api.get<T>(target!, params, signal),
    enabled: enabled && target !== null,
    refetchInterval: poll && live ? INTERVAL_MS : false,
    placeholderData: keepPreviousData,
  })
}

/**
 * A change. Says what was done, or why not, and asks everything on the page again.
 * @param act makes the change
 * @param done what to say, null for nothing
 */
export function useChange<V = void, R = unknown>(
  act: (value: V) => Promise<R>,
  done: ((result: R, value: V) => string | null) | string | null = null,
): UseMutationResult<R, Error, V> {
  const client = useQueryClient()
  return useMutation<R, Error, V>({
    mutationFn: act,
    onSuccess: (result, value) => {
      const text = typeof done === 'function' ? done(result, value) : done
      if (text !== null) toast.done(text)
      return client.invalidateQueries()
    },
    onError: (error) => toast.failed(reasonOf(error)),
  })
}
