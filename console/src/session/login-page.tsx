/** The login. Passwords go to the broker once and are kept nowhere; the answer is a cookie that no script can read. */
import { type FormEvent, useState } from 'react'
import { ApiError, api, reasonOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { TextField } from '../parts/form.tsx'
import { Mark } from '../shell/mark.tsx'

export function LoginPage({ onLogin, ended }: { onLogin: () => void; ended: boolean }) {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await api.post('/login', { username, password })
      onLogin()
    } catch (problem) {
      const wrong = problem instanceof ApiError && problem.status === 401
      setError(wrong ? 'No user with this name and password may log in from here.' : reasonOf(problem))
      setPassword('')
    } finally {
      setBusy(false)
    }
  }
  return (
    <main className="relative grid min-h-dvh place-items-center overflow-hidden px-5 py-10">
      <TrackDiagram />
      <div className="relative w-full max-w-sm">
        <div className="mb-6 flex items-center gap-3">
          <Mark size={40} />
          <div>
            <h1 className="text-[1.571rem] leading-tight font-semibold tracking-tight">Signalbox</h1>
            <p className="text-ink-2">Queues and topics, one broker</p>
          </div>
        </div>
        <form onSubmit={submit} className="flex flex-col gap-4 rounded-lg border border-line bg-panel p-5 shadow-pop">
          {ended && error === null && <p role="status">Your session is over. Please log in again.</p>}
          <TextField
            label="User name"
            name="username"
            autoComplete="username"
            autoFocus
            required
            value={username}
            onChange={setUsername}
          />
          <TextField
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={setPassword}
          />
          {error !== null && (
            <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-danger">
              {error}
            </p>
          )}
          <Button type="submit" look="primary" busy={busy}>
            Log in
          </Button>
        </form>
        <p className="mt-4 text-[0.929rem] text-ink-3">
          The same users as for AMQP and Kafka. They need the tag <code>management</code>, <code>monitoring</code>,{' '}
          <code>policymaker</code> or <code>administrator</code>.
        </p>
      </div>
    </main>
  )
}

/** The diagram above the levers: tracks, points and a few lamps. */
function TrackDiagram() {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 1200 800"
      preserveAspectRatio="xMidYMid slice"
      className="pointer-events-none absolute inset-0 h-full w-full text-line"
    >
      <g fill="none" stroke="currentColor" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round">
        <path d="M-20 180H1220M-20 620H1220M-20 700H1220" />
        <path d="M120 180l90-80h300l90 80M760 180l80-70h400M180 620l80 80M900 700l-80-80M520 620l70-60h660" />
      </g>
      <g className="text-line-strong" fill="currentColor">
        <circle cx="120" cy="180" r="7" />
        <circle cx="600" cy="180" r="7" />
        <circle cx="760" cy="180" r="7" />
        <circle cx="520" cy="620" r="7" />
        <circle cx="900" cy="700" r="7" />
      </g>
      <circle cx="180" cy="620" r="7" className="fill-accent" />
      <circle cx="360" cy="100" r="7" className="fill-warn" />
    </svg>
  )
}
