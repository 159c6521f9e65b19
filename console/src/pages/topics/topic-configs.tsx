/** The settings of a topic: each with where it comes from and what it does; changed and reset in place. */
import { Pencil, RotateCcw, Search } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange, useGet } from '../../api/queries.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { CheckField } from '../../parts/form.tsx'
import { plural } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { Answered, EmptyState, LoadingBlock } from '../../parts/states.tsx'
import { CONFIG_CHOICES, meaningOf, type Topic } from './topic.ts'

interface ConfigRow {
  readonly name: string
  readonly value: string
  readonly default: string
  readonly source: string
  readonly type: string
  readonly doc?: string
}

const SOURCES: Readonly<Record<string, { text: string; tone: Tone; title: string }>> = {
  topic: { text: 'set here', tone: 'good', title: 'Set for this topic' },
  policy: { text: 'policy', tone: 'warn', title: 'A policy lowers it' },
  default: { text: 'default', tone: 'neutral', title: 'Nobody set it' },
}

/** Those that people look for come first, the rest by name. */
const FIRST = ['cleanup.policy', 'durability', 'retention.ms', 'retention.bytes', 'max.message.bytes', 'segment.bytes']
/** Taken for tools that set them; one node has no use for them. */
const hasNoEffect = ({ source, doc = '' }: ConfigRow): boolean =>
  source === 'default' && /has no effect|there is no tiered storage/i.test(doc)
const rank = ({ name }: ConfigRow): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)

export function TopicConfigs({ topic: { vhost, name } }: { topic: Topic }) {
  const target = `${path`/topics/${vhost}/${name}`}/configs`
  const query = useGet<ConfigRow[]>(target)
  const [filter, setFilter] = useState('')
  const [onlySet, setOnlySet] = useState(false)
  const [editing, setEditing] = useState<string | null>(null)
  const change = useChange(
    ([config, value]: readonly [string, string | null]) => api.patch(target, { [config]: value }),
    (_, [config, value]) => (value === null ? `${config} is as without it` : `${config} is set`),
  )
  const save = (config: string, value: string | null): void =>
    change.mutate([config, value], { onSuccess: () => setEditing(null) })
  return (
    <Panel flush>
      <div className="flex flex-wrap items-center gap-x-5 gap-y-2 border-b border-line px-3 py-2">
        <label className="relative min-w-40 flex-1 sm:max-w-xs">
          <Search
            size={15}
            className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3"
            aria-hidden="true"
          />
          <input
            type="search"
            data-filter=""
            className="field pl-8!"
            placeholder="Filter settings"
            aria-label="Filter settings"
            value={filter}
            spellCheck={false}
            onChange={(event) => setFilter(event.target.value)}
          />
        </label>
        <CheckField label="Only what is set" checked={onlySet} onChange={setOnlySet} />
      </div>
      <Answered query={query} loading={<LoadingBlock lines={8} />}>
        {(rows) => {
          const shown = rows
            .filter(({ name, doc = '' }) => `${name} ${doc}`.toLowerCase().includes(filter.toLowerCase()))
            .filter(({ source }) => !onlySet || source !== 'default')
            .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
          if (shown.length === 0) {
            return (
              <EmptyState
                title={onlySet && filter === '' ? 'Nothing is set for this topic' : 'No setting is called so'}
              />
            )
          }
          const line = (row: ConfigRow) => (
            <li key={row.name} className="border-b border-line last:border-0 hover:bg-raised">
              {editing === row.name ? (
                <EditRow
                  row={row}
                  busy={change.isPending}
                  onSave={(value) => save(row.name, value)}
                  onCancel={() => setEditing(null)}
                />
              ) : (
                <ShownRow row={row} onEdit={() => setEditing(row.name)} onReset={() => save(row.name, null)} />
              )}
            </li>
          )
          const idle = shown.filter(hasNoEffect)
          return (
            <>
              <ul>{shown.filter((row) => !hasNoEffect(row)).map(line)}</ul>
              {idle.length > 0 && (
                <details className="border-t border-line" open={filter !== ''}>
                  <summary className="cursor-pointer px-4 py-2.5 text-ink-2">
                    {plural(idle.length, 'setting')} of Kafka’s without effect here
                  </summary>
                  <ul className="border-t border-line">{idle.map(line)}</ul>
                </details>
              )}
            </>
          )
        }}
      </Answered>
    </Panel>
  )
}

