/** A message in full: where it stands, its properties and headers, how it died, its body. */
import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api, reasonOf } from '../../api/client.ts'
import { Badge, ObjectLink } from '../../parts/badge.tsx'
import { IconButton } from '../../parts/button.tsx'
import { absoluteTime } from '../../parts/format.ts'
import { KeyValue } from '../../parts/page.tsx'
import { toast } from '../../parts/toasts.tsx'
import { Time } from '../../parts/values.tsx'
import { BodyView } from './body-view.tsx'
import { deathsOf, reasonText } from './deaths.ts'
import { type Message, pageOf, wholeUrl } from './message.ts'
import { StateBadges } from './message-list.tsx'
import type { View } from './view.ts'

interface MessageDetailProps {
  readonly view: View
  readonly message: Message
  readonly onClose: () => void
}

export function MessageDetail({ view, message, onClose }: MessageDetailProps) {
  const [whole, setWhole] = useState<Message | null>(null)
  const [loading, setLoading] = useState(false)
  const { body, truncated } = whole ?? message
  const isTopic = view.kind === 'topic'
  const loadAll = async (): Promise<void> => {
    setLoading(true)
    try {
      const [found] = pageOf(view, await api.get(wholeUrl(view, message))).messages
      if (found?.id === message.id) setWhole(found)
      else toast.failed('It is gone meanwhile.')
    } catch (error) {
      toast.failed(reasonOf(error))
    } finally {
      setLoading(false)
    }
  }
  const headers = Object.entries(message.headers).filter(([name]) => name !== 'x-death')
  const properties = Object.entries(message.properties)
  return (
    <div className="flex flex-col gap-5 p-4">
      <div className="flex items-start gap-2 max-lg:hidden">
        <h2 className="flex-1 text-[1.143rem] font-semibold">
          {isTopic ? `Record ${message.id}` : `Message ${message.id}`}
        </h2>
        <IconButton label="Close" className="-mt-1 -mr-1" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </div>
      <KeyValue items={factsOf(message, isTopic)} />
      <Deaths message={message} vhost={view.vhost} />
      <Block title="Body">
        {message.isTombstone ? (
          <p className="text-ink-3">No value: a tombstone, which says that its key is gone.</p>
        ) : (
          <BodyView
            body={body}
            bytes={message.bytes}
            truncated={truncated}
            contentEncoding={String(message.properties.content_encoding ?? message.headers['content-encoding'] ?? '')}
            fileName={`${view.name}-${message.id.replace(':', '-')}${body.kind === 'json' ? '.json' : body.kind === 'text' ? '.txt' : '.bin'}`}
            onLoadAll={() => void loadAll()}
            loading={loading}
          />
        )}
      </Block>
      {headers.length > 0 && (
        <Block title="Headers">
          <Table rows={headers} />
        </Block>
      )}
      {properties.length > 0 && (
        <Block title="Properties">
          <Table rows={properties} />
        </Block>
      )}
    </div>
  )
}

function factsOf(message: Message, isTopic: boolean): (readonly [string, ReactNode])[] {
  const { key, exchange, at, partition, place, expires, due, deliveryCount, state } = message
  const facts: (readonly [string, ReactNode])[] = []
  const add = (name: string, value: ReactNode): void => void facts.push([name, value])
  const none = (text: string): ReactNode => <span className="text-ink-3">{text}</span>
  add(isTopic ? 'Key' : 'Routing key', key === '' ? none('none') : <code>{key}</code>)
  if (exchange !== null) add('Exchange', exchange === '' ? none('default') : exchange)
  if (partition !== null) add('Partition', partition)
  add(partition === null ? 'Place' : 'Offset', place)
  add(isTopic ? 'Timestamp' : 'Arrived', <Time at={at} />)
  if (expires !== null) add('Expires', <Time at={expires} />)
  if (due !== null) add('Due', <Time at={due} />)
  if (state !== null) add('State', <States message={message} />)
  if (deliveryCount) add('Times it came back', deliveryCount)
  return facts
}

function States({ message }: { message: Message }) {
  return (
    <span className="flex flex-wrap gap-1">
      {message.state === 'ready' && <Badge tone="good">ready</Badge>}
      <StateBadges message={message} />
    </span>
  )
}

function Deaths({ message, vhost }: { message: Message; vhost: string }) {
  const deaths = deathsOf(message.headers)
  if (deaths.length === 0) return null
  return (
    <Block title="How it died">
      <ol className="flex flex-col gap-2">
        {deaths.map((death, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: deaths are told apart by their place
          <li key={i} className="border-l-2 border-danger pl-3">
            <p className="flex flex-wrap items-baseline gap-x-2">
              <ObjectLink kind="queue" name={death.queue} vhost={vhost} />
              <span className="text-ink-2">{reasonText(death.reason)}</span>
              {death.count > 1 && <Badge tone="danger">{death.count} times</Badge>}
            </p>
            <p className="text-[0.929rem] text-ink-3">
              {death.at !== null && <span title={absoluteTime(death.at)}>{absoluteTime(death.at)}; </span>}
              came by {death.exchange === '' ? 'the default exchange' : death.exchange} with{' '}
              <code>{death.routingKeys.join(', ')}</code>
              {death.originalExpiration !== null && `; its expiration was ${death.originalExpiration} ms`}
            </p>
          </li>
        ))}
      </ol>
    </Block>
  )
}

function Block({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="plate mb-1.5">{title}</h3>
      {children}
    </section>
  )
}

function Table({ rows }: { rows: readonly (readonly [string, unknown])[] }) {
  return (
    <table className="w-full table-fixed text-[0.929rem]">
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name} className="border-b border-line align-top last:border-0">
            <th scope="row" className="w-2/5 py-1 pr-3 text-left font-medium text-ink-2 [overflow-wrap:anywhere]">
              {name}
            </th>
            <td className="py-1 font-mono [overflow-wrap:anywhere]">
              <Value name={name} value={value} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Value({ name, value }: { name: string; value: unknown }) {
  if (name === 'delivery_mode') return <>{value === 2 ? '2 (persistent)' : `${String(value)} (transient)`}</>
  if (name === 'timestamp' && typeof value === 'number') {
    return <span title={absoluteTime(value * 1000)}>{`${value} (${absoluteTime(value * 1000)})`}</span>
  }
  return <>{typeof value === 'string' ? value : JSON.stringify(value)}</>
}
