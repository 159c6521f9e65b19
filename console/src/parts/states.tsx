/** What a place shows when it has nothing to show: empty, loading, failed, not reachable. */
import { CircleAlert, Unplug } from 'lucide-react'
import type { ReactNode } from 'react'
import { ApiError, reasonOf } from '../api/client.ts'
import { Button } from './button.tsx'

/** Says why nothing is here and what to do about it. */
export function EmptyState(props: { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  const { icon, title, children, action } = props
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      {icon !== undefined && <div className="mb-1 text-ink-3">{icon}</div>}
      <p className="font-semibold">{title}</p>
      {children !== undefined && <div className="max-w-prose text-ink-2">{children}</div>}
      {action !== undefined && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}

export function Skeleton({ className = 'h-4 w-full' }: { className?: string }) {
  return <div className={`skeleton ${className}`} />
}

export function LoadingBlock({ lines = 4 }: { lines?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3 p-4">
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines are alike
        <Skeleton key={i} className={`h-4 ${i % 3 === 2 ? 'w-2/3' : 'w-full'}`} />
      ))}
    </div>
  )
}

export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const status = error instanceof ApiError ? error.status : -1
  const titles: Readonly<Record<number, string>> = {
    0: 'The broker does not answer',
    401: 'You may not see this',
    403: 'You may not see this',
    404: 'Not here',
  }
  const text = status === 404 ? 'It was deleted, or never was.' : reasonOf(error)
  return (
    <EmptyState
      icon={status === 0 ? <Unplug size={28} /> : <CircleAlert size={28} />}
      title={titles[status] ?? 'Something went wrong'}
      action={retry !== undefined && <Button onClick={retry}>Try again</Button>}
    >
      <span role="alert">{text}</span>
    </EmptyState>
  )
}

/** Content of a question: skeleton, error or what `children` make of the answer. */
export function Answered<T>(props: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown }
  loading?: ReactNode
  children: (data: T) => ReactNode
}) {
  const { query, loading = <LoadingBlock />, children } = props
  if (query.data !== undefined) return children(query.data)
  if (query.error !== null && query.error !== undefined) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />
  }
  return loading
}
