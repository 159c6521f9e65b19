/** One queue: how long it is, what comes and goes, who consumes, and where its messages come from. */
import { ChevronDown, List, Send } from 'lucide-react'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { HISTORY } from '../../api/samples.ts'
import type { BindingRow, QueueRow } from '../../api/types.ts'
import { messagesOf, pageOf } from '../../links.ts'
import { Badge, KindPlate } from '../../parts/badge.tsx'
import { Button, LinkButton } from '../../parts/button.tsx'
import { ActionMenu } from '../../parts/menu.tsx'
import { Page } from '../../parts/page.tsx'
import { Answered, LoadingBlock } from '../../parts/states.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { BindingsPanel, listOf } from '../exchanges/bindings-panel.tsx'
import { PublishDialog } from '../exchanges/publish-dialog.tsx'
import { QueueActionDialog, useQueueActions } from './queue-actions.tsx'
import { QueueConsumers } from './queue-consumers.tsx'
import { DISPATCHES, dispatchOf, isOrdered } from './queue-delivery.ts'
import { QueueFlow, QueueTotals } from './queue-flow.tsx'
import { QueueState } from './queue-list.tsx'
import { QueueSettings } from './queue-settings.tsx'

export default function QueuePage() {
  const { vhost = '/', name = '' } = useParams()
  const query = useGet<QueueRow>(path`/queues/${vhost}/${name}`, HISTORY)
  const [publishing, setPublishing] = useState(false)
  const { actionsOf, asked, done } = useQueueActions()
  const queue = query.data
  return (
    <Page
      title={name}
      plate={<KindPlate kind={queue?.type === 'stream' ? 'stream' : 'queue'} />}
      above={[{ title: 'Queues', to: '/queues' }]}
      badges={queue !== undefined && <Badges queue={queue} />}
      actions={
        queue !== undefined && (
          <>
            <LinkButton to={messagesOf('queue', vhost, name)} icon={<List size={16} />}>
              Messages
            </LinkButton>
            <Button look="primary" icon={<Send size={15} />} onClick={() => setPublishing(true)}>
              Publish
            </Button>
            <ActionMenu
              label="More"
              actions={actionsOf(queue).slice(1)}
              trigger={
                <Button>
                  More <ChevronDown size={15} />
                </Button>
              }
            />
          </>
        )
      }
    >
      <Answered query={query} loading={<LoadingBlock lines={10} />}>
        {(queue) => <Content queue={queue} />}
      </Answered>
      {publishing && <PublishDialog vhost={vhost} exchange="" queue={name} onClose={() => setPublishing(false)} />}
      <QueueActionDialog asked={asked} onClose={done} />
    </Page>
  )
}

function Content({ queue }: { queue: QueueRow }) {
  const { vhost, name, consumer_details = [], consumers = 0 } = queue
  const place = { vhost, kind: 'queue', name, side: 'to' } as const
  const bindings = useGet<BindingRow[]>(listOf(place))
  return (
    <>
      <QueueTotals queue={queue} />
      <Tabs
        tabs={[
          { id: 'flow', title: 'Flow', content: <QueueFlow queue={queue} /> },
          {
            id: 'consumers',
            title: 'Consumers',
            count: consumers,
            content: <QueueConsumers consumers={consumer_details} />,
          },
          {
            id: 'bindings',
            title: 'Bindings',
            count: bindings.data?.filter(({ source }) => source !== '').length,
            content: <BindingsPanel {...place} />,
          },
          { id: 'settings', title: 'Settings', content: <QueueSettings queue={queue} /> },
        ]}
      />
    </>
  )
}

function Badges({ queue }: { queue: QueueRow }) {
  const { type, durable, exclusive, auto_delete, vhost, source_topic, policy } = queue
  return (
    <>
      <QueueState queue={queue} />
      <Badge>{type}</Badge>
      {vhost !== '/' && <Badge>{vhost}</Badge>}
      {!durable && <Badge title="Is not there after a restart">transient</Badge>}
      {exclusive && <Badge title="Belongs to one connection">exclusive</Badge>}
      {auto_delete && <Badge title="Goes with its last consumer">auto-delete</Badge>}
      {isOrdered(queue) && (
        <Badge title="Of the messages with the same x-ordering-key, one is out at a time">ordered by key</Badge>
      )}
      {dispatchOf(queue) !== 'round-robin' && (
        <Badge title={`Next message goes to ${DISPATCHES[dispatchOf(queue)] ?? dispatchOf(queue)}`}>
          {dispatchOf(queue)}
        </Badge>
      )}
      {policy && <Badge title="The policy that applies">policy {policy}</Badge>}
      {source_topic !== undefined && (
        <Badge title="Its messages are the records of this topic">
          <Link to={pageOf('topic', source_topic, vhost)} className="underline underline-offset-2">
            topic {source_topic}
          </Link>
        </Badge>
      )}
    </>
  )
}
