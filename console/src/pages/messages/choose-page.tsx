/** Which messages? Queues and topics by name, the fullest first; and publishing to an exchange. */
import { Search } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { useGet } from '../../api/queries.ts'
import { messagesOf } from '../../links.ts'
import { KindPlate } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Page, Panel } from '../../parts/page.tsx'
import { Answered, EmptyState } from '../../parts/states.tsx'
import { Count } from '../../parts/values.tsx'
import { useDefaultVhost, useVhost } from '../../shell/vhost.ts'
import { PublishForm } from './publish-form.tsx'

const SHOWN = 12

interface Row {
  readonly name: string
  readonly vhost: string
  readonly messages?: number
  readonly records?: number
}

export default function ChoosePage() {
  const [search, setSearch] = useSearchParams()
  const [typed, setTyped] = useState('')
  const find = useDeferredValue(typed)
  const exchange = search.get('publish')
  const defaultVhost = useDefaultVhost()
  const vhost = search.get('vhost') ?? defaultVhost
  if (exchange !== null) {
    return (
      <Page title="Publish a message" above={[{ title: 'Messages', to: '/messages' }]}>
        <PublishForm key={`${vhost} ${exchange}`} to={{ vhost, kind: 'exchange', name: exchange }} />
      </Page>
    )
  }
  return (
    <Page
      title="Messages"
      lead="Look into a queue or a topic without taking anything from it."
      actions={
        <Button look="primary" onClick={() => setSearch({ publish: '' })}>
          Publish to an exchange
        </Button>
      }
    >
      <label className="relative w-full md:max-w-md">
        <span className="sr-only">Find a queue or topic</span>
        <Search size={15} className="pointer-events-none absolute top-2.5 left-2.5 text-ink-3" aria-hidden="true" />
        <input
          type="search"
          className="field pl-8!"
          placeholder="Find a queue or topic"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      <div className="grid gap-4 lg:grid-cols-2">
        <Sources kind="queue" title="Queues" find={find} count="messages" />
        <Sources kind="topic" title="Topics" find={find} count="records" />
      </div>
    </Page>
  )
}

function Sources(props: { kind: 'queue' | 'topic'; title: string; find: string; count: 'messages' | 'records' }) {
  const { kind, title, find, count } = props
  const [vhost] = useVhost()
  const rows = useGet<{ items: Row[]; filtered_count: number }>(
    `/${kind}s${vhost === null ? '' : `/${encodeURIComponent(vhost)}`}`,
    {
      page: 1,
      page_size: SHOWN,
      name: find,
      sort: find === '' ? count : 'name',
      sort_reverse: find === '',
      columns: `name,vhost,${count}`,
    },
  )
  return (
    <Panel
      title={title}
      flush
      aside={<span className="text-ink-3">{rows.data && <Count value={rows.data.filtered_count} />}</span>}
    >
      <Answered query={rows}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={find === '' ? `No ${kind}s yet` : `No ${kind} is called that`} />
          ) : (
            <ul>
              {items.map((row) => (
                <li key={`${row.vhost} ${row.name}`} className="border-b border-line last:border-0">
                  <Link
                    to={messagesOf(kind, row.vhost, row.name)}
                    className="flex items-center gap-3 px-4 py-2.5 hover:bg-sunken"
                  >
                    <KindPlate kind={kind} />
                    <span className="min-w-0 flex-1 truncate font-medium">{row.name}</span>
                    {vhost === null && row.vhost !== '/' && <span className="truncate text-ink-3">{row.vhost}</span>}
                    <span className="text-ink-2">
                      <Count value={row[count]} />
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Panel>
  )
}
