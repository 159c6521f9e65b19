/** Publishes one message: to an exchange, straight into a queue, or to a topic. */
import { Send } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { CheckField, SelectField, TextArea, TextField } from '../../parts/form.tsx'
import { Panel } from '../../parts/page.tsx'
import { toast } from '../../parts/toasts.tsx'
import { HeadersField } from './headers-field.tsx'
import { type HeaderRow, headersOf, PROPERTY_NAMES, propertiesOf } from './headers-form.ts'
import { sourceUrl } from './message.ts'
import { NameField } from './name-field.tsx'
import type { Named } from './view.ts'

type Encoding = 'string' | 'base64'

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  content_type: 'application/json',
  expiration: 'ms',
  priority: '0 to 255',
  timestamp: 'seconds since 1970',
}

/** `reply_to` as a person writes it. */
function labelOf(property: string): string {
  const words = property.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export function PublishForm({ to }: { to: Named }) {
  const [exchange, setExchange] = useState(to.kind === 'exchange' ? to.name : '')
  const [routingKey, setRoutingKey] = useState('')
  const [partition, setPartition] = useState('')
  const [payload, setPayload] = useState('')
  const [encoding, setEncoding] = useState<Encoding>('string')
  const [persistent, setPersistent] = useState(true)
  const [properties, setProperties] = useState<Readonly<Record<string, string>>>({})
  const [headers, setHeaders] = useState<readonly HeaderRow[]>([])
  const isTopic = to.kind === 'topic'
  const change = useChange((send: () => Promise<Sent>) => send(), null)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    try {
      const all = headersOf(headers)
      const more = { delivery_mode: persistent ? 2 : 1, ...propertiesOf(properties) }
      const send = (): Promise<Sent> =>
        isTopic
          ? toTopic(to, { key: routingKey, partition, value: payload, encoding, headers: all })
          : toExchange(to, { exchange, routingKey, payload, encoding, properties: { ...more, headers: all } })
      change.mutate(send, { onSuccess: ({ text, ok }) => (ok ? toast.done(text) : toast.failed(text)) })
    } catch (error) {
      toast.failed((error as Error).message)
    }
  }
  return (
    <form onSubmit={submit} className="grid items-start gap-4 lg:grid-cols-[3fr_2fr]">
      <Panel title="Message">
        <div className="flex flex-col gap-4">
          {to.kind === 'exchange' && (
            <NameField
              label="Exchange"
              help="Empty for the default exchange, which routes by queue name."
              kind="exchange"
              vhost={to.vhost}
              value={exchange}
              onChange={setExchange}
            />
          )}
          {to.kind !== 'queue' && (
            <TextField
              label={isTopic ? 'Key' : 'Routing key'}
              optional
              mono
              value={routingKey}
              onChange={setRoutingKey}
            />
          )}
          {isTopic && (
            <TextField
              label="Partition"
              optional
              type="number"
              min={0}
              help="Chosen by the key unless given."
              value={partition}
              onChange={setPartition}
            />
          )}
          <TextArea label="Body" rows={12} value={payload} onChange={setPayload} />
          <SelectField
            label="The body is written as"
            value={encoding}
            onChange={(value) => setEncoding(value as Encoding)}
            choices={[
              { value: 'string', label: 'text' },
              { value: 'base64', label: 'base64, for octets' },
            ]}
          />
          <div>
            <Button type="submit" look="primary" icon={<Send size={15} />} busy={change.isPending}>
              Publish
            </Button>
          </div>
        </div>
      </Panel>
      <Panel title={isTopic ? 'Headers' : 'Headers and properties'}>
        <div className="flex flex-col gap-4">
          <HeadersField rows={headers} onChange={setHeaders} onlyText={isTopic} />
          {!isTopic && (
            <>
              <CheckField
                label="Persistent"
                help="Survives a restart in a durable queue."
                checked={persistent}
                onChange={setPersistent}
              />
              <div className="grid grid-cols-2 gap-3">
                {PROPERTY_NAMES.filter((name) => name !== 'delivery_mode').map((name) => (
                  <TextField
                    key={name}
                    label={labelOf(name)}
                    placeholder={PLACEHOLDERS[name] ?? ''}
                    mono
                    value={properties[name] ?? ''}
                    onChange={(value) => setProperties({ ...properties, [name]: value })}
                  />
                ))}
              </div>
            </>
          )}
        </div>
      </Panel>
    </form>
  )
}

interface Sent {
  readonly ok: boolean
  readonly text: string
}

interface ExchangeMessage {
  readonly exchange: string
  readonly routingKey: string
  readonly payload: string
  readonly encoding: Encoding
  readonly properties: Readonly<Record<string, unknown>>
}

async function toExchange({ vhost, kind, name }: Named, message: ExchangeMessage): Promise<Sent> {
  const exchange = kind === 'queue' || message.exchange === '' ? 'amq.default' : message.exchange
  const { routed } = await api.post<{ routed: boolean }>(
    `${sourceUrl({ vhost, kind: 'exchange', name: exchange })}/publish`,
    {
      properties: message.properties,
      routing_key: kind === 'queue' ? name : message.routingKey,
      payload: message.payload,
      payload_encoding: message.encoding,
    },
  )
  return routed
    ? { ok: true, text: 'Published.' }
    : { ok: false, text: 'Published, but no queue took it: it was unroutable, or refused.' }
}

interface TopicMessage {
  readonly key: string
  readonly partition: string
  readonly value: string
  readonly encoding: Encoding
  readonly headers: Readonly<Record<string, unknown>>
}

async function toTopic(topic: Named, { key, partition, value, encoding, headers }: TopicMessage): Promise<Sent> {
  const placed = await api.post<{ partition: number; offset: number }>(`${sourceUrl(topic)}/publish`, {
    ...(key === '' ? {} : { key }),
    ...(partition === '' ? {} : { partition: Number(partition) }),
    value,
    value_encoding: encoding,
    headers: Object.entries(headers).map(([name, text]) => ({ key: name, value: String(text), encoding: 'string' })),
  })
  return { ok: true, text: `Published to partition ${placed.partition} at offset ${placed.offset}.` }
}
