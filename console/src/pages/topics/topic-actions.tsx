/** What can be done to a topic as a whole, and the dialogs that ask before. */
import { Eraser, List, Send, Split, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { api, path } from '../../api/client.ts'
import { useChange, useGet } from '../../api/queries.ts'
import { messagesOf, pageOf } from '../../links.ts'
import { DeleteDialog } from '../../parts/delete-dialog.tsx'
import { FormDialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/form.tsx'
import { plural } from '../../parts/format.ts'
import type { Action } from '../../parts/menu.tsx'
import { DeleteRecordsDialog } from './delete-records-dialog.tsx'
import { PublishRecordDialog } from './publish-record-dialog.tsx'
import type { Topic, TopicRow } from './topic.ts'

type Kind = 'publish' | 'partitions' | 'delete-records' | 'delete'
type Named = Pick<TopicRow, 'vhost' | 'name' | 'internal'>

export interface Asked {
  readonly kind: Kind
  readonly topic: Named
  readonly partition?: number
}

const ICON = { size: 15, 'aria-hidden': true } as const

/** The actions of a topic's menu; `asked` is what `TopicActionDialog` has to ask. */
export function useTopicActions(): {
  actionsOf: (topic: Named) => (Action | null)[]
  asked: Asked | null
  ask: (asked: Asked) => void
  done: () => void
} {
  const navigate = useNavigate()
  const [asked, setAsked] = useState<Asked | null>(null)
  const actionsOf = (topic: Named): (Action | null)[] => {
    const { vhost, name, internal } = topic
    const ask = (kind: Kind) => () => setAsked({ kind, topic })
    const browse = {
      title: 'Messages',
      icon: <List {...ICON} />,
      onSelect: () => navigate(messagesOf('topic', vhost, name)),
    }
    if (internal) return [browse]
    return [
      browse,
      { title: 'Publish a record…', icon: <Send {...ICON} />, onSelect: ask('publish') },
      { title: 'Add partitions…', icon: <Split {...ICON} />, onSelect: ask('partitions') },
      { title: 'Delete records…', icon: <Eraser {...ICON} />, danger: true, onSelect: ask('delete-records') },
      { title: 'Delete…', icon: <Trash2 {...ICON} />, danger: true, onSelect: ask('delete') },
    ]
  }
  return { actionsOf, asked, ask: setAsked, done: () => setAsked(null) }
}

export function TopicActionDialog({ asked, onClose }: { asked: Asked | null; onClose: () => void }) {
  const { data } = useGet<Topic>(asked === null ? null : path`/topics/${asked.topic.vhost}/${asked.topic.name}`)
  if (asked === null || data === undefined || data.name !== asked.topic.name) return null
  const { kind, partition } = asked
  const props = { topic: data, onClose }
  if (kind === 'publish') return <PublishRecordDialog {...props} partition={partition} />
  if (kind === 'partitions') return <PartitionsDialog {...props} />
  if (kind === 'delete-records') return <DeleteRecordsDialog {...props} partition={partition} />
  return <DeleteTopicDialog {...props} />
}

interface Props {
  readonly topic: Topic
  readonly onClose: () => void
}

function PartitionsDialog({ topic: { vhost, name, partitions, cleanup_policy }, onClose }: Props) {
  const [count, setCount] = useState(String(partitions + 1))
  const add = useChange(
    () => api.post(`${path`/topics/${vhost}/${name}`}/partitions`, { count: Number(count) }),
    () => `${name} has ${count} partitions`,
  )
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Add partitions to ${name}`}
      lead="Records stay where they are. Which partition a key goes to changes for new records, so the order of a key’s records is not kept across the change."
      submit="Add partitions"
      busy={add.isPending}
      disabled={!(Number(count) > partitions)}
      onSubmit={() => add.mutate(undefined, { onSuccess: onClose })}
    >
      <TextField
        label="Partitions in all"
        help={`${plural(partitions, 'partition')} now; partitions cannot be taken away.`}
        type="number"
        min={partitions + 1}
        value={count}
        onChange={setCount}
        autoFocus
      />
      {cleanup_policy.includes('compact') && (
        <p className="rounded-md bg-warn-soft px-3 py-2 text-warn">
          This topic is compacted. A key whose records come to lie in two partitions keeps its newest in both.
        </p>
      )}
    </FormDialog>
  )
}

function DeleteTopicDialog({ topic: { vhost, name, records, groups, bindings }, onClose }: Props) {
  return (
    <DeleteDialog
      noun="topic"
      name={name}
      target={path`/topics/${vhost}/${name}`}
      page={pageOf('topic', name, vhost)}
      list="/topics"
      onClose={onClose}
    >
      {plural(records, 'record')} in it will be gone for good
      {groups.length > 0 && `, ${plural(groups.length, 'group reads', 'groups read')} from it`}
      {bindings > 0 && `, ${plural(bindings, 'binding goes', 'bindings go')} with it`}. This cannot be undone.
    </DeleteDialog>
  )
}
