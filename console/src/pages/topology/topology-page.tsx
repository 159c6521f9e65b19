/** The routing of a vhost, live: drawn, or as a list; and the question where a message would go. */

import { useQuery } from '@tanstack/react-query'
import { Route, Waypoints } from 'lucide-react'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'
import { api, path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { Button, LinkButton } from '../../parts/button.tsx'
import { plural } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { Answered, EmptyState, LoadingBlock } from '../../parts/states.tsx'
import { useDefaultVhost, useVhostNames } from '../../shell/vhost.ts'
import { collapse } from './collapse.ts'
import { FlowList } from './flow-list.tsx'
import { filtered, type GraphNode, linesOf, type NodeKind, type Topology } from './graph.ts'
import { NodePanel } from './node-panel.tsx'
import { Toolbar } from './toolbar.tsx'
import { litBy, readQuestion, type TraceAnswer, type TraceQuestion, writeQuestion } from './trace.ts'
import { TracePanel } from './trace-panel.tsx'

const Canvas = lazy(() => import('./canvas.tsx'))

const LIMITS = [200, 500, 1000, 2000]
const narrow = matchMedia('(max-width: 767px)')

export default function TopologyPage() {
  const [search, setSearch] = useSearchParams()
  const vhosts = useVhostNames()
  const otherwise = useDefaultVhost()
  const vhost = search.get('vhost') ?? otherwise
  const limit = Number(search.get('limit') ?? LIMITS[0])
  const topology = useGet<Topology>(path`/topology/${vhost}`, { limit })
  const view = search.get('view') ?? (narrow.matches ? 'list' : 'graph')
  const question = readQuestion(search)
  const [isTracing, setTracing] = useState(question !== null)
  const trace = useTrace(vhost, question)

  const set = (name: string, value: string | null): void => {
    setSearch(
      (old) => {
        const next = new URLSearchParams(old)
        if (value === null || value === '') next.delete(name)
        else next.set(name, value)
        return next
      },
      { replace: true },
    )
  }
  const ask = (asked: TraceQuestion | null): void => {
    setSearch((old) => writeQuestion(old, asked), { replace: true })
    if (asked !== null && JSON.stringify(asked) === JSON.stringify(question)) void trace.refetch()
  }
  const closeTrace = (): void => {
    setTracing(false)
    ask(null)
  }

  return (
    <Page
      title="Topology"
      lead="The wider a line, the more moves along it now."
      actions={
        <>
          {vhosts.length > 1 && (
            <select
              aria-label="Virtual host"
              className="field w-auto!"
              value={vhost}
              onChange={(event) => set('vhost', event.target.value)}
            >
              {vhosts.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
          <Button
            icon={<Route size={16} />}
            look={isTracing ? 'plain' : 'primary'}
            aria-pressed={isTracing}
            onClick={() => (isTracing ? closeTrace() : setTracing(true))}
          >
            Trace a message
          </Button>
        </>
      }
    >
      <Answered query={topology} loading={<LoadingBlock lines={8} />}>
        {(data) => (
          <Routing
            key={vhost}
            topology={data}
            vhost={vhost}
            view={view}
            text={search.get('find') ?? ''}
            hiddenKinds={search.get('hide') ?? ''}
            limit={limit}
            set={set}
            trace={isTracing ? (trace.data ?? null) : null}
            question={question}
            panel={
              isTracing && (
                <TracePanel
                  vhost={vhost}
                  exchanges={data.nodes.flatMap(({ kind, name }) =>
                    kind === 'exchange' || kind === 'topic' ? [name] : [],
                  )}
                  asked={question}
                  answer={trace.data ?? null}
                  error={trace.error}
                  busy={trace.isFetching}
                  onAsk={ask}
                  onClose={closeTrace}
                />
              )
            }
          />
        )}
      </Answered>
    </Page>
  )
}

function useTrace(vhost: string, question: TraceQuestion | null) {
  return useQuery({
    queryKey: ['trace', vhost, question],
    enabled: question !== null,
    retry: false,
    queryFn: () =>
      api.post<TraceAnswer>(path`/trace/${vhost}`, {
        exchange: question!.exchange,
        routing_key: question!.routingKey,
        headers: Object.fromEntries(question!.headers),
      }),
  })
}

interface RoutingProps {
  readonly topology: Topology
  readonly vhost: string
  readonly view: string
  readonly text: string
  readonly hiddenKinds: string
  readonly limit: number
  readonly set: (name: string, value: string | null) => void
  readonly trace: TraceAnswer | null
  readonly question: TraceQuestion | null
  readonly panel: React.ReactNode
}

function Routing({ topology, vhost, view, text, hiddenKinds, limit, set, trace, question, panel }: RoutingProps) {
  const [selected, setSelected] = useState<string | null>(null)
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const hidden = useMemo(() => new Set(hiddenKinds.split(',').filter(Boolean) as NodeKind[]), [hiddenKinds])
  const shown = useMemo(() => filtered(topology, { text, hidden }), [topology, text, hidden])
  const nodes = useMemo(() => new Map(topology.nodes.map((node) => [node.id, node])), [topology])
  const lit = useMemo(() => {
    if (trace === null) return null
    const start = topology.nodes.find(
      ({ kind, name }) => (kind === 'exchange' || kind === 'topic') && name === question?.exchange,
    )
    return litBy(trace, start?.id)
  }, [trace, topology.nodes, question?.exchange])
  const targets = useMemo(() => targetsOf(trace, topology.nodes), [trace, topology])
  const apart = useMemo(
    () => new Set([...(lit?.nodes ?? []), ...(selected === null ? [] : [selected])]),
    [lit, selected],
  )
  const graph = useMemo(() => collapse(shown, open, apart), [shown, open, apart])
  const lines = useMemo(() => linesOf(graph.edges), [graph])
  const allLines = useMemo(() => linesOf(shown.edges), [shown])
  const chosen = selected === null ? undefined : nodes.get(selected)
  const select = (id: string | null): void => setSelected(id)
  const side =
    chosen !== undefined && (panel === false || trace === null || !lit?.nodes.has(chosen.id)) ? (
      <NodePanel node={chosen} vhost={vhost} lines={allLines} nodes={nodes} onSelect={select} />
    ) : (
      panel
    )

  if (topology.nodes.length === 0) return <Nothing panel={panel} />
  return (
    <div className="flex flex-col gap-3">
      <Toolbar topology={topology} view={view} text={text} hidden={hidden} set={set} />
      <div className="flex min-w-0 flex-col gap-3 md:flex-row">
        {shown.nodes.length === 0 ? (
          <div className="min-w-0 flex-1 rounded-lg border border-line bg-panel">
            <EmptyState
              title="Nothing is called that"
              action={<Button onClick={() => set('find', null)}>Show all</Button>}
            />
          </div>
        ) : view === 'graph' ? (
          <div className="h-[max(26rem,calc(100dvh-14rem))] w-full min-w-0 shrink-0 overflow-hidden md:w-auto md:flex-1 md:shrink rounded-lg border border-line bg-panel">
            <Suspense fallback={<LoadingBlock lines={8} />}>
              <Canvas
                graph={graph}
                lines={lines}
                selected={selected}
                onSelect={select}
                onOpenStack={(id) => setOpen((old) => new Set(old).add(id))}
                lit={lit}
                targets={targets}
              />
            </Suspense>
          </div>
        ) : (
          <div className="order-last min-w-0 flex-1 rounded-lg border border-line bg-panel md:order-none">
            <FlowList
              nodes={shown.nodes}
              lines={allLines}
              selected={selected}
              onSelect={select}
              lit={lit}
              targets={targets}
            />
          </div>
        )}
        {side && (
          <aside className="w-full shrink-0 self-start overflow-y-auto rounded-lg border border-line bg-panel md:max-h-[max(26rem,calc(100dvh-14rem))] md:w-80">
            {side}
          </aside>
        )}
      </div>
      {topology.left_out > 0 && (
        <p className="flex flex-wrap items-center gap-3 text-ink-2">
          {plural(topology.left_out, 'more is', 'more are')} not shown: those with the least traffic.
          {LIMITS.some((one) => one > limit) && (
            <Button small onClick={() => set('limit', String(LIMITS.find((one) => one > limit)))}>
              Show up to {LIMITS.find((one) => one > limit)}
            </Button>
          )}
        </p>
      )}
    </div>
  )
}

function Nothing({ panel }: { panel: React.ReactNode }) {
  return (
    <div className="rounded-lg border border-line bg-panel">
      <EmptyState
        icon={<Waypoints size={32} />}
        title="Nothing is routed here yet"
        action={
          <>
            <LinkButton to="/exchanges" look="primary">
              Exchanges
            </LinkButton>
            <LinkButton to="/queues">Queues</LinkButton>
          </>
        }
      >
        Declare an exchange and bind a queue to it, or let a client do so: the drawing appears by itself.
      </EmptyState>
      {panel && <div className="mx-auto max-w-md border-t border-line">{panel}</div>}
    </div>
  )
}

function targetsOf(trace: TraceAnswer | null, nodes: readonly GraphNode[]): Set<string> {
  if (trace === null) return new Set()
  const queues = new Set(trace.queues)
  const topics = new Set(trace.topics)
  return new Set(
    nodes.flatMap(({ id, kind, name }) => {
      const isTarget = kind === 'topic' ? topics.has(name) : (kind === 'queue' || kind === 'stream') && queues.has(name)
      return isTarget ? [id] : []
    }),
  )
}
