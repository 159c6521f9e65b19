/** The messaging API as its OpenAPI document describes it: an index, and a card for each operation. */
import { FileJson } from 'lucide-react'
import { useEffect } from 'react'
import { useGet } from '../../api/queries.ts'
import { CopyText } from '../../parts/copy.tsx'
import { KeyValue, Panel } from '../../parts/page.tsx'
import { Answered, LoadingBlock } from '../../parts/states.tsx'
import { groupedOperations, type OpenApi, type Operation } from './openapi.ts'
import { Method, OperationCard } from './operation-card.tsx'
import { Prose } from './prose.tsx'

export function ApiReference({ user }: { user: string }) {
  const query = useGet<OpenApi>('/v1/openapi.json', {}, { poll: false })
  return (
    <Answered query={query} loading={<LoadingBlock lines={12} />}>
      {(api) => <Reference api={api} user={user} />}
    </Answered>
  )
}

function Reference({ api, user }: { api: OpenApi; user: string }) {
  const groups = groupedOperations(api)
  const base = new URL(api.servers?.[0]?.url ?? '/v1', location.origin).href
  useEffect(() => {
    // The browser looked for the place before there was one.
    if (location.hash !== '') document.getElementById(location.hash.slice(1))?.scrollIntoView()
  }, [])
  return (
    <div className="grid gap-6 xl:grid-cols-[minmax(0,1fr)_17rem]">
      <div className="flex min-w-0 flex-col gap-8">
        <Panel>
          <p className="mb-4 max-w-prose">
            <Prose text={api.info.description ?? ''} />
          </p>
          <KeyValue
            items={[
              ['All paths begin with', <CopyText key="base" text={base} />],
              ['Login', 'HTTP Basic: the name and password of a user'],
              ['Version', api.info.version],
              [
                'For programs',
                <a key="document" href="/v1/openapi.json" className="link inline-flex items-center gap-1.5">
                  <FileJson size={15} aria-hidden="true" />
                  OpenAPI {api.openapi.split('.').slice(0, 2).join('.')}
                </a>,
              ],
            ]}
          />
        </Panel>
        {[...groups].map(([tag, operations]) => (
          <section key={tag} aria-labelledby={anchorOf(tag)} className="flex flex-col gap-4">
            <h2 id={anchorOf(tag)} className="scroll-mt-18 text-[1.286rem] font-semibold tracking-tight">
              {tag}
            </h2>
            {operations.map((operation) => (
              <OperationCard key={operation.id} api={api} operation={operation} base={base} user={user} />
            ))}
          </section>
        ))}
      </div>
      <Index groups={groups} />
    </div>
  )
}

const anchorOf = (tag: string): string => `tag-${tag.toLowerCase().replaceAll(' ', '-')}`

function Index({ groups }: { groups: ReadonlyMap<string, readonly Operation[]> }) {
  return (
    <nav
      aria-label="Operations"
      className="top-18 flex max-h-[calc(100dvh-6rem)] flex-col gap-4 overflow-y-auto max-xl:order-first max-xl:rounded-lg max-xl:border max-xl:border-line max-xl:bg-panel max-xl:p-4 xl:sticky xl:self-start"
    >
      {[...groups].map(([tag, operations]) => (
        <div key={tag}>
          <a href={`#${anchorOf(tag)}`} className="plate hover:text-accent">
            {tag}
          </a>
          <ul className="mt-1.5 flex flex-col gap-1">
            {operations.map(({ id, method, summary }) => (
              <li key={id}>
                <a href={`#${id}`} className="flex items-baseline gap-2 rounded-sm py-0.5 text-ink-2 hover:text-accent">
                  <span className="w-11 shrink-0">
                    <Method method={method} />
                  </span>
                  <span className="min-w-0">{summary}</span>
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}
