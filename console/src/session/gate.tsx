/**
 * In front of all pages but that on the messaging API: asks who is logged in, shows the login to whom is not, and to whose
 * session ended.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from 'react'
import { ApiError, api, onLostSession } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { EmptyState, ErrorState } from '../parts/states.tsx'
import { Mark } from '../shell/mark.tsx'
import { LoginPage } from './login-page.tsx'
import { SessionContext, type User } from './session.ts'

/** What everybody may read, at its address. */
const PUBLIC = '/api-docs'
const PublicDocs = lazy(() => import('../pages/api-docs/public-docs.tsx'))

export function Gate({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [ended, setEnded] = useState(false)
  const { data, error, refetch } = useQuery({
    queryKey: ['whoami'],
    queryFn: () => api.get<User>('/whoami').then(withTagList),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })
  const [lost, setLost] = useState(false)
  useEffect(
    () =>
      onLostSession(() => {
        setLost(true)
        setEnded(true)
      }),
    [],
  )
  const logout = useCallback(async (): Promise<void> => {
    await api.post('/logout').catch(() => {})
    client.clear()
    setEnded(false)
    setLost(true)
  }, [client])
  const session = useMemo(() => (data === undefined ? null : { user: data, logout }), [data, logout])
  const enter = (): void => {
    client.clear()
    setLost(false)
    setEnded(false)
    void refetch()
  }
  const status = error instanceof ApiError ? error.status : null
  if (session !== null && !lost) {
    return <SessionContext value={session}>{children}</SessionContext>
  }
  if (location.pathname === PUBLIC && (lost || status === 401)) {
    return (
      <Suspense>
        <PublicDocs />
      </Suspense>
    )
  }
  // Logged in, but without a tag that opens the management API.
  if (!lost && status === 401 && error?.message !== 'Login failed') return <NoRole onLogout={logout} />
  if (lost || status === 401) return <LoginPage onLogin={enter} ended={ended && data !== undefined} />
  if (error !== null) return <ErrorState error={error} retry={() => void refetch()} />
  return (
    <div role="status" aria-label="Loading" className="grid min-h-dvh place-items-center opacity-60">
      <Mark size={44} />
    </div>
  )
}

const withTagList = (user: User): User => ({
  ...user,
  tags: typeof user.tags === 'string' ? (user.tags as string).split(',') : user.tags,
})

function NoRole({ onLogout }: { onLogout: () => void }) {
  return (
    <EmptyState title="You may not use the console" action={<Button onClick={onLogout}>Log out</Button>}>
      Your user needs the tag management, monitoring, policymaker or administrator.
    </EmptyState>
  )
}
