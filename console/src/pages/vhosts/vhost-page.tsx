/** One virtual host: what flows through it, what is in it, who may enter, and its limits. */
import { ChevronDown } from 'lucide-react'
import { useNavigate, useParams } from 'react-router'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { HISTORY, levelOf, ratesOf, valuesOf } from '../../api/samples.ts'
import { KindPlate } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { humanBytes, humanNumber, humanRate } from '../../parts/format.ts'
import { ActionMenu } from '../../parts/menu.tsx'
import { KeyValue, Page, Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { Answered } from '../../parts/states.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { Count, NoValue, Rate } from '../../parts/values.tsx'
import { useSession } from '../../session/session.ts'
import { useVhost } from '../../shell/vhost.ts'
import { LimitsPanel } from '../policies/limits-panel.tsx'
import { PermissionsPanel } from '../users/permissions-panel.tsx'
import { TopicPermissionsPanel } from '../users/topic-permissions-panel.tsx'
import type { VhostRow } from './vhost.ts'
import { useVhostActions, VhostActionDialog } from './vhost-actions.tsx'
import { Marks } from './vhost-list.tsx'

export default function VhostPage() {
  const { name = '' } = useParams()
  const { may } = useSession()
  const query = useGet<VhostRow>(path`/vhosts/${name}`, HISTORY)
  const { actionsOf, asked, done } = useVhostActions()
  const vhost = query.data
  return (
    <Page
      title={name}
      plate={<KindPlate kind="vhost" />}
      above={[{ title: 'Vhosts', to: '/vhosts' }]}
      badges={
        vhost !== undefined &&
        (vhost.tags.length > 0 || vhost.tracing || vhost.protected_from_deletion) && <Marks vhost={vhost} />
      }
      lead={vhost?.description || undefined}
      actions={
        vhost !== undefined &&
        may('administrator') && (
          <ActionMenu
            label="More"
            actions={actionsOf(vhost)}
            trigger={
              <Button>
                Change <ChevronDown size={15} />
              </Button>
            }
          />
        )
      }
    >
      <Answered query={query}>
        {(vhost) => (
          <>
            <Flow vhost={vhost} />
            <Contents name={name} />
            <div className="grid gap-5 lg:grid-cols-2">
              <Panel title="Settings">
                <KeyValue
                  items={[
                    ['Description', vhost.description || <NoValue key="description" />],
                    ['New queues are', vhost.default_queue_type],
                    ['Tracing', vhost.tracing ? 'to amq.rabbitmq.trace' : 'off'],
                    ['Deletion', vhost.protected_from_deletion ? 'protected' : 'possible'],
                  ]}
                />
              </Panel>
              <LimitsPanel kind="vhost" name={name} />
            </div>
            {may('administrator') && (
              <>
                <PermissionsPanel of="vhost" name={name} />
                <TopicPermissionsPanel of="vhost" name={name} />
              </>
            )}
          </>
        )}
      </Answered>
      <VhostActionDialog asked={asked} onClose={done} />
    </Page>
  )
}

function Flow({ vhost }: { vhost: VhostRow }) {
  const { message_stats: stats = {}, messages_ready = 0, messages_unacknowledged = 0 } = vhost
  const into = ratesOf(stats.publish_details)
  const out = ratesOf(stats.deliver_get_details)
  return (
    <>
      <StatRow>
        <StatTile
          label="Published"
          value={<Rate value={stats.publish_details?.rate ?? 0} />}
          history={valuesOf(into)}
          note={`${humanNumber(stats.publish ?? 0)} in all`}
        />
        <StatTile
          label="Delivered"
          value={<Rate value={stats.deliver_get_details?.rate ?? 0} />}
          history={valuesOf(out)}
          note={`${humanNumber(stats.deliver_get ?? 0)} in all`}
        />
        <StatTile
          label="Ready"
          value={<Count value={messages_ready} />}
          history={valuesOf(levelOf(vhost.messages_ready_details))}
        />
        <StatTile
          label="Unacknowledged"
          value={<Count value={messages_unacknowledged} />}
          history={valuesOf(levelOf(vhost.messages_unacknowledged_details))}
        />
        <StatTile
          label="Traffic"
          value={`${humanBytes((vhost.recv_oct_details?.rate ?? 0) + (vhost.send_oct_details?.rate ?? 0))}/s`}
          note="in and out, of open connections"
        />
      </StatRow>
      <Panel title="Messages">
        <TimeChart
          title="Messages per second"
          format={humanRate}
          height={160}
          series={[
            { label: 'Published', points: into, color: 1, area: true },
            { label: 'Delivered', points: out, color: 3 },
            { label: 'Acknowledged', points: ratesOf(stats.ack_details), color: 2 },
          ]}
        />
      </Panel>
    </>
  )
}

const ONE = { page: 1, page_size: 1, columns: 'name', disable_stats: true } as const

const LISTS = [
  ['Queues', '/queues', (name: string) => path`/queues/${name}`],
  ['Exchanges', '/exchanges', (name: string) => path`/exchanges/${name}`],
  ['Topics', '/topics', (name: string) => path`/topics/${name}`],
  ['Groups', '/groups', (name: string) => path`/groups/${name}`],
  ['Connections', '/connections', (name: string) => path`/vhosts/${name}/connections`],
] as const

/** How many of each there are; a click leads to the list, for this vhost alone. */
function Contents({ name }: { name: string }) {
  return (
    <div className="grid grid-cols-2 gap-2 sm:grid-cols-5">
      {LISTS.map(([title, to, target]) => (
        <Content key={title} title={title} to={to} target={target(name)} vhost={name} />
      ))}
    </div>
  )
}

function Content({ title, to, target, vhost }: { title: string; to: string; target: string; vhost: string }) {
  const navigate = useNavigate()
  const [, choose] = useVhost()
  const { data } = useGet<{ total_count: number }>(target, ONE)
  return (
    <button
      type="button"
      onClick={() => {
        choose(vhost)
        navigate(to)
      }}
      className="flex items-baseline justify-between gap-2 rounded-md border border-line bg-panel px-4 py-2.5 text-left hover:border-line-strong hover:bg-raised"
    >
      <span className="text-ink-2">{title}</span>
      <span className="font-semibold">
        <Count value={data?.total_count} />
      </span>
    </button>
  )
}
