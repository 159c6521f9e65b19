/** The partitions of a topic: their ends, what of them can be read, and how the load is spread. */
import { Eraser, List, Send } from 'lucide-react'
import { useNavigate } from 'react-router'
import { messagesOf } from '../../links.ts'
import { Badge } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { exactNumber, plural } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { Bytes, Count } from '../../parts/values.tsx'
import type { PartitionRow, Topic } from './topic.ts'
import type { Asked } from './topic-actions.tsx'

const ICON = { size: 15, 'aria-hidden': true } as const

const Offset = ({ value }: { value: number }) => <span>{exactNumber(value)}</span>

/** @param most bytes of the biggest partition */
const columnsOf = (most: number): readonly Column<PartitionRow>[] => [
  {
    id: 'partition',
    title: 'Partition',
    sort: 'partition',
    cell: ({ partition }) => (
      <>
        <span className="font-normal text-ink-2 md:hidden">Partition </span>
        {partition}
      </>
    ),
  },
  {
    id: 'start',
    title: 'Start offset',
    sort: 'start_offset',
    align: 'right',
    cell: ({ start_offset }) => <Offset value={start_offset} />,
  },
  {
    id: 'end',
    title: 'End offset',
    sort: 'end_offset',
    align: 'right',
    cell: ({ end_offset }) => <Offset value={end_offset} />,
  },
  {
    id: 'records',
    title: 'Records',
    align: 'right',
    cell: ({ start_offset, end_offset }) => <Count value={end_offset - start_offset} />,
  },
  {
    id: 'stable',
    title: 'Last stable',
    sort: 'last_stable_offset',
    align: 'right',
    cell: ({ last_stable_offset, end_offset }) => (
      <span className="inline-flex items-center gap-1.5">
        {last_stable_offset < end_offset && (
          <Badge tone="warn" title="Readers of committed records wait for an open transaction here">
            {plural(end_offset - last_stable_offset, 'record')} held
          </Badge>
        )}
        <Offset value={last_stable_offset} />
      </span>
    ),
  },
  {
    id: 'size',
    title: 'Size',
    sort: 'bytes',
    align: 'right',
    cell: ({ bytes }) => <Share bytes={bytes} most={most} />,
  },
  {
    id: 'segments',
    title: 'Segments',
    sort: 'segments',
    align: 'right',
    cell: ({ segments }) => <Count value={segments} />,
  },
  {
    id: 'epoch',
    title: 'Leader epoch',
    sort: 'leader_epoch',
    align: 'right',
    optional: true,
    cell: ({ leader_epoch }) => leader_epoch,
  },
]

/** Its size, beside a bar that compares it with the biggest. */
function Share({ bytes, most }: { bytes: number; most: number }) {
  const width = most === 0 ? 0 : (bytes / most) * 100
  return (
    <span className="inline-flex items-center gap-2.5">
      <span aria-hidden="true" className="hidden h-1.5 w-24 overflow-hidden rounded-full bg-sunken lg:block">
        <span className="block h-full rounded-full bg-series-1" style={{ width: `${width}%` }} />
      </span>
      <span className="min-w-16">
        <Bytes value={bytes} />
      </span>
    </span>
  )
}

export function TopicPartitions({ topic, ask }: { topic: Topic; ask: (asked: Asked) => void }) {
  const { vhost, name, internal, partition_list: rows } = topic
  const navigate = useNavigate()
  const most = Math.max(...rows.map(({ bytes }) => bytes))
  return (
    <Panel flush>
      <DataTable
        id="partitions"
        noun="partition"
        rows={rows}
        columns={columnsOf(most)}
        rowKey={({ partition }) => String(partition)}
        rowHref={({ partition }) => `${messagesOf('topic', vhost, name)}?partition=${partition}`}
        actions={({ partition }) => [
          {
            title: 'Browse',
            icon: <List {...ICON} />,
            onSelect: () => navigate(`${messagesOf('topic', vhost, name)}?partition=${partition}`),
          },
          internal
            ? null
            : {
                title: 'Publish here…',
                icon: <Send {...ICON} />,
                onSelect: () => ask({ kind: 'publish', topic, partition }),
              },
          internal
            ? null
            : {
                title: 'Delete records…',
                icon: <Eraser {...ICON} />,
                danger: true,
                onSelect: () => ask({ kind: 'delete-records', topic, partition }),
              },
        ]}
        filter={false}
        sort="partition"
      />
    </Panel>
  )
}
