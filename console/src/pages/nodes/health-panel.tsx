/** The health checks, as tools that watch the broker ask them. */
import { ApiError, reasonOf } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { Badge } from '../../parts/badge.tsx'
import { Panel } from '../../parts/page.tsx'

interface Check {
  readonly path: string
  readonly title: string
}

const CHECKS: readonly Check[] = [
  { path: 'ready-to-serve-clients', title: 'Serves clients' },
  { path: 'alarms', title: 'No alarm of memory or disk' },
  { path: 'metadata-store/initialized', title: 'Definitions are loaded' },
  { path: 'below-node-connection-limit', title: 'Below the limit of connections' },
  { path: 'certificate-expiration/1/months', title: 'No certificate expires within a month' },
]

interface HealthPanelProps {
  readonly listeners: readonly { readonly protocol: string; readonly port: number }[]
}

export function HealthPanel({ listeners }: HealthPanelProps) {
  const ports = listeners.map(({ protocol, port }) => ({
    path: `port-listener/${port}`,
    title: `${protocol} listens on port ${port}`,
  }))
  return (
    <Panel flush title="Health checks">
      <ul>
        {[...CHECKS, ...ports].map((check) => (
          <Row key={check.path} {...check} />
        ))}
      </ul>
    </Panel>
  )
}

function Row({ path, title }: Check) {
  const { data, error } = useGet<{ status: string }>(`/health/checks/${path}`)
  const failed = error !== null
  return (
    <li className="flex items-start justify-between gap-4 border-b border-line px-4 py-2 last:border-0">
      <div className="min-w-0">
        <p>{title}</p>
        {failed && (
          <p className="text-[0.929rem] text-danger">
            {error instanceof ApiError && error.status === 503 ? error.message : `Not asked: ${reasonOf(error)}`}
          </p>
        )}
      </div>
      {failed ? (
        <Badge tone="danger">failed</Badge>
      ) : data === undefined ? (
        <Badge>asking</Badge>
      ) : (
        <Badge tone="good">{data.status}</Badge>
      )}
    </li>
  )
}