const GRID = 'grid gap-x-6 gap-y-1 px-4 py-2.5 md:grid-cols-[17rem_5rem_minmax(0,1fr)_auto]'

function Value({ name, value }: { name: string; value: string }) {
  const meaning = meaningOf(name, value)
  return (
    <>
      <code className="font-semibold [overflow-wrap:anywhere]">{value === '' ? '(empty)' : value}</code>
      {meaning !== null && <span className="text-ink-2">{meaning}</span>}
    </>
  )
}

function ShownRow({ row, onEdit, onReset }: { row: ConfigRow; onEdit: () => void; onReset: () => void }) {
  const { name, value, source, doc } = row
  const known = SOURCES[source] ?? { text: source, tone: 'info', title: 'Set for the whole broker' }
  return (
    <div className={`${GRID} relative`}>
      <code className="pt-0.5 [overflow-wrap:anywhere] max-md:pr-18">{name}</code>
      <div>
        {source === 'default' ? (
          <span className="text-[0.929rem] text-ink-3 max-md:hidden">default</span>
        ) : (
          <Badge tone={known.tone} title={known.title}>
            {known.text}
          </Badge>
        )}
      </div>
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <Value name={name} value={value} />
          {source !== 'default' && row.default !== value && (
            <span className="text-[0.929rem] text-ink-3">else {row.default === '' ? '(empty)' : row.default}</span>
          )}
        </p>
        {doc !== undefined && <p className="max-w-prose text-[0.929rem] text-ink-3">{doc}</p>}
      </div>
      <div className="flex items-start gap-0.5 max-md:absolute max-md:top-1 max-md:right-2">
        {source === 'topic' && (
          <IconButton label={`Reset ${name}`} onClick={onReset}>
            <RotateCcw size={15} aria-hidden="true" />
          </IconButton>
        )}
        <IconButton label={`Change ${name}`} onClick={onEdit}>
          <Pencil size={15} aria-hidden="true" />
        </IconButton>
      </div>
    </div>
  )
}

interface EditRowProps {
  readonly row: ConfigRow
  readonly busy: boolean
  readonly onSave: (value: string) => void
  readonly onCancel: () => void
}

function EditRow({ row, busy, onSave, onCancel }: EditRowProps) {
  const { name, type, doc } = row
  const [value, setValue] = useState(row.value)
  const known = type === 'boolean' ? ['true', 'false'] : CONFIG_CHOICES[name]
  const choices = known === undefined || known.includes(value) ? known : [value, ...known]
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onSave(value)
  }
  return (
    <form
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onCancel()}
      className={`${GRID} bg-accent-soft`}
    >
      <code className="pt-2 [overflow-wrap:anywhere]">{name}</code>
      <span className="max-md:hidden" />
      <div className="min-w-0">
        {choices === undefined ? (
          <input
            className="field max-w-md font-mono"
            aria-label={name}
            // biome-ignore lint/a11y/noAutofocus: its editing was just asked for
            autoFocus
            spellCheck={false}
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        ) : (
          <select
            className="field max-w-md"
            aria-label={name}
            // biome-ignore lint/a11y/noAutofocus: its editing was just asked for
            autoFocus
            value={value}
            onChange={(event) => setValue(event.target.value)}
          >
            {choices.map((one) => (
              <option key={one} value={one}>
                {one === '' ? '(empty)' : one}
              </option>
            ))}
          </select>
        )}
        <p className="mt-1 max-w-prose text-[0.929rem] text-ink-2">
          {meaningOf(name, value) !== null && <span className="mr-2 font-semibold">{meaningOf(name, value)}.</span>}
          {doc}
        </p>
      </div>
      <div className="flex items-start gap-2">
        <Button type="submit" look="primary" small busy={busy} disabled={value === row.value && row.source === 'topic'}>
          Set
        </Button>
        <Button small onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
