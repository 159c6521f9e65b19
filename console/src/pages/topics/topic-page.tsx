/** One topic: what is written to it, where it lies, who reads it and what it hands to queues. */
import { ChevronDown, List, Send } from 'lucide-react'
import { useParams } from 'react-router'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { HISTORY } from '../../api/samples.ts'
import { messagesOf } from '../../links.ts'
import { Badge, KindPlate } from '../../parts/badge.tsx'
import { Button, LinkButton } from '../../parts/button.tsx'
import { ActionMenu } from '../../parts/menu.tsx'
import { Page } from '../../parts/page.tsx'
import { Answered, LoadingBlock } from '../../parts/states.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { retentionText, type Topic } from './topic.ts'
import { type Asked, TopicActionDialog, useTopicActions } from './topic-actions.tsx'
import { TopicConfigs } from './topic-configs.tsx'
import { TopicFlow, TopicTotals } from './topic-flow.tsx'
import { Durability } from './topic-list.tsx'
import { TopicPartitions } from './topic-partitions.tsx'
import { TopicBindings, TopicGroups } from './topic-readers.tsx'

export default function TopicPage() {
  const { vhost = '/', name = '' } = useParams()
  const query = useGet<Topic>(path`/topics/${vhost}/${name}`, HISTORY)
  const { actionsOf, asked, ask, done } = useTopicActions()
  const topic = query.data
  return (
    <Page
      title={name}
      plate={<KindPlate kind="topic" />}
      above={[{ title: 'Topics', to: '/topics' }]}
      badges={topic !== undefined && <Badges topic={topic} />}
      actions={
        topic !== undefined && (
          <>
            <LinkButton to={messagesOf('topic', vhost, name)} icon={<List size={16} />}>
              Messages
            </LinkButton>
            {!topic.internal && (
              <>
                <Button look="primary" icon={<Send size={15} />} onClick={() => ask({ kind: 'publish', topic })}>
                  Publish
                </Button>
                <ActionMenu
                  label="More"
                  actions={actionsOf(topic).slice(2)}
                  trigger={
                    <Button>
                      More <ChevronDown size={15} />
                    </Button>
                  }
                />
              </>
            )}
          </>
        )
      }
    >
      <Answered query={query} loading={<LoadingBlock lines={10} />}>
        {(topic) => <Content topic={topic} ask={ask} />}
      </Answered>
      <TopicActionDialog asked={asked} onClose={done} />
    </Page>
  )
}

function Content({ topic, ask }: { topic: Topic; ask: (asked: Asked) => void }) {
  return (
    <>
      <TopicTotals topic={topic} />
      <Tabs
        tabs={[
          { id: 'flow', title: 'Flow', content: <TopicFlow topic={topic} /> },
          {
            id: 'partitions',
            title: 'Partitions',
            count: topic.partitions,
            content: <TopicPartitions topic={topic} ask={ask} />,
          },
          { id: 'groups', title: 'Groups', count: topic.groups.length, content: <TopicGroups topic={topic} /> },
          { id: 'bindings', title: 'Bindings', count: topic.bindings, content: <TopicBindings topic={topic} /> },
          { id: 'settings', title: 'Settings', content: <TopicConfigs topic={topic} /> },
        ]}
      />
    </>
  )
}

function Badges({ topic }: { topic: Topic }) {
  const { vhost, internal, cleanup_policy } = topic
  return (
    <>
      <Durability topic={topic} />
      <Badge title="cleanup.policy">{cleanup_policy || 'keeps all'}</Badge>
      <Badge title="How long and how much it keeps">{retentionText(topic)}</Badge>
      {vhost !== '/' && <Badge>{vhost}</Badge>}
      {internal && <Badge title="The broker’s own; clients cannot write to it">internal</Badge>}
    </>
  )
}
