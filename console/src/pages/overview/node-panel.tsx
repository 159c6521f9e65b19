/** How the broker's process is: memory, disk, files, time since its start. */
import type { ReactNode } from 'react'
import { useGet } from '../../api/queries.ts'
import type { NodeRow } from '../../api/types.ts'
import { Badge } from '../../parts/badge.tsx'
import { absoluteTime, humanBytes, humanNumber, humanSpan } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { Answered } from '../../parts/states.tsx'
import { useSession } from '../../session/session.ts'

export function NodePanel() {
  const { may } = useSession()
  const query = useGet<NodeRow[]>(may('monitoring') ? '/nodes' : null)
  if (!may('monitoring')) return null
  return (
    <Answered query={query} loading={<Panel title="Node">{null}</Panel>}>
      {(nodes) => (
        <>
          {nodes.map((node) => (
            <OneNode key={node.name} node={node} />
          ))}
        </>
      )}
    </Answered>
  )
}

function OneNode({ node }: { node: NodeRow }) {
  const { name, uptime, mem_used, mem_limit, mem_alarm, disk_free, disk_free_limit, disk_free_alarm } = node
  return (
    <Panel
      title={<span className="[overflow-wrap:anywhere]">{name}</span>}
      aside={
        <span title={`since ${absoluteTime(Date.now() - uptime)}`}>
          <Badge tone={node.running ? 'good' : 'danger'}>{node.running ? `up ${humanSpan(uptime)}` : 'down'}</Badge>
        </span>
      }
    >
      <div className="flex flex-col gap-4">
        <Meter
          label="Memory"
          alarm={mem_alarm}
          share={mem_limit > 0 ? mem_used / mem_limit : 0}
          note={mem_limit > 0 ? `alarm at ${humanBytes(mem_limit)}` : 'no alarm set'}
        >
          {humanBytes(mem_used)}
        </Meter>
        <Meter
          label="Disk free"
          alarm={disk_free_alarm}
          share={disk_free > 0 ? Math.min(1, disk_free_limit / disk_free) : 1}
          note={`alarm below ${humanBytes(disk_free_limit)}`}
        >
          {humanBytes(disk_free)}
        </Meter>
        {node.fd_total !== undefined && node.fd_used !== undefined && (
          <Meter
            label="Open files"
            alarm={false}
            share={node.fd_used / Math.max(1, node.fd_total)}
            note={`of ${humanNumber(node.fd_total)}`}
          >
            {humanNumber(node.fd_used)}
          </Meter>
        )}
      </div>
    </Panel>
  )
}

/** How much of what there is is used: red at the alarm, amber near it. */
function Meter(props: { label: string; alarm: boolean; share: number; note: string; children: ReactNode }) {
  const { label, alarm, share, note, children } = props
  const tone = alarm ? 'bg-danger' : share > 0.8 ? 'bg-warn' : 'bg-accent'
  return (
    <div>
      <div className="flex items-baseline justify-between gap-3">
        <span className="plate">{label}</span>
        <span className={`font-semibold ${alarm ? 'text-danger' : ''}`}>
          {children}
          {alarm && ' · alarm'}
        </span>
      </div>
      <div className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-sunken ring-1 ring-line">
        <div
          className={`h-full rounded-full ${tone}`}
          style={{ width: `${Math.max(1.5, Math.min(1, share) * 100)}%` }}
        />
      </div>
      <p className="mt-1 text-[0.929rem] text-ink-3">{note}</p>
    </div>
  )
}
