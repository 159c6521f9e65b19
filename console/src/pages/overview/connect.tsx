/** Where programs connect: the open ports as addresses to copy, and for a newcomer what to do first. */
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Overview } from '../../api/types.ts'
import { CopyText } from '../../parts/copy.tsx'
import { Panel } from '../../parts/page.tsx'
import { useSession } from '../../session/session.ts'
import { useVhost } from '../../shell/vhost.ts'

type Listener = NonNullable<Overview['listeners']>[number]

const TITLES: Readonly<Record<string, string>> = {
  amqp: 'RabbitMQ clients (AMQP 0-9-1)',
  'amqp/ssl': 'RabbitMQ clients over TLS',
  kafka: 'Kafka clients',
  'kafka/ssl': 'Kafka clients over TLS',
  http: 'Management, REST and metrics',
  https: 'Management, REST and metrics over TLS',
}

const ANY = /^(0\.0\.0\.0|::|\[::\]|)$/

/** How this browser would reach it. */
function hostOf({ ip_address }: Listener): string {
  if (ANY.test(ip_address)) return location.hostname
  return ip_address.includes(':') && !ip_address.startsWith('[') ? `[${ip_address}]` : ip_address
}

function addressOf(listener: Listener, user: string, vhost: string): string {
  const place = `${hostOf(listener)}:${listener.port}`
  switch (listener.protocol) {
    case 'amqp':
    case 'amqp/ssl': {
      const scheme = listener.protocol === 'amqp' ? 'amqp' : 'amqps'
      const path = vhost === '/' ? '' : `/${encodeURIComponent(vhost)}`
      return `${scheme}://${encodeURIComponent(user)}@${place}${path}`
    }
    case 'http':
    case 'https':
      return `${listener.protocol}://${place}`
    default:
      return place
  }
}

export function ListenersPanel({ overview }: { overview: Overview }) {
  const { user } = useSession()
  const [vhost] = useVhost()
  const shown = (overview.listeners ?? []).filter(({ protocol }) => protocol in TITLES)
  if (shown.length === 0) return null
  return (
    <Panel title="Connect to this broker">
      <dl className="flex flex-col gap-3.5">
        {shown.map((listener) => (
          <div key={`${listener.protocol} ${listener.ip_address} ${listener.port}`} className="min-w-0">
            <dt className="plate">{TITLES[listener.protocol]}</dt>
            <dd>
              <CopyText text={addressOf(listener, user.name, vhost ?? '/')} />
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}

/** For a broker in which nobody has made anything yet. */
export function FirstSteps({ overview }: { overview: Overview }) {
  const of = (protocol: string): Listener | undefined => overview.listeners?.find((one) => one.protocol === protocol)
  const amqp = of('amqp')
  const kafka = of('kafka')
  const { user } = useSession()
  return (
    <Panel title="First steps">
      <p className="max-w-prose text-ink-2">
        Nothing is here yet. Point a client you already have at one of the ports; queues and topics that it makes appear
        on these pages by themselves.
      </p>
      <div className="mt-4 grid gap-4 lg:grid-cols-3">
        {amqp !== undefined && (
          <Step title="A RabbitMQ client" code={`amqplib.connect(\n  '${addressOf(amqp, user.name, '/')}')`}>
            Any library for AMQP 0-9-1: amqplib, pika, Spring AMQP, Bunny, Celery.
          </Step>
        )}
        {kafka !== undefined && (
          <Step title="A Kafka client" code={`new Kafka({\n  brokers: ['${addressOf(kafka, '', '/')}'] })`}>
            Any Kafka client: KafkaJS, librdkafka, the Java client, Kafka Streams.
          </Step>
        )}
        <Step title="Or from here">
          Make a{' '}
          <Link className="link" to="/queues?new=1">
            queue
          </Link>
          , then open it and publish a message to it. REST for everything else is described under{' '}
          <Link className="link" to="/api-docs">
            API
          </Link>
          .
        </Step>
      </div>
    </Panel>
  )
}

function Step({ title, code, children }: { title: string; code?: string; children: ReactNode }) {
  return (
    <div className="min-w-0 rounded-md border border-line bg-raised p-4">
      <h3 className="font-semibold">{title}</h3>
      <p className="mt-1 text-ink-2">{children}</p>
      {code !== undefined && <pre className="mt-3 overflow-x-auto rounded-sm bg-sunken p-2.5">{code}</pre>}
    </div>
  )
}
