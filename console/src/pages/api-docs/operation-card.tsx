/** One operation: what it does, what it takes, what it answers, and the line that calls it. */
import { Link } from 'lucide-react'
import type { ReactNode } from 'react'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { JsonView } from '../../parts/body.tsx'
import { CopyButton } from '../../parts/copy.tsx'
import { Fields, Parameters } from './fields.tsx'
import { curlLines, exampleOf, formsOf, nameOf, type OpenApi, type Operation, type Schema } from './openapi.ts'
import { Prose } from './prose.tsx'

const METHODS: Readonly<Record<string, Tone>> = {
  GET: 'info',
  POST: 'good',
  PUT: 'warn',
  PATCH: 'warn',
  DELETE: 'danger',
}

export function Method({ method }: { method: string }) {
  return (
    <Badge tone={METHODS[method] ?? 'neutral'}>
      <span className="font-mono font-semibold">{method}</span>
    </Badge>
  )
}

interface OperationCardProps {
  readonly api: OpenApi
  readonly operation: Operation
  /** Where it is, with what stands before all paths. */
  readonly base: string
  readonly user: string
}

export function OperationCard({ api, operation, base, user }: OperationCardProps) {
  const { id, method, path, summary = '', description, parameters = [], requestBody, responses } = operation
  const paths = parameters.filter((one) => one.in === 'path')
  const others = parameters.filter((one) => one.in !== 'path')
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
  const bad = Object.entries(responses).filter(([status]) => !status.startsWith('2'))
  const answer = Object.values(good[0]?.[1].content ?? {})[0]?.schema
  const example = answer === undefined ? undefined : exampleOf(api, answer)
  return (
    <article
      id={id}
      aria-labelledby={`${id}-title`}
      className="min-w-0 scroll-mt-18 rounded-lg border border-line bg-panel target:border-accent"
    >
      <header className="border-b border-line px-4 py-3">
        <h3 className="group flex items-center gap-2 font-semibold">
          <span id={`${id}-title`}>{summary}</span>
          <a
            href={`#${id}`}
            aria-label={`Link to ${summary}`}
            className="text-ink-3 opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
          >
            <Link size={14} aria-hidden="true" />
          </a>
        </h3>
        <p className="mt-1.5 flex flex-wrap items-center gap-2">
          <Method method={method} />
          <PathText path={path} />
        </p>
      </header>
      <div className="grid gap-x-6 gap-y-5 p-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
        <div className="flex min-w-0 flex-col gap-4">
          {description !== undefined && (
            <p className="max-w-prose">
              <Prose text={description} />
            </p>
          )}
          {paths.length > 0 && (
            <Part title="In the path">
              <Parameters api={api} parameters={paths} />
            </Part>
          )}
          {others.length > 0 && (
            <Part title="In the query">
              <Parameters api={api} parameters={others} />
            </Part>
          )}
          {type !== undefined && (
            <Part title={`Body${type === 'application/json' ? '' : `, ${type === '*/*' ? 'of any type' : type}`}`}>
              <Forms api={api} schema={body?.schema ?? {}} sent />
            </Part>
          )}
          <Part title="Answers">
            <Answers all={[...good, ...bad]} />
            {answer !== undefined && <Forms api={api} schema={answer} sent={false} />}
          </Part>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          {curlLines(api, operation, { base, user }).map((line) => (
            <Curl key={line} line={line} />
          ))}
          {example !== undefined && (
            <Part title="Answers, for example">
              <div className="overflow-hidden rounded-md border border-line bg-sunken">
                <JsonView value={example} />
              </div>
            </Part>
          )}
        </div>
      </div>
    </article>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-2">
      <h4 className="plate">{title}</h4>
      {children}
    </section>
  )
}

/** Its names stand out. */
function PathText({ path }: { path: string }) {
  return (
    <code className="[overflow-wrap:anywhere]">
      {path.split(/(\{\w+\})/).map((part, i) =>
        part.startsWith('{') ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts are told apart by their place
          <span key={i} className="text-accent">
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </code>
  )
}

/** The fields, of each form that the body may have. */
function Forms({ api, schema, sent }: { api: OpenApi; schema: Schema; sent: boolean }) {
  const forms = formsOf(api, schema)
  if (Object.keys(forms[0]).length === 0) return <p className="text-ink-2">Any octets, as they are.</p>
  return forms.map((form, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: forms are told apart by their place
    <div key={i} className="flex flex-col gap-2">
      {i > 0 && <p className="text-ink-3">or{nameOf(form) === null ? '' : ` ${nameOf(form)}`}</p>}
      <Fields api={api} schema={form} sent={sent} />
    </div>
  ))
}

function Answers({ all }: { all: readonly (readonly [string, { readonly description: string }])[] }) {
  return (
    <ul className="flex flex-col gap-1">
      {all.map(([status, { description }]) => (
        <li key={status} className="flex items-baseline gap-2.5">
          <code className={`font-semibold ${status.startsWith('2') ? 'text-accent' : 'text-ink-2'}`}>{status}</code>
          <span className="text-ink-2">
            <Prose text={description} />
          </span>
        </li>
      ))}
    </ul>
  )
}

function Curl({ line }: { line: string }) {
  return (
    <div className="overflow-hidden rounded-md border border-line bg-sunken">
      <div className="flex items-center justify-between border-b border-line py-0.5 pr-1 pl-3">
        <span className="plate">curl</span>
        <CopyButton text={line} label="Copy this line" />
      </div>
      <pre className="overflow-x-auto p-3 break-words whitespace-pre-wrap">{line}</pre>
    </div>
  )
}
